"""Records that were made offline come home: verified, told apart from what came before, posted, counted.

A card has moved its value already when a record arrives, so a record is not asked for but taken down:
accepted, duplicate (it came before), forged, late, or proof that a card or a module used one number twice.
What was moved stands in the ledger under an id made from the card and its counter, which is why a replay is
caught for ever. Every series of numbers (a card's, a security module's) is watched for missing ones.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from smartid.errors import EncodingError, Refused
from smartid.services.ledger.book import Book, Entry
from smartid.services.ledger.values import Outcome, Posting, Transfer
from smartid.services.reasons import Reason
from smartid.services.spine import series
from smartid.services.spine.collected import MAX_RECORD, Alarm, Collected, CollectionReport
from smartid.services.spine.series import Gap, Mark, Marked
from smartid.services.spine.states import State

__all__ = ["Alarm", "Collected", "CollectionReport", "Collector", "Gap"]
_BATCH = 8192
_REMEMBERED = 1_000_000


@dataclass(slots=True)
class _Item:
    """A record on its way through one batch."""

    raw: bytes
    found: Collected
    place: int
    late: bool = False
    state: State = State.COLLECTED


class Collector:
    """Takes down records of one service.

    name    of the service: prefix of what it keeps in the book
    verify  reads one record and checks its proof. It raises EncodingError or Refused (bad_proof) for a forged
            one, Refused with another reason for one that the scheme does not take (a killed key version)
    window  how long after the transaction a record is taken as usual
    """

    def __init__(
        self,
        book: Book,
        verify: Callable[[bytes], Collected],
        *,
        name: str,
        window: timedelta = timedelta(days=30),
    ) -> None:
        self._book = book
        self._verify = verify
        self._name = name
        self._window = int(window.total_seconds())
        self._opened: set[str] = set()

    def collect(self, records: Iterable[bytes], now: datetime) -> CollectionReport:
        """Take down records. It may be repeated with the same records, whatever became of the first time."""
        report = CollectionReport()
        rest = iter(records)
        while batch := list(islice(rest, _BATCH)):
            with _many_objects():
                self._collect_batch(batch, now, report)
        return report

    def gaps(self, now: datetime, *, older_than: timedelta = timedelta(0)) -> list[Gap]:
        """List numbers that are missing for longer than this, the oldest first."""
        return self._book.run(lambda entry: series.gaps(entry, self._name, seen_until=now - older_than))

    def gaps_of(self, name: str, *, entry: Entry) -> list[Gap]:
        """List what is missing in one series, within an entry."""
        return series.gaps_of(entry, self._name, name)

    def whole_until(self, name: str, *, entry: Entry) -> int:
        """Give the number up to which a series has come without a gap, within an entry."""
        return series.whole_until(entry, self._name, name)

    def alarms(self, kind: str | None = None, *, limit: int = 1000) -> list[Alarm]:
        """List what was found, each once."""
        found = self._book.run(lambda entry: entry.find(f"{self._name}/alarm", state=kind, limit=limit))
        return [Alarm.of(document) for document in found]

    def note(self, numbers: Iterable[tuple[str, int]], now: datetime, *, entry: Entry | None = None) -> None:
        """Write down numbers that were used online, so that they are not missed."""
        marks = [Mark(name, number) for name, number in numbers]
        if entry is not None:
            series.mark(entry, self._name, marks, now)
        else:
            self._book.run(lambda own: series.mark(own, self._name, marks, now))

    def _collect_batch(self, batch: list[bytes], now: datetime, report: CollectionReport) -> None:
        start = len(report.states)
        report.states += [State.FORGED] * len(batch)
        alarms: list[Alarm] = []
        items = self._verified(batch, start, alarms)
        self._sort_out_late(items, int(now.timestamp()) - self._window)
        self._post(items, alarms)
        marked = self._book.run(lambda entry: self._write_down(entry, items, alarms, now))
        _settle_states(items, marked, report)
        _sort_alarms([*alarms, *_reused(items, marked)], report)
        report.closed += marked.closed
        stays = [gap for gap in report.gaps if gap.series not in marked.touched]
        report.gaps = [*stays, *marked.gaps]

    def _verified(self, batch: list[bytes], start: int, alarms: list[Alarm]) -> list[_Item]:
        verify, items = self._verify, []
        for place, raw in enumerate(batch, start):
            try:
                items.append(_Item(raw, verify(raw), place))
            except EncodingError as error:
                alarms.append(Alarm(kind="forged", record=raw[:MAX_RECORD], reason=str(error)))
            except Refused as error:
                kind = "forged" if error.reason == Reason.BAD_PROOF else "refused"
                alarms.append(Alarm(kind=kind, record=raw[:MAX_RECORD], reason=error.reason))
        return items

    def _sort_out_late(self, items: list[_Item], oldest: int) -> None:
        """Late is what is old and was not taken in time: a replay of what was is a duplicate."""
        old = [item for item in items if item.found.time < oldest]
        if not old:
            return
        known = self._book.run(lambda entry: [entry.transfer(item.found.id) for item in old])
        for item, before in zip(old, known, strict=True):
            item.late = before is None or before not in item.found.postings

    def _post(self, items: list[_Item], alarms: list[Alarm]) -> None:
        moving = [item for item in items if item.found.postings]
        self._open_accounts(moving)
        outcomes = self._book.post([_transfers(item) for item in moving])
        for item, outcome in zip(moving, outcomes, strict=True):
            self._judge(item, outcome, alarms)

    def _open_accounts(self, items: list[_Item]) -> None:
        """Open what this collector has not met yet; opening an open account does nothing."""
        known = self._opened
        fresh = {a.name: a for item in items for a in item.found.accounts if a.name not in known}
        if fresh:
            self._book.run(lambda entry: entry.open_account(*fresh.values()))
            if len(known) > _REMEMBERED:
                known.clear()
            known.update(fresh)

    def _judge(self, item: _Item, outcome: Outcome, alarms: list[Alarm]) -> None:
        if outcome is Outcome.POSTED:
            item.state = State.LATE if item.late else State.ACCEPTED
        elif outcome is Outcome.EXISTS:
            item.state = State.DUPLICATE
        elif outcome is Outcome.CONFLICT:
            self._judge_conflict(item, alarms)
        else:
            alarms.append(_alarm("not posted", item, reason=outcome.value))

    def _judge_conflict(self, item: _Item, alarms: list[Alarm]) -> None:
        """The number was used. The note tells by what: another record, or this one when it moved elsewhere.

        A record that was late once is in time when the window grows, and a module gets another owner.
        """
        before = self._book.run(lambda entry: entry.transfer(item.found.id))
        if before is not None and before.note == item.found.postings[0].note:
            item.state = State.DUPLICATE
        else:
            alarms.append(_double_spend(item, before))

    def _write_down(self, entry: Entry, items: list[_Item], alarms: list[Alarm], now: datetime) -> Marked:
        marked = series.mark(entry, self._name, _marks(items), now)
        kept = [*alarms, *_reused(items, marked)]
        if kept:
            entry.keep(*(alarm.document(f"{self._name}/alarm") for alarm in kept))
        return marked


@contextmanager
def _many_objects() -> Iterator[None]:
    """Keep Python from looking for cycles while a batch is in hand: it makes none, and each look costs."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _transfers(item: _Item) -> Posting:
    return item.found.late() if item.late and item.found.late else item.found.postings


