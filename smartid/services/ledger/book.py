"""The book of a service: ledger, records and queues that change together or not at all.

Whatever a service has to remember stands in one database, so that one durable transaction moves the value,
advances the case and queues the messages to others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from smartid.services.ledger.values import Account, Balance, Head, Outcome, Posting, Transfer

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A document that a service keeps: JSON of texts, whole numbers, flags, lists and objects.

    kind, key  its name: ("purchase/case", "7f3a…")
    state      one word that ``find`` looks for; empty without one
    due        when it wants attention, in seconds since 1970-01-01 UTC; 0 for never
    content    what it says
    """

    kind: str
    key: str
    content: Mapping[str, Any]
    state: str = ""
    due: int = 0


class Entry(Protocol):
    """One transaction on the book. What it read cannot change before it ends."""

    def open_account(self, *accounts: Account) -> None:
        """Open accounts that are missing. Raises Refused (conflict) for another unit or guard."""

    def post(self, *transfers: Transfer) -> Outcome:
        """Carry out transfers together: POSTED or EXISTS. All else raises Refused and undoes the entry.

        Raises Refused: insufficient; conflict; wrong_state when the pending transfer was resolved before.
        """
        ...

    def balance(self, account: str) -> Balance:
        """Give the balance of an account. Raises Refused (unknown_case) when there is none of this name."""
        ...

    def transfer(self, id_: bytes) -> Transfer | None:
        """Give a transfer as it was posted."""
        ...

    def keep(self, *records: Record) -> None:
        """Write records, in place of those of the same kind and key."""

    def load(self, kind: str, key: str) -> Record | None:
        """Give a record."""
        ...

    def load_many(self, kind: str, keys: Sequence[str]) -> dict[str, Record]:
        """Give those of the records that are there, by key."""
        ...

    def find(
        self, kind: str, *, state: str | None = None, due: int | None = None, limit: int = 100
    ) -> list[Record]:
        """Give records of a kind by (due, key): those in a state, those due until a time (not 0)."""
        ...

    def forget(self, kind: str, key: str) -> None:
        """Remove a record."""

    def next_number(self, series: str) -> int:
        """Count: 1 at the first call of a series, and without gaps among entries that were kept."""
        ...


class Book(Protocol):
    """A database of accounts, transfers and records. Threads share it; processes open their own."""

    def run(self, work: Callable[[Entry], T]) -> T:
        """Run ``work`` as one transaction; when it returns, what it did is on the disk.

        What ``work`` raises undoes all of it. It may be run again after a collision with another process, so
        it does nothing but use its entry. Concurrent calls may be committed together (group commit).
        """
        ...

    def submit(self, posting: Posting) -> Future[Outcome]:
        """Post one group among those of other callers: the future is done when it is on the disk."""
        ...

    def post(self, postings: Sequence[Posting]) -> list[Outcome]:
        """Post many groups in one durable commit, each for itself: one that fails hinders no other."""
        ...

    def balance(self, account: str) -> Balance:
        """As ``Entry.balance``, outside of a transaction."""
        ...

    def balances(self, prefix: str = "") -> Iterator[tuple[str, Balance]]:
        """Give the accounts whose names begin so, in the order of their names."""
        ...

    def totals(self) -> dict[str, tuple[int, int]]:
        """By unit: the sum of all debits and of all credits, recounted from the transfers. They are equal."""
        ...

    def head(self) -> Head:
        """Give the end of the hash chain."""
        ...

    def verify(self, *, progress: Callable[[int], None] | None = None) -> Head:
        """Recompute the chain and the balances from the transfers. Raises LedgerBroken naming the block."""
        ...

    def close(self) -> None:
        """Finish what was submitted and close the database."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
