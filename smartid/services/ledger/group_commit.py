"""The book: whoever holds the turn commits for all who wait."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from smartid.errors import Refused, StoreUnavailable
from smartid.services.ledger.book import Entry
from smartid.services.ledger.chain import microseconds
from smartid.services.ledger.checks import check_transfer
from smartid.services.ledger.entry import SheetEntry
from smartid.services.ledger.sheet import Sheet, Standing
from smartid.services.ledger.tables import RowExists, Tables, Writer
from smartid.services.ledger.values import Balance, Head, Outcome, Posting
from smartid.services.ledger.verifying import recount, verify
from smartid.services.reasons import Reason

T = TypeVar("T")


class GroupBook:
    """``Book`` over any tables."""

    def __init__(self, tables: Tables, clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._clock = clock
        self._writer = tables.writer()
        self._sheet = Sheet(self._writer)
        self._turn = threading.Lock()

    def _commit(self, part: Callable[[Sheet], T]) -> T:
        with self._turn:
            try:
                self._writer.begin()
                self._sheet.begin(microseconds(self._clock()))
                result = part(self._sheet)
                block = self._sheet.finish()
                self._writer.commit()
            except BaseException:
                self._sheet.failed()
                self._writer.rollback()
                raise
            self._sheet.committed(block)
            return result

    def run(self, work: Callable[[Entry], T]) -> T:
        """Run ``work`` as one transaction."""

        def part(sheet: Sheet) -> T:
            sheet.begin_part()
            entry = SheetEntry(sheet, self._writer)
            result = work(entry)
            entry.end()
            sheet.end_part()
            return result

        return self._commit(part)

    def submit(self, posting: Posting) -> Future[Outcome]:
        """Post one group among those of other callers."""
        future: Future[Outcome] = Future()
        future.set_result(self.post([posting])[0])
        return future

    def post(self, postings: Sequence[Posting]) -> list[Outcome]:
        """Post many groups in one durable commit, each for itself."""
        for posting in postings:
            for transfer in posting:
                check_transfer(transfer)

        def part(sheet: Sheet) -> list[Outcome]:
            sheet.begin_part()
            outcomes = sheet.post_all(postings)
            try:
                sheet.end_part()
            except RowExists:
                sheet.undo_part()
                sheet.begin_part()
                outcomes = sheet.post_all(postings, careful=True)
                sheet.end_part()
            return outcomes

        return self._commit(part)

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

    def verify(self, *, progress: Callable[[int], None] | None = None) -> Head:
        """Recompute the chain and the balances from the transfers."""
        with self._tables.reading() as reader:
            return verify(reader, progress)

    def close(self) -> None:
        """Finish what was submitted and close the database."""
        with self._turn:
            self._writer.close()
        self._tables.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
