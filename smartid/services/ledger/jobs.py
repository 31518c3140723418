"""What callers ask of the writer, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any

from smartid.services.ledger.book import Entry
from smartid.services.ledger.entry import SheetEntry
from smartid.services.ledger.sheet import Sheet
from smartid.services.ledger.tables import RowExists, Writer
from smartid.services.ledger.values import Posting


class Work:
    """One closure of ``run``. What it raises undoes it, and goes to its caller."""

    __slots__ = ("_work", "error", "future", "result")

    def __init__(self, work: Callable[[Entry], Any]) -> None:
        self.future: Future[Any] = Future()
        self.result: Any = None
        self.error: BaseException | None = None
        self._work = work

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return isinstance(error, Exception)

    def do(self, sheet: Sheet, writer: Writer, *, alone: bool) -> None:
        """Do it as a part of the commit."""
        sheet.begin_part(alone=alone)
        with self:
            entry = SheetEntry(sheet, writer)
            self.result = self._work(entry)
            entry.end()
            sheet.end_part()
        if self.error is not None:
            sheet.undo_part()


class Postings:
    """Groups of one caller, each for itself."""

    __slots__ = ("error", "future", "postings", "result", "single")

    def __init__(self, postings: Sequence[Posting], *, single: bool = False) -> None:
        self.future: Future[Any] = Future()
        self.result: Any = None
        self.error: BaseException | None = None
        self.postings = postings
        self.single = single


def do_all(jobs: Sequence[Work | Postings], sheet: Sheet, writer: Writer) -> None:
    """Do jobs in their order; postings that stand together are done together."""
    parts = list(_parts(jobs))
    for part in parts:
        if isinstance(part, Work):
            part.do(sheet, writer, alone=len(parts) == 1)
        else:
            _post(part, sheet, alone=len(parts) == 1)


def _parts(jobs: Sequence[Work | Postings]) -> Iterator[Work | list[Postings]]:
    together: list[Postings] = []
    for job in jobs:
        if isinstance(job, Postings):
            together.append(job)
            continue
        if together:
            yield together
            together = []
        yield job
    if together:
        yield together


def _post(jobs: list[Postings], sheet: Sheet, *, alone: bool) -> None:
    postings = jobs[0].postings if len(jobs) == 1 else [each for job in jobs for each in job.postings]
    sheet.begin_part(alone=alone)
    outcomes = sheet.post_all(postings)
    try:
        sheet.end_part()
    except RowExists:
        sheet.undo_part()
        sheet.begin_part(alone=alone)
        outcomes = sheet.post_all(postings, careful=True)
        sheet.end_part()
    start = 0
    for job in jobs:
        end = start + len(job.postings)
        job.result = outcomes[start] if job.single else outcomes[start:end]
        start = end
