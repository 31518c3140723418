"""Where short-lived things are kept: nonces, sessions, codes. One protocol, several places."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

MAX_KEY = 256
"""Longest key, in characters."""
MAX_VALUE = 64 << 10
"""Longest value, in bytes."""


class ExpiringStore(Protocol):
    """Values under keys, each for a while. Every method is one step: of two callers at once, one comes first.

    Keys begin with the kind of thing they hold: ``nonce:…``, ``session:…``. What has expired is as good as
    never put, also before it is swept out. Threads and processes may share one place.
    """

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Keep a value, in place of what the key held."""

    def add(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        """Keep a value unless the key holds one; tells whether it was kept."""
        ...

    def get(self, key: str) -> bytes | None:
        """Give the value and leave it there, None without one."""
        ...

    def take(self, key: str) -> bytes | None:
        """Give the value and remove it: it is given once. None without one."""
        ...

    def count(self, key: str, window: timedelta) -> int:
        """Add one to a counter and give its value. The first call starts it, for one window of time."""
        ...


def require_key(key: str) -> None:
    """Raises ValueError unless the text can be a key."""
    if not 0 < len(key) <= MAX_KEY:
        raise ValueError(f"a key has 1 to {MAX_KEY} characters")


def require_value(value: bytes) -> None:
    """Raises ValueError for a value that is too long."""
    if len(value) > MAX_VALUE:
        raise ValueError(f"a value has at most {MAX_VALUE} bytes")
