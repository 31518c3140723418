"""An ``ExpiringStore`` in a database: SQLite for the processes of one machine, PostgreSQL for many machines.

One table, ``smartid_expiring``:

    key         bytes, primary key   the key in UTF-8
    value       bytes                empty for a counter
    count       integer              0 for a value
    expires_at  integer              milliseconds since 1970-01-01 UTC; from then on it is as good as gone

Each method is one statement in autocommit mode, which both databases carry out as one step.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from smartid.auth.databases import Database, database
from smartid.auth.pool import Pool, Rows
from smartid.auth.store import require_key, require_value

SWEEP_EVERY = timedelta(seconds=30)
SWEEP_AT_MOST = 1000
"""Rows that one sweep removes; when there are more, the next call goes on."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_PUT = (
    "INSERT INTO smartid_expiring (key, value, count, expires_at) VALUES (?, ?, 0, ?) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value, count = 0, expires_at = excluded.expires_at"
)
_ADD = f"{_PUT} WHERE smartid_expiring.expires_at <= ? RETURNING 1"
_GET = "SELECT value, count FROM smartid_expiring WHERE key = ? AND expires_at > ?"
_TAKE = "DELETE FROM smartid_expiring WHERE key = ? RETURNING value, count, expires_at"
_COUNT = (
    "INSERT INTO smartid_expiring (key, value, count, expires_at) VALUES (?, ?, 1, ?) "
    "ON CONFLICT (key) DO UPDATE SET "
    "count = CASE WHEN smartid_expiring.expires_at <= ? THEN 1 ELSE smartid_expiring.count + 1 END, "
    "expires_at = CASE WHEN smartid_expiring.expires_at <= ? THEN excluded.expires_at "
    "ELSE smartid_expiring.expires_at END "
    "RETURNING count"
)
# The time is asked twice: a row that another process has just renewed must not go.
_SWEEP = (
    "DELETE FROM smartid_expiring WHERE expires_at <= ? AND key IN "
    "(SELECT key FROM smartid_expiring WHERE expires_at <= ? ORDER BY expires_at LIMIT ?) "
    "RETURNING 1"
)


def utc_now() -> datetime:
    """Give the time of this machine's clock."""
    return datetime.now(UTC)


class SQLStore:
    """Keeps everything in one table of a database, which is made when it is missing.

    where  how to reach the database: ``sqlite(path)`` or ``postgresql(url)`` of ``smartid.auth.databases``
    clock  gives the present time, an aware datetime; machines that share a database need clocks that agree

    Threads and processes may share it, and machines when it is PostgreSQL. Every method raises
    StoreUnavailable when the database gives no answer.
    """

    def __init__(self, where: Database, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = where
        self._clock = clock
        self._pool = Pool(where)
        self._next_sweep = self._now()
        if not self._run(where.exists):
            for statement in where.create:
                self._run(statement)

    @classmethod
    def open(cls, url: str, *, clock: Callable[[], datetime] = utc_now) -> SQLStore:
        """Open the store of an address: ``sqlite:///relative``, ``sqlite:////absolute`` or ``postgresql://…``.

        Raises ValueError for another kind of address, ExtraMissing when PostgreSQL's driver is not installed.
        """
        return cls(database(url), clock=clock)

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Keep a value, in place of what the key held. Raises ValueError for too long a key or value."""
        require_key(key)
        require_value(value)
        self._run(_PUT, _name(key), value, self._now(lifetime))
        self._sweep_when_due()

    def add(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        """Keep a value unless the key holds one; tells whether it was kept. Raises as ``put``."""
        require_key(key)
        require_value(value)
        kept = self._run(_ADD, _name(key), value, self._now(lifetime), self._now())
        self._sweep_when_due()
        return bool(kept)

    def get(self, key: str) -> bytes | None:
        """Give the value and leave it there, None without one."""
        rows = self._run(_GET, _name(key), self._now())
        return _content(*rows[0]) if rows else None

    def take(self, key: str) -> bytes | None:
        """Give the value and remove it: it is given once. None without one."""
        rows = self._run(_TAKE, _name(key))
        if not rows:
            return None
        value, count, expires_at = rows[0]
        return _content(value, count) if expires_at > self._now() else None

    def count(self, key: str, window: timedelta) -> int:
        """Add one to a counter and give its value. The first call starts it, for one window of time."""
        require_key(key)
        now = self._now()
        rows = self._run(_COUNT, _name(key), b"", self._now(window), now, now)
        self._sweep_when_due()
        return int(rows[0][0])

    def sweep(self) -> int:
        """Remove expired rows, at most SWEEP_AT_MOST, and give their number. Calls do so by themselves."""
        now = self._now()
        return len(self._run(_SWEEP, now, now, SWEEP_AT_MOST))

    def close(self) -> None:
        """Close the connections that are idle. A later call opens new ones."""
        self._pool.close()

    def _run(self, statement: str, *parameters: object) -> Rows:
        return self._pool.run(statement.replace("?", self._database.placeholder), parameters)

    def _now(self, later: timedelta = timedelta()) -> int:
        return (self._clock() + later - _EPOCH) // _MILLISECOND

    def _sweep_when_due(self) -> None:
        now = self._now()
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_EVERY // _MILLISECOND
            if self.sweep() == SWEEP_AT_MOST:
                self._next_sweep = now


def _name(key: str) -> bytes:
    # Bytes hold any text; a database's own text type refuses some (NUL, lone surrogates).
    return key.encode("utf-8", "surrogatepass")


def _content(value: bytes, count: int) -> bytes:
    return b"%d" % count if count else value
