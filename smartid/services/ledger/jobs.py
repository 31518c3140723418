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
from smartid.services.ledger.values import Outcome, Posting


class Attempt:
    """Remembers what was raised within it, for the caller in whose name it was done."""

    __slots__ = ("error",)

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> None:
        self.error = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return isinstance(error, Exception)


class _Job:
    """Something to do within a commit.

    future  told when the commit is on the disk; None when the caller commits for itself
    """

    __slots__ = ("attempt", "future", "result")

    def __init__(self) -> None:
        self.future: Future[Any] | None = None
        self.result: Any = None
        self.attempt = Attempt()

    def expect(self) -> Future[Any]:
        """Let somebody wait for it."""
        self.future = Future()
        return self.future

    def settle(self, fault: BaseException | None) -> None:
        """The commit is over. ``fault``: why nothing of it is on the disk."""
        error = self.attempt.error = self.attempt.error or fault
        if self.future is None or not self.future.set_running_or_notify_cancel():
            return
        if error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(error)

    def outcome(self) -> Any:
        """Give the result, or raise the error, once it is settled."""
        if self.attempt.error is not None:
            raise self.attempt.error
        return self.result


class Work(_Job):
    """One closure of ``run``. What it raises undoes it, and goes to its caller."""

    __slots__ = ("_work",)

    def __init__(self, work: Callable[[Entry], Any]) -> None:
        super().__init__()
        self._work = work

    def do(self, sheet: Sheet, writer: Writer, *, alone: bool) -> None:
        """Do it as a part of the commit."""
        sheet.begin_part(alone=alone)
        with self.attempt:
            entry = SheetEntry(sheet, writer)
            self.result = self._work(entry)
            entry.end()
            sheet.end_part()
        if self.attempt.error is not None:
            sheet.undo_part()


class Postings(_Job):
    """Groups of one caller, each for itself. ``single``: it asked for one, and wants one outcome."""

    __slots__ = ("postings", "single")

    def __init__(self, postings: Sequence[Posting], *, single: bool = False) -> None:
        super().__init__()
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
    attempt = jobs[0].attempt
    sheet.begin_part(alone=alone)
    with attempt:
        _give(jobs, _outcomes(postings, sheet, alone=alone))
    if attempt.error is None:
        return
    sheet.undo_part()
    if len(jobs) > 1:  # one of them is at fault, so each goes by itself
        for job in jobs:
            _post([job], sheet, alone=False)


def _outcomes(postings: Sequence[Posting], sheet: Sheet, *, alone: bool) -> list[Outcome]:
    outcomes = sheet.post_all(postings)
    try:
        sheet.end_part()
    except RowExists:
        sheet.undo_part()
        sheet.begin_part(alone=alone)
        outcomes = sheet.post_all(postings, careful=True)
        sheet.end_part()
    return outcomes


def _give(jobs: list[Postings], outcomes: list[Outcome]) -> None:
    start = 0
    for job in jobs:
        end = start + len(job.postings)
        job.result = outcomes[start] if job.single else outcomes[start:end]
        start = end
