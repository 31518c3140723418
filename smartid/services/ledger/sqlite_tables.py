"""The book in a SQLite file: write-ahead log, every commit on the disk, one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from smartid.errors import StoreUnavailable
from smartid.services.ledger import sqlite_schema as sql
from smartid.services.ledger.chain import GENESIS, Block, TransferRow
from smartid.services.ledger.heads import HeadRow
from smartid.services.ledger.tables import AccountRow, RecordRow, RowExists

BUSY = 30.0
"""How long a writer waits for the writers of other processes, in seconds."""

_SIZES = (1, 8, 32, 64)
"""For so many keys there are statements: few, so that they stay prepared."""
_AT_ONCE = _SIZES[-1]
_MARKS = {size: ", ".join("?" * size) for size in _SIZES}
_POSTED_SIZE = 6
"""Values of a transfer that is posted at once."""
_UNIQUE = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


def _unavailable(error: sqlite3.Error) -> StoreUnavailable:
    return StoreUnavailable(str(error), what="The book")


class _Reader:
    """Questions to the book over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def _ask(self, statement: str, *parameters: Any) -> list[Any]:
        try:
            return self._execute(statement, parameters).fetchall()
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    def _stream(self, statement: str, *parameters: Any) -> Generator[Any, None, None]:
        try:
            yield from self._execute(statement, parameters)
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    def _ask_each(self, statement: str, keys: Sequence[Any], *parameters: Any) -> list[Any]:
        """Ask for the rows of keys, some dozens at a time; the last one fills up what is left."""
        found: list[Any] = []
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            size = next(size for size in _SIZES if len(part) <= size)
            filled = [*part, *[part[-1]] * (size - len(part))]
            found += self._ask(statement.format(_MARKS[size]), *parameters, *filled)
        return found

    def accounts(self, names: Sequence[str]) -> Iterable[AccountRow]:
        return self._ask_each(sql.ACCOUNTS, names)

    def names(self, numbers: Sequence[int]) -> dict[int, str]:
        return dict(self._ask_each(sql.NAMES, numbers))

    def account_rows(self, prefix: str = "") -> Generator[AccountRow, None, None]:
        return self._stream(sql.ACCOUNTS_NAMED, prefix, prefix + "\x7f")

    def transfers(self, ids: Sequence[bytes]) -> Iterable[TransferRow]:
        return self._ask_each(sql.TRANSFERS, list(map(bytearray, ids)))

    def ids_fit(self) -> bool:
        return bool(self._ask(sql.IDS_FIT)[0][0])

    def resolutions(self, ids: Sequence[bytes]) -> Iterable[TransferRow]:
        return self._ask_each(sql.RESOLUTIONS, list(map(bytearray, ids)))

    def last_block(self) -> Block:
        rows = self._ask(sql.LAST_BLOCK)
        return Block(*rows[0]) if rows else GENESIS

    def block(self, height: int) -> Block | None:
        rows = self._ask(sql.BLOCK, height)
        return Block(*rows[0]) if rows else None

    def all_blocks(self) -> Generator[Block, None, None]:
        return (Block(*row) for row in self._stream(sql.ALL_BLOCKS))

    def all_accounts(self) -> Generator[AccountRow, None, None]:
        return self._stream(sql.ALL_ACCOUNTS)

    def all_transfers(self) -> Generator[tuple[int, TransferRow], None, None]:
        return ((row[0], row[1:]) for row in self._stream(sql.ALL_TRANSFERS))

    def heads(self) -> list[HeadRow]:
        return self._ask(sql.ALL_HEADS)

    def records(self, kind: str, keys: Sequence[str]) -> Iterable[RecordRow]:
        return self._ask_each(sql.RECORDS, keys, kind)

    def find(self, kind: str, state: str | None, due: int | None, limit: int) -> Iterable[RecordRow]:
        statement, given = sql.find(kind, state, due, limit)
        return self._ask(statement, *given)

    def close(self) -> None:
        self._connection.close()


