"""The book in PostgreSQL, which many machines may share; one of them writes at a time.

A writer locks the table of blocks before it looks at anything, so what it read cannot change, and blocks are
appended one after the other. Accounts, transfers and balances are written by one statement over arrays each.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from smartid.errors import ExtraMissing, StoreUnavailable
from smartid.services.ledger import postgresql_schema as sql
from smartid.services.ledger import sqlite_schema as common
from smartid.services.ledger.chain import GENESIS, Block, TransferRow
from smartid.services.ledger.heads import HeadRow
from smartid.services.ledger.tables import AccountRow, RecordRow, RowExists

if TYPE_CHECKING:
    import psycopg

CONNECT = 5
"""How long the server may take to accept a connection, in seconds."""

_STREAM = 5000


def _unavailable(error: Exception) -> StoreUnavailable:
    return StoreUnavailable(str(error).strip().split("\n", maxsplit=1)[0], what="The book")


def _in_its_words(statement: str) -> bytes:
    return statement.replace("?", "%s").encode()


class _Reader:
    """Questions to the book over one connection."""

    def __init__(self, connection: psycopg.Connection[Any], error: type[Exception]) -> None:
        self._connection = connection
        self._error = error

    def _ask(self, statement: str, *parameters: Any) -> list[Any]:
        try:
            cursor = self._connection.execute(_in_its_words(statement), parameters)
            return cursor.fetchall() if cursor.description else []
        except self._error as error:
            raise _unavailable(error) from error

    def _stream(self, name: str, statement: str, *parameters: Any) -> Generator[Any, None, None]:
        try:
            with self._connection.cursor(name) as cursor:
                cursor.itersize = _STREAM
                yield from cursor.execute(_in_its_words(statement), parameters)
        except self._error as error:
            raise _unavailable(error) from error

    def accounts(self, names: Sequence[str]) -> Iterable[AccountRow]:
        return self._ask(sql.ACCOUNTS, names)

    def names(self, numbers: Sequence[int]) -> dict[int, str]:
        return dict(self._ask(sql.NAMES, numbers))

    def account_rows(self, prefix: str = "") -> Generator[AccountRow, None, None]:
        return self._stream("named", common.ACCOUNTS_NAMED, prefix, prefix + "\x7f")

    def transfers(self, ids: Sequence[bytes]) -> Iterable[TransferRow]:
        return self._ask(sql.TRANSFERS, ids)

    def ids_fit(self) -> bool:
        return True  # the index of the column is the server's own

    def resolutions(self, ids: Sequence[bytes]) -> Iterable[TransferRow]:
        return self._ask(sql.RESOLUTIONS, ids)

    def last_block(self) -> Block:
        rows = self._ask(common.LAST_BLOCK)
        return Block(*rows[0]) if rows else GENESIS

    def block(self, height: int) -> Block | None:
        rows = self._ask(common.BLOCK, height)
        return Block(*rows[0]) if rows else None

    def all_blocks(self) -> Generator[Block, None, None]:
        return (Block(*row) for row in self._stream("blocks", common.ALL_BLOCKS))

    def all_accounts(self) -> Generator[AccountRow, None, None]:
        return self._stream("accounts", common.ALL_ACCOUNTS)

    def all_transfers(self) -> Generator[tuple[int, TransferRow], None, None]:
        return ((row[0], row[1:]) for row in self._stream("transfers", common.ALL_TRANSFERS))

    def heads(self) -> list[HeadRow]:
        return self._ask(common.ALL_HEADS)

    def records(self, kind: str, keys: Sequence[str]) -> Iterable[RecordRow]:
        return self._ask(sql.RECORDS, kind, keys)

    def find(self, kind: str, state: str | None, due: int | None, limit: int) -> Iterable[RecordRow]:
        statement, given = common.find(kind, state, due, limit)
        return self._ask(statement, *given)

    def close(self) -> None:
        self._connection.close()


class _Writer(_Reader):
    """The connection that writes; a new one after it broke."""

    def __init__(self, tables: PostgreSQLTables) -> None:
        self._tables = tables
        super().__init__(tables.connect(), tables.error)
        self._head = self._seen = GENESIS

    def begin(self) -> None:
        if self._connection.closed:
            self._connection = self._tables.connect()
        try:
            cursor = self._connection.execute(sql.BEGIN.encode())
            while cursor.nextset():
                pass
            rows = cursor.fetchall()
        except self._error as error:
            raise _unavailable(error) from error
        self._head = Block(*rows[0]) if rows else GENESIS

    def others_wrote(self) -> bool:
        before, self._seen = self._seen, self._head
        return before != self._head

    def last_block(self) -> Block:
        return self._head

    def commit(self) -> None:
        self._ask("COMMIT")

    def rollback(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except self._error:
            self._connection.close()

    def savepoint(self) -> None:
        self._ask("SAVEPOINT part")

    def release(self) -> None:
        self._ask("RELEASE part")

    def undo(self) -> None:
        self._ask("ROLLBACK TO part")
        self._ask("RELEASE part")

    def _arrays(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        self._ask(statement, *(list(column) for column in zip(*rows, strict=True)))

    def add_accounts(self, rows: Sequence[AccountRow]) -> None:
        self._arrays(sql.ADD_ACCOUNTS, rows)

    def add_transfers(self, rows: Sequence[TransferRow], after: int) -> None:
        columns = [list(column) for column in zip(*rows, strict=True)]
        numbers = list(range(after + 1, after + 1 + len(rows)))
        try:
            self._connection.execute(sql.ADD_TRANSFERS.encode(), [numbers, *columns])
        except self._error as error:
            if getattr(error, "sqlstate", "") == "23505":  # unique_violation
                raise RowExists from error
            raise _unavailable(error) from error

    def set_balances(self, rows: Sequence[tuple[int, int, int, int, int]]) -> None:
        self._arrays(sql.SET_BALANCES, rows)

    def add_block(self, block: Block) -> None:
        self._ask(common.ADD_BLOCK, block.height, block.at, block.accounts, block.transfers, block.hash)
        self._seen = block

    def add_head(self, row: HeadRow) -> None:
        self._ask(common.ADD_HEAD, *row)

    def keep(self, rows: Sequence[RecordRow]) -> None:
        last = {row[:2]: row for row in rows}  # a statement changes a row once
        if last:
            self._arrays(sql.KEEP, last.values())

    def forget(self, kind: str, key: str) -> None:
        self._ask(common.FORGET, kind, key)

    def next_number(self, series: str) -> int:
        return int(self._ask(sql.NEXT_NUMBER, series)[0][0])


class PostgreSQLTables:
    """A database with the book in it. Raises ExtraMissing without psycopg 3."""

    def __init__(self, url: str) -> None:
        try:
            import psycopg  # noqa: PLC0415 - an optional part
        except ImportError as error:
            raise ExtraMissing("postgres", "Keeping a ledger in PostgreSQL") from error
        self.error: type[Exception] = psycopg.Error
        self._open = psycopg.connect
        self._url = url
        self._lock = threading.Lock()
        self._idle: list[psycopg.Connection[Any]] = []
        self._create()

    def connect(self) -> psycopg.Connection[Any]:
        """Open a connection that commits when it is told to."""
        try:
            connection = self._open(self._url, autocommit=True, connect_timeout=CONNECT)
            connection.execute(sql.SETTINGS.encode())
        except self.error as error:
            raise _unavailable(error) from error
        return connection

    def _create(self) -> None:
        connection = self.connect()
        try:
            if not connection.execute(sql.EXISTS.encode()).fetchall():
                connection.execute(sql.SCHEMA.encode())
        except self.error as error:
            raise _unavailable(error) from error
        finally:
            connection.close()

    def writer(self) -> _Writer:
        """Open the connection that writes."""
        return _Writer(self)

    @contextmanager
    def reading(self) -> Iterator[_Reader]:
        """Lend a connection that reads, in one snapshot."""
        connection = self._borrow()
        try:
            yield _Reader(connection, self.error)
        finally:
            self._give_back(connection)

    def _borrow(self) -> psycopg.Connection[Any]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None:
            try:
                connection.execute(sql.BEGIN_READING)
            except self.error:
                connection.close()
            else:
                return connection
        connection = self.connect()
        connection.execute(sql.BEGIN_READING)
        return connection

    def _give_back(self, connection: psycopg.Connection[Any]) -> None:
        try:
            connection.execute("ROLLBACK")
        except self.error:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)

    def close(self) -> None:
        """Close what reads."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            with suppress(self.error):
                connection.close()
