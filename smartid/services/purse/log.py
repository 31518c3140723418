"""The file of a terminal: what it did, in order, on the disk before it goes on.

A file of entries, each: kind (1 byte), length (4), content, CRC-32 of all before it (4); numbers big-endian.
An entry that was cut short by a power cut is the last one, and counts for nothing.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from smartid.errors import EncodingError, StoreUnavailable
from smartid.files import sync_folder

_HEAD = 5
_TAIL = 4
MAX_FILE = 1 << 28
"""A file of a terminal is never larger, in bytes: two million payments."""


class TerminalLog:
    """An append-only file. One program has it open at a time: two would give out one number twice.

    Raises StoreUnavailable when another one has it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        fresh = not path.exists()
        self._file = _open_alone(path)
        if fresh:
            sync_folder(path.parent)
        self._size = 0

    def read(self) -> Iterator[tuple[int, bytes]]:
        """Give kind and content of all entries, and cut off what is behind the last whole one.

        Raises EncodingError when an entry in the middle is broken: the file was changed.
        """
        data = self._path.read_bytes()
        if len(data) > MAX_FILE:
            raise _broken(MAX_FILE, f"at most {MAX_FILE} bytes")
        offset = 0
        while entry := _entry(data, offset):
            yield entry
            offset += _HEAD + len(entry[1]) + _TAIL
        if offset < len(data):
            if _holds_more(data, offset):
                raise _broken(offset, "an entry with its length")
            os.ftruncate(self._file, offset)
        self._size = offset

    def append(self, *entries: tuple[int, bytes]) -> None:
        """Write entries; when this returns they are on the disk."""
        data = b"".join(_encode(kind, content) for kind, content in entries)
        _write(self._file, data, self._size)
        os.fdatasync(self._file)
        self._size += len(data)

    def replace(self, *entries: tuple[int, bytes]) -> None:
        """Write a new file of these entries in place of the old one, all or nothing."""
        data = b"".join(_encode(kind, content) for kind, content in entries)
        fresh = self._path.with_suffix(".new")
        file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _write(file, data, 0)
        os.fsync(file)
        fresh.replace(self._path)
        sync_folder(self._path.parent)
        os.close(self._file)
        self._file, self._size = file, len(data)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open_alone(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Another program may have replaced it meanwhile.
        alone = os.path.samestat(os.fstat(file), path.stat())
    except (BlockingIOError, FileNotFoundError):
        alone = False
    if not alone:
        os.close(file)
        raise StoreUnavailable("another program has it open", what="The file of the terminal")
    return file


def _write(file: int, data: bytes, offset: int) -> None:
    """Write all of it: a disk that is nearly full takes a part without a word. Raises OSError."""
    written = 0
    while written < len(data):
        written += os.pwrite(file, data[written:], offset + written)


def _encode(kind: int, content: bytes) -> bytes:
    data = bytes([kind]) + len(content).to_bytes(4, "big") + content
    return data + zlib.crc32(data).to_bytes(_TAIL, "big")


def _entry(data: bytes, offset: int) -> tuple[int, bytes] | None:
    """Read the entry at an offset; None at the end, and for one that was cut short there."""
    size = int.from_bytes(data[offset + 1 : offset + _HEAD], "big")
    end = offset + _HEAD + size + _TAIL
    if len(data) < offset + _HEAD or len(data) < end:
        return None
    if zlib.crc32(data[offset : end - _TAIL]) != int.from_bytes(data[end - _TAIL : end], "big"):
        if end == len(data):
            return None
        raise _broken(offset, "an entry with its checksum")
    return data[offset], data[offset + _HEAD : end - _TAIL]


def _holds_more(data: bytes, offset: int) -> bool:
    """Tell whether a whole entry stands behind a broken one: then it was not cut short but changed.

    So is a file that was made to keep this busy.
    """
    work = 0
    for at in range(offset + 1, len(data) - _HEAD - _TAIL + 1):
        size = int.from_bytes(data[at + 1 : at + _HEAD], "big")
        end = at + _HEAD + size + _TAIL
        if end <= len(data):
            work += size
            checksum = int.from_bytes(data[end - _TAIL : end], "big")
            if work > MAX_FILE or zlib.crc32(data[at : end - _TAIL]) == checksum:
                return True
    return False


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("file of a terminal", offset=offset, expected=expected)