def _marks(items: list[_Item]) -> list[tuple[str, int, bytes]]:
    """The first series is told apart by the ledger; the others by a tag."""
    marks = []
    for item in items:
        tag = b""
        for name, number in item.found.series:
            marks.append((name, number, tag))
            tag = tag or hashlib.sha256(item.raw).digest()[:8]
    return marks


def _double_spend(item: _Item, before: Transfer | None) -> Alarm:
    """Another record has this card's number. Both are kept: the ledger has the first one's digest."""
    evidence = dict(item.found.evidence)
    if before is not None:
        evidence |= {"first_note": before.note, "first_amount": before.amount, "first_payee": before.credit}
    return _alarm("double spend", item, evidence=evidence)


def _reused(items: list[_Item], marked: Marked) -> list[Alarm]:
    if not marked.reused:
        return []
    bad = {(mark.series, mark.number, mark.tag) for mark in marked.reused}
    return [
        _alarm("number used twice", item, series=name, number=number)
        for item in items
        for name, number in item.found.series[1:]
        if (name, number, hashlib.sha256(item.raw).digest()[:8]) in bad
    ]


def _alarm(
    kind: str,
    item: _Item,
    *,
    series: str = "",
    number: int = 0,
    reason: str = "",
    evidence: Mapping[str, str | int] | None = None,
) -> Alarm:
    first_series, first_number = item.found.series[0]
    return Alarm(
        kind=kind,
        record=item.raw,
        series=series or first_series,
        number=number or first_number,
        reason=reason,
        evidence=item.found.evidence if evidence is None else evidence,
    )


def _settle_states(items: list[_Item], marked: Marked, report: CollectionReport) -> None:
    for item in items:
        if not item.found.postings:
            known = item.found.series[0] in marked.seen
            item.state = State.DUPLICATE if known else State.ACCEPTED
        report.states[item.place] = item.state
        report.accepted += item.state is State.ACCEPTED
        report.duplicates += item.state is State.DUPLICATE
        report.late += item.state is State.LATE


def _sort_alarms(alarms: list[Alarm], report: CollectionReport) -> None:
    for alarm in alarms:
        if alarm.kind == "forged":
            report.forged.append(alarm)
        elif alarm.kind in ("double spend", "number used twice"):
            report.double_spends.append(alarm)
        else:
            report.refused.append(alarm)
