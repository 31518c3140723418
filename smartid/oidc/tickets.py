"""Short-lived records under a secret name: codes, tokens, pushed requests, questions that wait."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from smartid.auth.store import ExpiringStore
from smartid.crypto.strict_json import parse_object

_HANDLE = re.compile(r"[A-Za-z0-9_-]{43}")


class Tickets:
    """Records in an expiring store. A handle has 256 random bits; the store holds only its SHA-256."""

    def __init__(self, store: ExpiringStore) -> None:
        self._store = store

    def issue(self, kind: str, record: Mapping[str, Any], lifetime: timedelta) -> str:
        """Keep a record and give the handle that leads to it."""
        handle = secrets.token_urlsafe(32)
        self._store.put(_key(kind, handle), json.dumps(record).encode(), lifetime)
        return handle

    def look(self, kind: str, handle: str) -> dict[str, Any] | None:
        """Give the record and leave it there, None without one."""
        return _record(self._store.get(_key(kind, handle))) if _HANDLE.fullmatch(handle) else None

    def take(self, kind: str, handle: str) -> dict[str, Any] | None:
        """Give the record once, None without one."""
        return _record(self._store.take(_key(kind, handle))) if _HANDLE.fullmatch(handle) else None

    def first(self, kind: str, name: str, lifetime: timedelta) -> bool:
        """Tell whether this name is new, and remember it. Of two callers at once, one is first."""
        return self._store.add(_key(kind, name), b"1", lifetime)

    def mark(self, kind: str, name: str, lifetime: timedelta, value: bytes = b"1") -> None:
        """Remember something about a name."""
        self._store.put(_key(kind, name), value, lifetime)

    def marked(self, kind: str, name: str) -> bytes | None:
        """Give what is remembered about a name."""
        return self._store.get(_key(kind, name))

    def unmark(self, kind: str, name: str) -> None:
        """Forget what is remembered about a name."""
        self._store.take(_key(kind, name))

    def crowded(self, kind: str, name: str, most: int, window: timedelta) -> bool:
        """Count one more for a name; tells whether there were more than ``most`` in the window."""
        return self._store.count(_key(kind, name), window) > most


def _key(kind: str, name: str) -> str:
    return f"oidc-{kind}:{hashlib.sha256(name.encode()).hexdigest()}"


def _record(data: bytes | None) -> dict[str, Any] | None:
    return None if data is None else parse_object(data, "stored record")
