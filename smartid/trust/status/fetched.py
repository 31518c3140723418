"""Revocation data that was fetched is kept until it ends, so that a thousand signatures cost one question."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

MAX_KEPT = 1024
MAX_BYTES = 128 << 20
SILENCE = timedelta(minutes=1)
"""How long somebody who gave no usable answer is not asked again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an address gave.

    content  empty when it gave no usable answer
    until    when it is worth nothing any more, by the policy's clock
    """

    content: bytes
    until: datetime


class FetchedData:
    """A bounded store, oldest first out. Threads may share it; pickling empties it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, bytes], Kept] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __reduce__(self) -> tuple[type[FetchedData], tuple[()]]:
        return FetchedData, ()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, url: str, about: bytes, now: datetime) -> Kept | None:
        """Give what an address said about something, unless that has ended."""
        with self._lock:
            kept = self._kept.get((url, about))
            return kept if kept is not None and now < kept.until else None

    def keep(self, url: str, about: bytes, kept: Kept) -> None:
        """Keep what an address said; what it said before is forgotten."""
        with self._lock:
            before = self._kept.pop((url, about), None)
            self._bytes += len(kept.content) - (len(before.content) if before else 0)
            self._kept[url, about] = kept
            while len(self._kept) > MAX_KEPT or self._bytes > MAX_BYTES:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest.content)
