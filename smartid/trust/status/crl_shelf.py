"""Lists that were read are kept, so that the second look at a big one costs nothing.

Bounded by bytes, oldest use first out: documents bring lists of strangers, and they must not fill the memory.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from smartid.errors import EncodingError
from smartid.trust.status.crl import MAX_CRL_LENGTH, RevocationList, parse_crl

MAX_LISTS = 1024
MAX_BYTES = 2 * MAX_CRL_LENGTH
"""Sum of the lengths of the lists that are kept; an index takes several times the length of its list."""


class Shelf:
    """The lists that were used last, by their bytes. Safe between threads."""

    def __init__(self, max_bytes: int = MAX_BYTES, max_lists: int = MAX_LISTS) -> None:
        self._max_bytes, self._max_lists = max_bytes, max_lists
        self._lists: OrderedDict[bytes, RevocationList] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._lists)

    def take(self, der: bytes) -> RevocationList:
        """Give the list with these bytes, read now or before. Raises EncodingError."""
        with self._lock:
            found = self._lists.get(der)
            if found is not None:
                self._lists.move_to_end(der)
                return found
        found = parse_crl(der)
        with self._lock:
            self._keep(found)
        return found

    def _keep(self, found: RevocationList) -> None:
        if found.der in self._lists:
            return
        self._lists[found.der] = found
        self._bytes += len(found.der)
        while self._bytes > self._max_bytes or len(self._lists) > self._max_lists:
            der, _ = self._lists.popitem(last=False)
            self._bytes -= len(der)


SHELF = Shelf()
"""One for the whole process: what a list says does not depend on who asks."""


def issuer_of(der: bytes) -> str:
    """Give the key of the name of a list's issuer; empty for a list that cannot be read."""
    try:
        return SHELF.take(der).issuer.key
    except EncodingError:
        return ""
