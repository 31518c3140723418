"""Many SHA-256 digests in little memory: 32 bytes each and a few more to find them."""

from __future__ import annotations

from array import array

SIZE = 32
_FREE = 0


class DigestIndex:
    """Numbers digests from 0 in the order in which they come, each once.

    A table of numbers with open addressing, at most half full. Places come from ``hash`` of bytes, which is
    keyed anew in every process: nobody can choose digests that collide.
    """

    def __init__(self) -> None:
        self._digests = bytearray()
        self._table = array("Q", [_FREE]) * 64

    def __len__(self) -> int:
        return len(self._digests) // SIZE

    def __getitem__(self, number: int) -> bytes:
        return bytes(self._digests[SIZE * number : SIZE * (number + 1)])

    def find(self, digest: bytes) -> int | None:
        """Give the number of a digest, None when it never came."""
        number = self._table[self._place(digest)]
        return None if number == _FREE else number - 1

    def add(self, digest: bytes) -> bool:
        """Take a digest, and say whether it is new."""
        place = self._place(digest)
        if self._table[place] != _FREE:
            return False
        self._digests += digest
        self._table[place] = len(self)
        if 2 * len(self) > len(self._table):
            self._grow()
        return True

    def _place(self, digest: bytes) -> int:
        mask = len(self._table) - 1
        place = hash(digest) & mask
        while (number := self._table[place]) != _FREE and self[number - 1] != digest:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        self._table = array("Q", [_FREE]) * (2 * len(self._table))
        for number in range(len(self)):
            self._table[self._place(self[number])] = number + 1
