"""The file of a board: an old tar, only ever added to (Belenios specification 2.0 (2023), archives).

Every member is a header of 512 bytes, then the content, filled up with zeros to a multiple of 512. Nothing
follows the last member. A header, everything else zero::

    offset  length  content
    0       100     name
    100     8       mode "0000644"
    108     16      owner and group "0000000" each
    124     12      size of the content, 11 octal digits
    136     12      time, 11 octal digits: seconds since 1970, the same in every header of a file
    148     8       sum of the header's bytes, these eight counted as spaces; 6 octal digits, NUL, space
    156     1       "0"

The first member is ``BELENIOS``: ``{"version":1,"timestamp":"SECONDS"}``. The others are called
``SHA256.data.json`` or ``SHA256.event.json``, after their content. Tar libraries write an end of the archive,
behind which nothing could be added; that is why this one is written by hand.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from smartid.errors import EncodingError
from smartid.services.voting.compact import STANDARD, compact, sha256_hex

BLOCK = 512
FIRST = "BELENIOS"
MAX_FIRST = 64
_MOST = 8**11
"""What eleven octal digits cannot say any more."""
_PIECE = 1 << 20
_NAME = re.compile(rb"([0-9a-f]{64})\.(data|event)\.json\0+")
_DIGITS = re.compile(rb"[0-7]{11}\0")
_STAMP = re.compile(rb'\{"version":1,"timestamp":"(0|[1-9][0-9]{0,10})"\}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of the archive, by its place.

    start, offset, end  of its header, of its content, of what follows; bytes from the start of the file
    event               it tells what happened; otherwise it is a record that an event refers to
    digest              SHA-256 of the content, as its name says
    """

    start: int
    offset: int
    size: int
    event: bool
    digest: bytes

    @property
    def end(self) -> int:
        """Where the next member starts."""
        return self.offset + _padded(self.size)


def header(name: str, size: int, timestamp: int) -> bytes:
    """Write the 512 bytes before a content. Raises EncodingError for what does not fit."""
    if not 0 <= size < _MOST or not 0 <= timestamp < _MOST or not 0 < len(name) < 100:
        raise EncodingError("archive", offset=0, expected="sizes and times below 8^11", standard=STANDARD)
    before = name.encode("ascii").ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2
    before += b"%011o\0%011o\0" % (size, timestamp)
    total = sum(before) + 8 * ord(" ") + ord("0")
    return (before + b"%06o\0 0" % total).ljust(BLOCK, b"\0")


def member(content: bytes, timestamp: int, *, event: bool = False) -> bytes:
    """Write a member that is named after its content."""
    name = f"{sha256_hex(content)}.{'event' if event else 'data'}.json"
    return header(name, len(content), timestamp) + content.ljust(_padded(len(content)), b"\0")


def first_member(timestamp: int) -> bytes:
    """Write the member that every archive starts with."""
    content = compact({"version": 1, "timestamp": str(timestamp)})
    return header(FIRST, len(content), timestamp) + content.ljust(_padded(len(content)), b"\0")


class Archive:
    """Reads the members of a file one after the other; an open file stays with who opened it.

    timestamp  of every header
    size       of the file when it was opened, bytes
    Raises EncodingError: its offset is the size of the file when that ended too early.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = os.fstat(file.fileno()).st_size
        content = self._first()
        self.begin = BLOCK + _padded(len(content))

    def _first(self) -> bytes:
        found = _DIGITS.fullmatch(self._bytes(0, BLOCK)[124:136])
        size = int(found[0][:11], 8) if found else MAX_FIRST + 1
        if size > MAX_FIRST:
            raise _broken(124, f"a first member of at most {MAX_FIRST} bytes")
        content = self._bytes(BLOCK, size)
        stamp = _STAMP.fullmatch(content)
        if stamp is None or int(stamp[1]) >= _MOST:
            raise _broken(BLOCK, '{"version":1,"timestamp":"SECONDS"}')
        self.timestamp = int(stamp[1])
        if self._bytes(0, BLOCK + _padded(size)) != first_member(self.timestamp):
            raise _broken(0, "BELENIOS as first member")
        return content

    def refresh(self) -> None:
        """Look how long the file is now."""
        self.size = os.fstat(self.file.fileno()).st_size

    def member_at(self, start: int) -> Member:
        """Read and check one header. Raises EncodingError."""
        found = self._bytes(start, BLOCK)
        name, size = _NAME.fullmatch(found[:100]), _DIGITS.fullmatch(found[124:136])
        if name is None or size is None:
            raise _broken(start, "the header of a record or an event")
        length = int(size[0][:11], 8)
        if found != header(found[: name.end(2) + 5].decode(), length, self.timestamp):
            raise _broken(start, "a header in its one spelling, with the time of the archive")
        return Member(
            start=start,
            offset=start + BLOCK,
            size=length,
            event=name[2] == b"event",
            digest=bytes.fromhex(name[1].decode()),
        )

    def content(self, member: Member, most: int) -> bytes:
        """Read at most so many bytes of content, check its name and filling. Raises EncodingError."""
        if member.size > most:
            raise _broken(member.start, f"a content of at most {most} bytes")
        block = self._bytes(member.offset, member.end - member.offset)
        content = block[: member.size]
        self._require(member, hashlib.sha256(content).digest(), block[member.size :])
        return content

    def pieces(self, member: Member) -> Iterator[bytes]:
        """Read a content of any length piece by piece; its name is checked behind the last one."""
        hashed = hashlib.sha256()
        for offset in range(member.offset, member.offset + member.size, _PIECE):
            piece = self._bytes(offset, min(_PIECE, member.offset + member.size - offset))
            hashed.update(piece)
            yield piece
        end = member.offset + member.size
        self._require(member, hashed.digest(), self._bytes(end, member.end - end))

    def _require(self, member: Member, digest: bytes, filling: bytes) -> None:
        if digest != member.digest:
            raise _broken(member.start, "a name that is the SHA-256 of the content")
        if filling.strip(b"\0"):
            raise _broken(member.offset + member.size, "zeros up to a multiple of 512 bytes")

    def _bytes(self, offset: int, size: int) -> bytes:
        if offset + size > self.size:
            raise _broken(self.size, "more bytes: the file ends inside of a member")
        self.file.seek(offset)
        found = self.file.read(size)
        if len(found) != size:
            raise _broken(offset + len(found), "a file that does not shrink while it is read")
        return found


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a file to read it, at a moment when nobody is in the middle of adding to it.

    The lock is let go at once: what is added later is behind ``Archive.size``. Raises OSError, EncodingError.
    """
    with path.open("rb") as file:
        with suppress(OSError):  # no locks on this file system: then nobody adds to a board there
            fcntl.flock(file, fcntl.LOCK_SH)
        archive = Archive(file)
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)
        yield archive


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("archive", offset=offset, expected=expected, standard=STANDARD)