class _Writer(_Reader):
    """The connection that writes."""

    _version = -1

    def begin(self) -> None:
        self._ask("BEGIN IMMEDIATE")

    def others_wrote(self) -> bool:
        before, self._version = self._version, int(self._ask("PRAGMA data_version")[0][0])
        return before != self._version

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
        try:
            self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    def add_accounts(self, rows: Sequence[AccountRow]) -> None:
        self._many(sql.ADD_ACCOUNT, rows)

    def add_transfers(self, rows: Sequence[TransferRow], after: int) -> None:
        try:
            if any(row[4] for row in rows):
                numbered = ((number, *row) for number, row in enumerate(rows, after + 1))
                self._connection.executemany(sql.ADD_TRANSFER, numbered)
            else:
                self._add_posted(rows, after)
            self._execute(sql.ADD_IDS, (after,))
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorname in _UNIQUE:
                raise RowExists from error
            raise _unavailable(error) from error
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    def _add_posted(self, rows: Sequence[TransferRow], after: int) -> None:
        values = _posted(rows, after)
        together = len(rows) // sql.AT_ONCE * sql.AT_ONCE * _POSTED_SIZE
        if together:
            many = _POSTED_SIZE * sql.AT_ONCE
            parts = [values[at : at + many] for at in range(0, together, many)]
            self._connection.executemany(sql.ADD_MANY_POSTED, parts)
        rest = range(together, len(values), _POSTED_SIZE)
        self._connection.executemany(sql.ADD_POSTED, [values[at : at + _POSTED_SIZE] for at in rest])

    def set_balances(self, rows: Sequence[tuple[int, int, int, int, int]]) -> None:
        self._many(sql.SET_BALANCES, rows)

    def add_block(self, block: Block) -> None:
        self._ask(sql.ADD_BLOCK, block.height, block.at, block.accounts, block.transfers, block.hash)

    def add_head(self, row: HeadRow) -> None:
        self._ask(sql.ADD_HEAD, *row)

    def keep(self, rows: Sequence[RecordRow]) -> None:
        self._many(sql.KEEP, rows)

    def forget(self, kind: str, key: str) -> None:
        self._ask(sql.FORGET, kind, key)

    def next_number(self, series: str) -> int:
        return int(self._ask(sql.NEXT_NUMBER, series)[0][0])


def _posted(rows: Sequence[TransferRow], after: int) -> list[int | bytearray | str]:
    # sqlite3 binds a bytearray at once; for bytes and None it first looks for an adapter, for longer than
    # SQLite takes to insert the row.
    values: list[int | bytearray | str] = []
    for number, (id_, debit, credit, amount, _, _, _, note) in enumerate(rows, after + 1):
        values += (number, bytearray(id_), debit, credit, amount, note)
    return values


class SQLiteTables:
    """A file with the book in it, which only its owner may read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            _create(path)
            self._idle = [self._reading_connection()]
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    def writer(self) -> _Writer:
        """Open the connection that writes."""
        try:
            return _Writer(_connect(self._path))
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    @contextmanager
    def reading(self) -> Iterator[_Reader]:
        """Lend a connection that reads, in one snapshot."""
        try:
            connection = self._borrow()
        except sqlite3.Error as error:
            raise _unavailable(error) from error
        try:
            yield _Reader(connection)
        finally:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            with self._lock:
                self._idle.append(connection)

    def _borrow(self) -> sqlite3.Connection:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or self._reading_connection()
        connection.execute("BEGIN")
        return connection

    def _reading_connection(self) -> sqlite3.Connection:
        connection = _connect(self._path)
        connection.execute("PRAGMA query_only = 1")
        # A text that somebody broke is read as it is, so that the chain tells that it was broken.
        connection.text_factory = lambda data: data.decode(errors="surrogateescape")
        return connection

    def close(self) -> None:
        """Close what reads."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    with suppress(OSError):  # SQLite says by itself what is wrong
        path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        _write_ahead(connection)
        for pragma in sql.PRAGMAS:
            connection.execute(pragma).fetchall()
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


def _create(path: Path) -> None:
    connection = _connect(path)
    try:
        if not connection.execute(sql.EXISTS).fetchall():
            connection.execute("BEGIN IMMEDIATE")
            for statement in sql.SCHEMA:
                connection.execute(statement)
            connection.execute("COMMIT")
    finally:
        connection.close()
