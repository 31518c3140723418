"""The list of credentials, read piece by piece: a digest of each is kept, never the texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from smartid.errors import ElectionInvalid
from smartid.services.voting.board.digests import DigestIndex

MAX_WEIGHT = 2**30 - 1
RANGE = 512
"""Credentials that are checked in one errand."""
_ENTRY = re.compile(rb'"([0-9a-f]{1,640})(?:,([1-9][0-9]{0,9}))?"')
_LONGEST = 655


class Range(NamedTuple):
    """Where some credentials are."""

    offset: int
    size: int
    entries: int
    digest: bytes


class RollIndex:
    """Which credentials there are, and how often the vote of each counts.

    ranges  where so many credentials are in the file: offset, size, how many, SHA-256 of the entries
    Raises ElectionInvalid (roll-form, roll-distinct).
    """

    def __init__(self, pieces: Iterable[bytes], offset: int) -> None:
        self._index = DigestIndex()
        self._weights: dict[int, int] = {}
        self.ranges: list[Range] = []
        listed = enumerate(_entries(pieces, offset))
        while some := tuple(islice(listed, RANGE)):
            for number, (_, entry) in some:
                self._take(entry, number)
            start, (end, last) = some[0][1][0], some[-1][1]
            digest = range_digest([entry for _, (_, entry) in some])
            self.ranges.append(Range(start, end + len(last[0]) - start, len(some), digest))

    def _take(self, entry: re.Match[bytes], number: int) -> None:
        where = f"credential {number + 1}"
        weight = int(entry[2] or 1)
        if weight > MAX_WEIGHT:
            raise ElectionInvalid("roll-form", f"a weight is at most {MAX_WEIGHT}", where=where)
        if weight != 1:
            self._weights[number] = weight
        if not self._index.add(hashlib.sha256(entry[1]).digest()):
            raise ElectionInvalid("roll-distinct", "this credential came before", where=where)

    def __len__(self) -> int:
        return len(self._index)

    def find(self, credential: bytes) -> int | None:
        """Give the number of a credential, from 0; None when it is not on the list."""
        return self._index.find(hashlib.sha256(credential).digest())

    def weight(self, number: int) -> int:
        """How often a vote counts."""
        return self._weights.get(number, 1)

    def digests(self) -> Iterator[bytes]:
        """Give SHA-256 of every credential."""
        return map(self._index.__getitem__, range(len(self._index)))


def entries_in(slice_: bytes) -> list[re.Match[bytes]]:
    """Give the entries of a range; their first group is the credential."""
    return list(_ENTRY.finditer(slice_))


def range_digest(entries: Iterable[re.Match[bytes]]) -> bytes:
    """Give the SHA-256 of some entries."""
    return hashlib.sha256(b",".join(entry[0] for entry in entries)).digest()


def _entries(pieces: Iterable[bytes], offset: int) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Give the entries of ``["A","B,2"]`` with their offsets; the pieces may break anywhere."""
    buffer, at = b"", 0
    before = b"["
    for piece in pieces:
        buffer, offset, at = buffer[at:] + piece, offset + at, 0
        while len(buffer) - at > _LONGEST:
            at, entry = _next(buffer, at, before, offset)
            yield offset + entry.start(), entry
            before = b","
    while buffer[at:] != (b"[]" if before == b"[" else b"]"):
        at, entry = _next(buffer, at, before, offset)
        yield offset + entry.start(), entry
        before = b","


def _next(buffer: bytes, at: int, before: bytes, offset: int) -> tuple[int, re.Match[bytes]]:
    entry = _ENTRY.match(buffer, at + 1)
    if buffer[at : at + 1] != before or entry is None:
        why = f'no "credential" or "credential,weight" at byte {offset + at} of the file'
        raise ElectionInvalid("roll-form", why, where="credentials")
    return entry.end(), entry
