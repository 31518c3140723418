"""The book in a SQLite file: write-ahead log, every commit on the disk, one writer at a time."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from smartid.errors import StoreUnavailable
from smartid.services.ledger.chain import GENESIS, Block, TransferRow
from smartid.services.ledger.sqlite_schema import SCHEMA
from smartid.services.ledger.tables import AccountRow, RecordRow, RowExists

BUSY = 30.0
"""How long a writer waits for the writers of other processes, in seconds."""

_WHAT = "The book"
_ACCOUNT = "number, name, unit, guard, debits, credits, pending_debits, pending_credits"
_TRANSFER = "id, debit, credit, amount, kind, pending, expires, note"
_RECORD = "kind, key, state, due, content"
_LAST = "SELECT height, at, accounts, transfers, hash FROM smartid_block ORDER BY height DESC LIMIT 1"
_UNIQUE = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(str(error), what=_WHAT) from error


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, which only its owner may read."""
    with suppress(OSError):  # SQLite says by itself what is wrong
        path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL").fetchall()
        connection.execute("PRAGMA cache_size = -65536").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    # SQLite does not wait by itself when several processes switch a new file at once.
    deadline = time.monotonic() + BUSY
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except sqlite3.OperationalError as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


class SQLiteReader:
    """Questions to the book over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def _ask(self, statement: str, *parameters: Any) -> list[Any]:
        with _said():
            return self._execute(statement, parameters).fetchall()

    def _stream(self, statement: str, *parameters: Any) -> Iterator[Any]:
        with _said():
            yield from self._execute(statement, parameters)

    def accounts(self, names: Sequence[str]) -> Iterable[AccountRow]:
        if len(names) == 1:
            return self._ask(f"SELECT {_ACCOUNT} FROM smartid_account WHERE name = ?", names[0])
        return self._ask(
            f"SELECT {_ACCOUNT} FROM smartid_account WHERE name IN (SELECT value FROM json_each(?))",
            json.dumps(names),
        )

    def names(self, numbers: Sequence[int]) -> dict[int, str]:
        return dict(
            self._ask(
                "SELECT number, name FROM smartid_account WHERE number IN (SELECT value FROM json_each(?))",
                json.dumps(numbers),
            )
        )

    def account_rows(self, prefix: str = "") -> Iterator[AccountRow]:
        return self._stream(
            f"SELECT {_ACCOUNT} FROM smartid_account WHERE name >= ? AND name < ? ORDER BY name",
            prefix,
            prefix + "\x7f",
        )

    def _by_ids(self, column: str, ids: Sequence[bytes]) -> Iterable[TransferRow]:
        rows: list[TransferRow] = []
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            marks = ",".join("?" * len(some))
            rows += self._ask(f"SELECT {_TRANSFER} FROM smartid_transfer WHERE {column} IN ({marks})", *some)
        return rows

    def transfers(self, ids: Sequence[bytes]) -> Iterable[TransferRow]:
        return self._by_ids("id", ids)

    def resolutions(self, ids: Sequence[bytes]) -> Iterable[TransferRow]:
        return self._by_ids("pending", ids)

    def last_block(self) -> Block:
        rows = self._ask(_LAST)
        return Block(*rows[0]) if rows else GENESIS

    def all_blocks(self) -> Iterator[Block]:
        for row in self._stream(
            "SELECT height, at, accounts, transfers, hash FROM smartid_block ORDER BY height"
        ):
            yield Block(*row)

    def all_accounts(self) -> Iterator[AccountRow]:
        return self._stream(f"SELECT {_ACCOUNT} FROM smartid_account ORDER BY number")

    def all_transfers(self) -> Iterator[tuple[int, TransferRow]]:
        for row in self._stream(f"SELECT number, {_TRANSFER} FROM smartid_transfer ORDER BY number"):
            yield row[0], row[1:]

    def heads(self) -> list[tuple[Any, ...]]:
        return self._ask("SELECT height, hash, at, key, signature FROM smartid_head ORDER BY height, key")

    def records(self, kind: str, keys: Sequence[str]) -> Iterable[RecordRow]:
        if len(keys) == 1:
            return self._ask(
                f"SELECT {_RECORD} FROM smartid_record WHERE kind = ? AND key = ?", kind, keys[0]
            )
        return self._ask(
            f"SELECT {_RECORD} FROM smartid_record WHERE kind = ? AND key IN (SELECT value FROM json_each(?))",
            kind,
            json.dumps(keys),
        )

    def find(self, kind: str, state: str | None, due: int | None, limit: int) -> Iterable[RecordRow]:
        where, values = "kind = ?", [kind]
        if state is not None:
            where, values = where + " AND state = ?", [*values, state]
        if due is not None:
            where, values = where + " AND due > 0 AND due <= ?", [*values, due]
        return self._ask(
            f"SELECT {_RECORD} FROM smartid_record WHERE {where} ORDER BY due, key LIMIT ?", *values, limit
        )

    def close(self) -> None:
        self._connection.close()


class SQLiteWriter(SQLiteReader):
    """The connection that writes."""

    def begin(self) -> None:
        self._ask("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._ask("COMMIT")

    def rollback(self) -> None:
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._execute("ROLLBACK")

    def savepoint(self) -> None:
        self._ask("SAVEPOINT part")

    def release(self) -> None:
        self._ask("RELEASE part")

    def undo(self) -> None:
        self._ask("ROLLBACK TO part")
        self._ask("RELEASE part")

    def _many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        with _said():
            self._connection.executemany(statement, rows)

    def add_accounts(self, rows: Sequence[AccountRow]) -> None:
        self._many("INSERT INTO smartid_account VALUES (?,?,?,?,?,?,?,?)", rows)

    def add_transfers(self, rows: Sequence[TransferRow], after: int) -> None:
        try:
            self._connection.executemany(
                f"INSERT INTO smartid_transfer ({_TRANSFER}) VALUES (?,?,?,?,?,?,?,?)", rows
            )
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorname in _UNIQUE:
                raise RowExists from error
            raise StoreUnavailable(str(error), what=_WHAT) from error
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error), what=_WHAT) from error

    def set_balances(self, rows: Sequence[tuple[int, int, int, int, int]]) -> None:
        self._many(
            "UPDATE smartid_account SET debits = ?, credits = ?, pending_debits = ?, pending_credits = ?"
            " WHERE number = ?",
            rows,
        )

    def add_block(self, block: Block) -> None:
        self._ask(
            "INSERT INTO smartid_block VALUES (?,?,?,?,?)",
            block.height,
            block.at,
            block.accounts,
            block.transfers,
            block.hash,
        )

    def add_head(self, row: tuple[Any, ...]) -> None:
        self._ask("INSERT INTO smartid_head VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING", *row)

    def keep(self, rows: Sequence[RecordRow]) -> None:
        self._many(
            "INSERT INTO smartid_record VALUES (?,?,?,?,?) ON CONFLICT (kind, key) DO UPDATE"
            " SET state = excluded.state, due = excluded.due, content = excluded.content",
            rows,
        )

    def forget(self, kind: str, key: str) -> None:
        self._ask("DELETE FROM smartid_record WHERE kind = ? AND key = ?", kind, key)

    def next_number(self, series: str) -> int:
        rows = self._ask(
            "INSERT INTO smartid_series VALUES (?, 1) ON CONFLICT (series) DO UPDATE SET last = last + 1"
            " RETURNING last",
            series,
        )
        return int(rows[0][0])


class SQLiteTables:
    """A file with the book in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with _said():
            connection = connect(path)
            try:
                _create(connection)
            finally:
                connection.close()
            self._idle = [self._reader()]

    def _reader(self) -> sqlite3.Connection:
        connection = connect(self._path)
        connection.execute("PRAGMA query_only = 1")
        # A text that somebody broke is read as it is, so that the chain tells that it was broken.
        connection.text_factory = lambda data: data.decode(errors="surrogateescape")
        return connection

    def writer(self) -> SQLiteWriter:
        with _said():
            return SQLiteWriter(connect(self._path))

    @contextmanager
    def reading(self) -> Iterator[SQLiteReader]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        with _said():
            connection = connection or self._reader()
            connection.execute("BEGIN")
        try:
            yield SQLiteReader(connection)
        finally:
            with _said():
                connection.execute("ROLLBACK")
            with self._lock:
                self._idle.append(connection)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _create(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'smartid_head'").fetchall():
        return
    connection.execute("BEGIN IMMEDIATE")
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute("COMMIT")
