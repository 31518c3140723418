"""What a database has to offer, for the book to stand in it.

One writer at a time: between ``begin`` and ``commit`` or ``rollback`` nobody else, in no other process,
changes the book. All raise StoreUnavailable when the database gives no answer.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from smartid.services.ledger.chain import Block, TransferRow
from smartid.services.ledger.heads import HeadRow

AccountRow = tuple[int, str, str, int, int, int, int, int]
"""Number, name, unit, guard, debits, credits, pending debits, pending credits."""

RecordRow = tuple[str, str, str, int, str]
"""Kind, key, state, due, content as JSON."""


class RowExists(Exception):
    """A transfer of this id, or one that resolves this pending transfer, is in the table."""


class Reader(Protocol):
    """Questions to the book, within one snapshot."""

    def accounts(self, names: Sequence[str]) -> Iterable[AccountRow]:
        """Give those of the accounts that are there."""
        ...

    def names(self, numbers: Sequence[int]) -> dict[int, str]:
        """Give the names of accounts by their numbers."""
        ...

    def account_rows(self, prefix: str = "") -> Generator[AccountRow, None, None]:
        """Give accounts in the order of their names (by number of code point)."""
        ...

    def transfers(self, ids: Sequence[bytes]) -> Iterable[TransferRow]:
        """Give those of the transfers that are there."""
        ...

    def ids_fit(self) -> bool:
        """Tell whether the id of each transfer leads to it, and no other id to any."""
        ...

    def resolutions(self, ids: Sequence[bytes]) -> Iterable[TransferRow]:
        """Give the transfers that resolve those pending ones."""
        ...

    def last_block(self) -> Block:
        """Give the end of the chain, GENESIS when there is none."""
        ...

    def block(self, height: int) -> Block | None:
        """Give a block."""
        ...

    def all_blocks(self) -> Generator[Block, None, None]:
        """Give the chain from its beginning."""
        ...

    def all_accounts(self) -> Generator[AccountRow, None, None]:
        """Give accounts by number."""
        ...

    def all_transfers(self) -> Generator[tuple[int, TransferRow], None, None]:
        """Give transfers with their numbers, by number."""
        ...

    def heads(self) -> list[HeadRow]:
        """Give the signed heads by height: height, hash, at, key, signature."""
        ...

    def records(self, kind: str, keys: Sequence[str]) -> Iterable[RecordRow]:
        """Give those of the records that are there."""
        ...

    def find(self, kind: str, state: str | None, due: int | None, limit: int) -> Iterable[RecordRow]:
        """Give records as ``Entry.find`` does."""
        ...


class Writer(Reader, Protocol):
    """The one connection that writes."""

    def begin(self) -> None:
        """Begin a transaction and wait for the turn to write."""

    def others_wrote(self) -> bool:
        """Tell, within a transaction, whether somebody else may have written since the last time."""
        ...

    def commit(self) -> None:
        """End it: what was written is on the disk."""

    def rollback(self) -> None:
        """End it without a trace; does nothing when there is none, or when the connection is gone."""

    def savepoint(self) -> None:
        """Mark where ``undo`` goes back to; there is one mark at a time."""

    def release(self) -> None:
        """Remove the mark."""

    def undo(self) -> None:
        """Go back to the mark and remove it."""

    def add_accounts(self, rows: Sequence[AccountRow]) -> None:
        """Insert accounts."""

    def add_transfers(self, rows: Sequence[TransferRow], after: int) -> None:
        """Insert transfers, numbered from ``after`` + 1. Raises RowExists."""

    def set_balances(self, rows: Sequence[tuple[int, int, int, int, int]]) -> None:
        """Write debits, credits, pending debits and pending credits of an account number."""

    def add_block(self, block: Block) -> None:
        """Append to the chain."""

    def add_head(self, row: HeadRow) -> None:
        """Keep a signed head: height, hash, at, key, signature."""

    def keep(self, rows: Sequence[RecordRow]) -> None:
        """Insert records or replace them."""

    def forget(self, kind: str, key: str) -> None:
        """Remove a record."""

    def next_number(self, series: str) -> int:
        """Count."""
        ...

    def close(self) -> None:
        """Close the connection."""


class Tables(Protocol):
    """A database with the tables of the book in it."""

    def writer(self) -> Writer:
        """Open the connection that writes."""
        ...

    def reading(self) -> AbstractContextManager[Reader]:
        """Lend a connection that reads, in one snapshot."""
        ...

    def close(self) -> None:
        """Close what reads."""
