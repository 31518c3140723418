"""An ``ExpiringStore`` in Redis 6.2 or newer, or in Valkey with the same protocol; for many machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from smartid.auth.store import require_key, require_value
from smartid.errors import ExtraMissing, StoreUnavailable

PREFIX = "smartid:"
PATIENCE = 5.0
"""How long the server may take to answer, in seconds."""

_COUNT = """
local value = redis.call('INCR', KEYS[1])
if value == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return value
"""
# One script is one step: a counter without an end, which would lock somebody out for ever, cannot come to be.


class RedisStore:
    """Keeps everything on a server, which expires it by its own clock; many machines may share it.

    client  a ``redis.Redis`` that does not decode answers
    prefix  begins every key, for a server that others use too

    Configure the server with ``maxmemory-policy noeviction``: one that drops keys when memory runs short
    forgets who is logged in, and which assertions were used. Every method raises StoreUnavailable when no
    answer comes. Raises ExtraMissing when the client library is not installed.
    """

    def __init__(self, client: Any, *, prefix: str = PREFIX) -> None:
        if client.get_connection_kwargs().get("decode_responses"):
            raise ValueError("the Redis client must not decode answers: values are bytes")
        self._redis = client
        self._error = _library().RedisError
        self._prefix = prefix
        self._count = client.register_script(_COUNT)

    @classmethod
    def open(cls, url: str, *, prefix: str = PREFIX) -> RedisStore:
        """Open the store of an address: ``redis://``, ``rediss://`` (TLS) or ``unix://``.

        Raises ExtraMissing without the client library, ValueError for another kind of address.
        """
        patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        return cls(_library().Redis.from_url(url, health_check_interval=30, **patience), prefix=prefix)

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Keep a value, in place of what the key held. Raises ValueError for too long a key or value."""
        require_key(key)
        require_value(value)
        with self._answering():
            if (left := _milliseconds(lifetime)) > 0:
                self._redis.set(self._name(key), value, px=left)
            else:
                self._redis.delete(self._name(key))

    def add(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        """Keep a value unless the key holds one; tells whether it was kept. Raises as ``put``."""
        require_key(key)
        require_value(value)
        with self._answering():
            if (left := _milliseconds(lifetime)) > 0:
                return bool(self._redis.set(self._name(key), value, px=left, nx=True))
            return not self._redis.exists(self._name(key))

    def get(self, key: str) -> bytes | None:
        """Give the value and leave it there, None without one."""
        with self._answering():
            found: bytes | None = self._redis.get(self._name(key))
            return found

    def take(self, key: str) -> bytes | None:
        """Give the value and remove it: it is given once. None without one."""
        with self._answering():
            found: bytes | None = self._redis.getdel(self._name(key))
            return found

    def count(self, key: str, window: timedelta) -> int:
        """Add one to a counter and give its value. The first call starts it, for one window of time."""
        require_key(key)
        with self._answering():
            return int(self._count(keys=[self._name(key)], args=[_milliseconds(window)]))

    def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        self._redis.close()

    def _name(self, key: str) -> bytes:
        return (self._prefix + key).encode("utf-8", "surrogatepass")

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            raise StoreUnavailable((str(error) or type(error).__name__).splitlines()[0][:200]) from error


def _library() -> Any:
    try:
        import redis  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise ExtraMissing("redis", "Keeping logins in Redis") from error
    return redis


def _milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
