"""What SQLite and PostgreSQL do differently, for ``smartid.auth.sql_store``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

from smartid.errors import ExtraMissing

if TYPE_CHECKING:
    import sqlite3

BUSY = 5.0
"""How long SQLite waits for another writer, and PostgreSQL may take to accept a connection; in seconds."""

_SQLITE_BUSY = 5


class Cursor(Protocol):
    """The part of a DB-API 2.0 cursor (PEP 249) that is used."""

    @property
    def description(self) -> Any:
        """None when the statement answers without rows."""

    def fetchall(self) -> Sequence[Any]:
        """Give all rows of the answer."""
        ...


class Connection(Protocol):
    """A DB-API 2.0 connection (PEP 249) that executes by itself, as those of sqlite3 and psycopg 3 do."""

    def execute(self, statement: Any, parameters: Any = ..., /) -> Cursor:
        """Run one statement."""
        ...

    def close(self) -> None:
        """Give the connection back to the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """How to reach a database, and its dialect.

    connect      opens a connection in autocommit mode, which any one thread at a time may use
    error        the class of everything that the driver raises
    placeholder  stands for a parameter: "?" or "%s"
    exists       asks for the table: a row when it is there
    create       statements that make the table, also when several processes want it at once
    """

    connect: Callable[[], Connection]
    error: type[Exception]
    placeholder: str
    exists: str
    create: tuple[str, ...]


def database(url: str) -> Database:
    """Give the database of an address.

    ``sqlite:///relative/path``, ``sqlite:////absolute/path``, or ``postgresql://…`` as libpq reads it.

    Raises ValueError for another kind of address, ExtraMissing when PostgreSQL's driver is not installed.
    """
    scheme, _, rest = url.partition(":///")
    if scheme == "sqlite" and rest:
        return sqlite(Path(unquote(rest)))
    if urlsplit(url).scheme in {"postgresql", "postgres"}:
        return postgresql(url)
    raise ValueError("the address of a store begins with sqlite:/// or postgresql://")


def sqlite(path: Path) -> Database:
    """Give a SQLite database in a file that only its owner may read; processes of a machine may share it."""
    import sqlite3  # noqa: PLC0415 - one database of two

    def connect() -> Connection:
        with suppress(OSError):  # SQLite says by itself what is wrong
            path.touch(mode=0o600)
        connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
        try:
            _write_ahead(connection)
            # What was taken stays taken, after a power cut too.
            connection.execute("PRAGMA synchronous = FULL").fetchall()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    return Database(
        connect=connect,
        error=sqlite3.Error,
        placeholder="?",
        exists="SELECT 1 FROM sqlite_master WHERE name = 'smartid_expiring_ends'",
        create=(_TABLE.format(bytes="BLOB"), _INDEX),
    )


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers go on while one writes (WAL).

    The file remembers it. SQLite does not wait by itself when several processes switch a new file at once.
    """
    deadline = time.monotonic() + BUSY
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except connection.OperationalError as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == _SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def postgresql(url: str) -> Database:
    """Give a PostgreSQL database, which many machines may share; the address is libpq's.

    Raises ExtraMissing without psycopg 3.
    """
    try:
        import psycopg  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise ExtraMissing("postgres", "Keeping logins in PostgreSQL") from error

    return Database(
        connect=lambda: psycopg.connect(url, autocommit=True, connect_timeout=int(BUSY)),
        error=psycopg.Error,
        placeholder="%s",
        exists="SELECT 1 WHERE to_regclass('smartid_expiring_ends') IS NOT NULL",
        # Statements sent as one text are one transaction, so the lock lasts until the index is there.
        create=(f"SELECT pg_advisory_xact_lock(7816); {_TABLE.format(bytes='BYTEA')}; {_INDEX}",),
    )


_TABLE = (
    "CREATE TABLE IF NOT EXISTS smartid_expiring ("
    "key {bytes} PRIMARY KEY, value {bytes} NOT NULL, count BIGINT NOT NULL, expires_at BIGINT NOT NULL)"
)
_INDEX = "CREATE INDEX IF NOT EXISTS smartid_expiring_ends ON smartid_expiring (expires_at)"
