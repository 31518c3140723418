"""The file of a terminal: what it did, in order, on the disk before it goes on.

A file of entries, each: kind (1 byte), length (4), content, CRC-32 of all before it (4); numbers big-endian.
An entry that was cut short by a power cut is the last one, and counts for nothing.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from smartid.errors import EncodingError
from smartid.files import sync_folder, write_whole

_HEAD = 5
_TAIL = 4
MAX_FILE = 1 << 28
"""A file of a terminal is never larger, in bytes: two million payments."""


class TerminalLog:
    """An append-only file. One program has it open at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        fresh = not path.exists()
        self._file = _open(path)
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
            os.ftruncate(self._file, offset)
        self._size = offset

    def append(self, *entries: tuple[int, bytes]) -> None:
        """Write entries; when this returns they are on the disk."""
        data = b"".join(_encode(kind, content) for kind, content in entries)
        os.pwrite(self._file, data, self._size)
        os.fdatasync(self._file)
        self._size += len(data)

    def replace(self, *entries: tuple[int, bytes]) -> None:
        """Write a new file of these entries in place of the old one, all or nothing."""
        data = b"".join(_encode(kind, content) for kind, content in entries)
        write_whole(self._path, data)
        sync_folder(self._path.parent)
        before, self._file, self._size = self._file, _open(self._path), len(data)
        os.close(before)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


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


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("file of a terminal", offset=offset, expected=expected)
