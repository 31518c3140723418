"""Logs that only grow: one line of JSON for each entry, chained by hashes, written under a lock.

Line: canonical JSON (RFC 8785 (2020)) and a line feed::

    {"body": {…}, "number": n, "previous": H}

number    from 1
previous  SHA-256 of the line before without its line feed, hexadecimal; 64 zeros in line 1

An entry is there when its line feed is on the disk. What a crash left after the last line feed is cut off by
the next one who writes. The Merkle root is the tree head of RFC 9162 (2021), 2.1.1, over the lines without
their line feeds.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from smartid.crypto import strict_json
from smartid.errors import EncodingError, StoreUnavailable
from smartid.files import sync_folder
from smartid.services.journal.body import canonical

FIRST = "0" * 64
"""What stands as previous in line 1."""
MAX_LINE = 4 << 20
"""Longest line, in bytes."""
STANDARD = "smartid election log 1"
_MEMBERS = {"body", "number", "previous"}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a log. ``hash`` is that of its line, hexadecimal."""

    number: int
    previous: str
    hash: str
    body: Mapping[str, Any]


class ChainedLog:
    """A log in a file that its owner alone may read. Threads share it; so may processes.

    Made when it is not there. Nothing in it is changed or removed. Raises OSError.

    >>> with log.turn() as new:              # nobody else writes meanwhile
    ...     for line in new: ...             # what came since the last turn, others' lines too
    ...     log.append({"kind": "paper"})
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        fresh = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._release = weakref.finalize(self, os.close, self._file)
        if fresh:
            sync_folder(path.parent)
        self._thread = threading.Lock()
        self._end = 0
        self._number = 0
        self._hash = FIRST

    def __repr__(self) -> str:
        return f"ChainedLog({self.path.name})"

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the last line that was read or written here; 0 and zeros before there is one."""
        return self._number, self._hash

    @contextmanager
    def turn(self) -> Iterator[Iterator[Line]]:
        """Hold the log alone, and give the lines that are new since the last turn.

        Those that are not asked for are read at the end of the turn, or ahead of what is appended.
        Raises EncodingError for a line that does not fit, StoreUnavailable.
        """
        with self._thread:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                self._cut_tail()
                new = self._news()
                yield new
                for _ in new:
                    pass
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def append(self, body: Mapping[str, Any]) -> Line:
        """Write a line within a turn; it lasts when this comes back.

        Raises StoreUnavailable (disk full, for one): then nothing was written. Raises EncodingError for a
        line that is too long.
        """
        if self._end != self._size():
            raise RuntimeError("lines are appended within a turn, after those that are new")
        line, raw = _make(self._number + 1, self._hash, body)
        try:
            self._write(raw)
        except OSError as error:
            os.ftruncate(self._file, self._end)
            raise StoreUnavailable(str(error.strerror), what=f"The log {self.path.name}") from error
        self._advance(line, len(raw))
        return line

    def add(self, body: Mapping[str, Any]) -> Line:
        """Take a turn for one line. Raises as ``turn`` and ``append``."""
        with self.turn() as new:
            for _ in new:
                pass
            return self.append(body)

    def lines(self) -> Iterator[Line]:
        """Read all lines from the first, whole ones only. Raises EncodingError for one that does not fit."""
        return read_log(self.path)

    def close(self) -> None:
        """Close the file."""
        self._release()

    def _write(self, raw: bytes) -> None:
        done = 0
        while done < len(raw):
            done += os.pwrite(self._file, raw[done:], self._end + done)
        os.fsync(self._file)

    def _news(self) -> Iterator[Line]:
        if self._end == self._size():
            return
        with self.path.open("rb") as file:
            file.seek(self._end)
            for raw in _raw_lines(file):
                line = _parse(raw, self._number + 1, self._hash)
                self._advance(line, len(raw) + 1)
                yield line

    def _advance(self, line: Line, size: int) -> None:
        self._end += size
        self._number, self._hash = line.number, line.hash

    def _size(self) -> int:
        return os.fstat(self._file).st_size

    def _cut_tail(self) -> None:
        """Remove half a line that a crash left. It was never acknowledged. The lock is held."""
        size = self._size()
        if size < self._end:
            raise _broken(self._number, "a log that only grows")
        if size == self._end:
            return
        end = _last_line_end(self._file, self._end, size)
        if end < size:
            os.ftruncate(self._file, end)
            os.fsync(self._file)


class MerkleTree:
    """The tree head of RFC 9162 (2021), 2.1.1, over leaves that come one by one; holds one hash a level."""

    def __init__(self) -> None:
        self._full: list[tuple[int, bytes]] = []
        self.size = 0

    def add(self, leaf: bytes) -> None:
        """Append a leaf."""
        self.size += 1
        level, node = 0, hashlib.sha256(b"\0" + leaf).digest()
        while self._full and self._full[-1][0] == level:
            node = _node(self._full.pop()[1], node)
            level += 1
        self._full.append((level, node))

    def root(self) -> str:
        """Give the tree head, hexadecimal."""
        if not self._full:
            return hashlib.sha256(b"").hexdigest()
        node = self._full[-1][1]
        for _, left in reversed(self._full[:-1]):
            node = _node(left, node)
        return node.hex()


def read_log(path: Path, tree: MerkleTree | None = None) -> Iterator[Line]:
    """Read a log without a lock; what follows the last line feed is not part of it.

    tree  gets every line as a leaf
    Raises EncodingError for a line that does not fit, OSError.
    """
    previous, number = FIRST, 0
    with path.open("rb") as file:
        for raw in _raw_lines(file):
            number += 1
            line = _parse(raw, number, previous)
            if tree is not None:
                tree.add(raw)
            yield line
            previous = line.hash


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _make(number: int, previous: str, body: Mapping[str, Any]) -> tuple[Line, bytes]:
    raw = canonical({"body": body, "number": number, "previous": previous})
    if len(raw) > MAX_LINE:
        raise _broken(number, f"a line of at most {MAX_LINE} bytes")
    return Line(number, previous, hashlib.sha256(raw).hexdigest(), body), raw + b"\n"


def _raw_lines(file: IO[bytes]) -> Iterator[bytes]:
    while (raw := file.readline(MAX_LINE + 1)).endswith(b"\n"):
        yield raw[:-1]
    if len(raw) > MAX_LINE:
        raise _broken(0, f"lines of at most {MAX_LINE} bytes")


def _parse(raw: bytes, number: int, previous: str) -> Line:
    members = strict_json.parse_object(raw, "log line")
    if members.keys() != _MEMBERS or not isinstance(members["body"], dict) or canonical(members) != raw:
        raise _broken(number, "an object of body, number and previous, in canonical form (RFC 8785)")
    if (members["number"], members["previous"]) != (number, previous):
        raise _broken(number, "the number and the hash that follow from the line before")
    return Line(number, previous, hashlib.sha256(raw).hexdigest(), members["body"])


def _last_line_end(file: int, begin: int, size: int) -> int:
    """Find where the last whole line ends, looking back by blocks."""
    end = size
    while end > begin:
        start = max(begin, end - 65536)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return begin


def _broken(number: int, expected: str) -> EncodingError:
    return EncodingError(f"log line {number}", offset=0, expected=expected, standard=STANDARD)
