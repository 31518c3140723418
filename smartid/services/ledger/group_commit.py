"""The book over any tables: what waits is committed together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar, cast

from smartid.errors import Refused, StoreUnavailable
from smartid.services.ledger.book import Entry
from smartid.services.ledger.chain import GENESIS, microseconds
from smartid.services.ledger.heads import SignedHead, sign_head, signed_head
from smartid.services.ledger.jobs import Attempt, Postings, Work, do_all
from smartid.services.ledger.sheet import Sheet
from smartid.services.ledger.standing import Standing
from smartid.services.ledger.tables import Tables
from smartid.services.ledger.turns import Turns
from smartid.services.ledger.values import Balance, Head, Outcome, Posting
from smartid.services.ledger.verifying import recount, verify
from smartid.services.reasons import Reason

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

T = TypeVar("T")


class GroupBook:
    """``Book`` over any tables."""

    def __init__(self, tables: Tables, clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._clock = clock
        self._writer = tables.writer()
        self._sheet = Sheet(self._writer)
        self._turns = Turns(self._commit)

    def _commit(self, jobs: Sequence[Work | Postings]) -> None:
        fault: BaseException | None = StoreUnavailable("the commit was interrupted", what="The book")
        attempt = Attempt()
        try:
            with attempt:
                self._write(jobs)
            fault = attempt.error
        finally:
            if fault is not None:
                self._sheet.failed()
                self._writer.rollback()
            for job in jobs:
                job.settle(fault)

    def _write(self, jobs: Sequence[Work | Postings]) -> None:
        self._writer.begin()
        self._sheet.begin(microseconds(self._clock()))
        do_all(jobs, self._sheet, self._writer)
        block = self._sheet.finish()
        self._writer.commit()
        self._sheet.committed(block)

    def run(self, work: Callable[[Entry], T]) -> T:
        """Run ``work`` as one transaction."""
        return cast("T", self._turns.do(Work(work)))

    def submit(self, posting: Posting) -> Future[Outcome]:
        """Post one group among those of other callers."""
        return self._turns.hand_in(Postings((posting,), single=True))

    def post(self, postings: Sequence[Posting]) -> list[Outcome]:
        """Post many groups in one durable commit, each for itself."""
        return cast("list[Outcome]", self._turns.do(Postings(postings)))

    def balance(self, account: str) -> Balance:
        """As ``Entry.balance``, outside of a transaction."""
        with self._tables.reading() as reader:
            rows = list(reader.accounts([account]))
        if not rows:
            raise Refused(f"There is no account {account}.", reason=Reason.UNKNOWN_CASE)
        return Standing(rows[0]).balance()

    def balances(self, prefix: str = "") -> Iterator[tuple[str, Balance]]:
        """Give the accounts whose names begin so, in the order of their names."""
        with self._tables.reading() as reader:
            for row in reader.account_rows(prefix):
                yield row[1], Standing(row).balance()

    def totals(self) -> dict[str, tuple[int, int]]:
        """By unit: the sum of all debits and of all credits, recounted from the transfers."""
        with self._tables.reading() as reader:
            return recount(reader)

    def head(self) -> Head:
        """Give the end of the hash chain."""
        with self._tables.reading() as reader:
            return reader.last_block().head

    def contains(self, head: Head) -> bool:
        """Tell whether the chain, as it is now, goes through this head."""
        if head.height == 0:
            return head == GENESIS.head
        with self._tables.reading() as reader:
            block = reader.block(head.height)
        return block is not None and block.head == head

    def sign_head(self, key: Ed25519PrivateKey) -> SignedHead:
        """Sign the end of the chain, and keep the signature beside it."""
        signed = sign_head(self.head(), key, self._clock())
        self.run(lambda _: self._writer.add_head(signed.row))
        return signed

    def signed_heads(self) -> list[SignedHead]:
        """Give the heads that were signed, by height."""
        with self._tables.reading() as reader:
            return [signed_head(row) for row in reader.heads()]

    def verify(self, *, progress: Callable[[int], None] | None = None) -> Head:
        """Recompute the chain and the balances from the transfers."""
        with self._tables.reading() as reader:
            return verify(reader, progress)

    def close(self) -> None:
        """Finish what was submitted and close the database."""
        self._turns.close()
        self._writer.close()
        self._tables.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
