"""An ``ExpiringStore`` in the memory of one process: for tests, and for sites that run as one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from threading import Lock

from smartid.auth.store import require_key, require_value

CAPACITY = 100_000
"""Most entries of one kind."""


def utc_now() -> datetime:
    """Give the time of this machine's clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class _Kind:
    """The entries of one kind, and the order in which they end."""

    entries: dict[str, tuple[datetime, bytes]] = field(default_factory=dict)
    ends: list[tuple[datetime, str]] = field(default_factory=list)

    def put(self, key: str, value: bytes, end: datetime) -> None:
        self.entries[key] = end, value
        heappush(self.ends, (end, key))
        if len(self.ends) > 2 * len(self.entries) + 64:
            self.ends = [(end, key) for key, (end, _) in self.entries.items()]
            heapify(self.ends)

    def sweep(self, now: datetime, capacity: int) -> None:
        """Drop what has ended, then what ends first until there is room."""
        while self.ends and (self.ends[0][0] <= now or len(self.entries) > capacity):
            end, key = heappop(self.ends)
            if key in self.entries and self.entries[key][0] == end:
                del self.entries[key]


class MemoryStore:
    """Keeps everything in this process; another process, or the next start, knows nothing of it.

    clock     gives the present time, an aware datetime
    capacity  most entries of one kind. When there are more, those that end first go: a flood of nonces
              pushes out nonces, never a session. The kind is what stands before the first colon of a key

    Threads may share it.
    """

    def __init__(self, *, clock: Callable[[], datetime] = utc_now, capacity: int = CAPACITY) -> None:
        self._clock = clock
        self._capacity = capacity
        self._kinds: dict[str, _Kind] = {}
        self._lock = Lock()

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Keep a value, in place of what the key held. Raises ValueError for too long a key or value."""
        require_key(key)
        require_value(value)
        with self._lock:
            self._put(key, value, lifetime)

    def add(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        """Keep a value unless the key holds one; tells whether it was kept. Raises as ``put``."""
        require_key(key)
        require_value(value)
        with self._lock:
            if self._get(key) is not None:
                return False
            self._put(key, value, lifetime)
            return True

    def get(self, key: str) -> bytes | None:
        """Give the value and leave it there, None without one."""
        with self._lock:
            found = self._get(key)
            return found[1] if found else None

    def take(self, key: str) -> bytes | None:
        """Give the value and remove it: it is given once. None without one."""
        with self._lock:
            found = self._get(key)
            if found is None:
                return None
            del self._kinds[_kind(key)].entries[key]
            return found[1]

    def count(self, key: str, window: timedelta) -> int:
        """Add one to a counter and give its value. The first call starts it, for one window of time."""
        require_key(key)
        with self._lock:
            found = self._get(key)
            if found is None:
                self._put(key, b"1", window)
                return 1
            value = int(found[1]) + 1
            self._kinds[_kind(key)].entries[key] = found[0], b"%d" % value
            return value

    def _get(self, key: str) -> tuple[datetime, bytes] | None:
        kind = self._kinds.get(_kind(key))
        found = kind.entries.get(key) if kind else None
        return found if found and found[0] > self._clock() else None

    def _put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        now = self._clock()
        kind = self._kinds.setdefault(_kind(key), _Kind())
        kind.put(key, value, now + lifetime)
        kind.sweep(now, self._capacity)

    def __repr__(self) -> str:
        return f"MemoryStore({sum(len(kind.entries) for kind in self._kinds.values())} entries)"


def _kind(key: str) -> str:
    return key.partition(":")[0]
