"""A file for the state of a security module: one write and one flush for each change.

::

    frame    length (4), CRC-32 of the data (4), data; zeros up to the next multiple of 512
    file     frames, the newest last, and zeros behind; made anew when it is full

The last frame may be torn by a power cut. Then nobody was ever promised it, and the one before it counts.
A broken frame with a whole one behind it is damage: an older state would give out a number twice.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

from smartid.files import sync_folder, write_whole
from smartid.stored_value.model import broken

ROOM = 256 << 10
"""Smallest size of the file, in bytes."""
MAX_FRAME = 256 << 10
MAX_BYTES = 1 << 20
SECTOR = 512
_HEAD = struct.Struct(">II")


class FileStore:
    """Keeps the state of one module in a file that is the module's alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end = self._size = 0

    def load(self) -> bytes | None:
        """What was saved last, None when the file is not there. Raises OSError, EncodingError."""
        try:
            with self._path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        if len(content) > MAX_BYTES:
            raise broken("module state", MAX_BYTES, f"at most {MAX_BYTES} bytes")
        newest, self._end = _newest(content)
        torn = any(content[self._end :])
        self._size = 0 if torn else len(content)
        return newest

    def save(self, data: bytes) -> None:
        """Add a frame, and come back when it lasts. Raises OSError."""
        frame = _HEAD.pack(len(data), zlib.crc32(data)) + data
        frame = frame.ljust(_round(len(frame)), b"\0")
        if len(frame) > MAX_FRAME:
            raise OSError(f"the state is too long for {self._path}: collect the module's records")
        if self._end + len(frame) > self._size:
            self._renew(frame)
            return
        with self._path.open("r+b", buffering=0) as file:
            file.seek(self._end)
            if file.write(frame) != len(frame):
                raise OSError(f"{self._path} could not be written")
            os.fdatasync(file.fileno())
        self._end += len(frame)

    def _renew(self, frame: bytes) -> None:
        self._size = 0
        size = max(ROOM, 4 * len(frame))
        write_whole(self._path, frame.ljust(size, b"\0"))
        sync_folder(self._path.parent)  # an older file would give a number twice
        self._end, self._size = len(frame), size


def _newest(content: bytes) -> tuple[bytes, int]:
    """The data of the last whole frame, and where the next one goes. Raises EncodingError."""
    newest, at = b"", 0
    while data := _frame(content, at):
        newest, at = data, at + _round(_HEAD.size + len(data))
    if not newest or any(_frame(content, later) for later in range(at, len(content), SECTOR)):
        raise broken("module state", at, "whole frames up to the last one")
    return newest, at


def _frame(content: bytes, at: int) -> bytes:
    """The data of the frame that begins here, empty when none does."""
    if at + _HEAD.size > len(content):
        return b""
    size, checksum = _HEAD.unpack_from(content, at)
    if not 0 < size <= min(MAX_FRAME, len(content) - at - _HEAD.size):
        return b""
    data = content[at + _HEAD.size : at + _HEAD.size + size]
    return data if zlib.crc32(data) == checksum else b""


def _round(size: int) -> int:
    return -(-size // SECTOR) * SECTOR
