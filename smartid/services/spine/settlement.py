"""Who is owed what at the end of a day: every movement stands in exactly one batch.

What is settled is a movement: a completion, a refund, what went back by a dispute. A day's batch takes all
that wait and happened until its end; one that comes after the batch was closed is in the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.spine import casefile
from smartid.services.spine.adapter import Adapter
from smartid.services.spine.machine import advance
from smartid.services.spine.periods import IRAN, begin_of_day
from smartid.services.spine.states import Step
from smartid.services.spine.values import Case

_OPEN, _CLOSED = "open", "closed"
_SUMS = ("count", "gross", "returned")
_AT_ONCE = 500
"""Movements that one durable entry settles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What one payee is owed from one batch. ``count`` is the number of movements, back and forth."""

    payee: str
    unit: str
    count: int
    gross: int
    returned: int

    @property
    def net(self) -> int:
        """Gross less what went back."""
        return self.gross - self.returned


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One settlement of a service.

    id         "SERVICE/DAY"
    positions  by payee and unit, in their order
    replayed   the day was settled before; this is that batch
    """

    id: str
    service: str
    day: date
    closed: datetime
    positions: tuple[Position, ...]
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One movement that is settled.

    id      case and what happened: "7f3a…/complete", "7f3a…/refund/0"; of many at once: "7f3a…/many"
    case    empty for many at once
    count   how many payments it stands for
    amount  what the payee is owed; below zero for what went back
    batch   day of the batch, empty while it waits
    """

    id: str
    case: str
    payee: str
    unit: str
    count: int
    amount: int
    time: datetime
    batch: str = ""


def keep_item(entry: Entry, case: Case, step: Step, amount: int, now: datetime) -> None:
    """Write down a movement of a case for settlement."""
    name = f"{case.id}/{step}" if step is Step.COMPLETE else f"{case.id}/{step}/{case.refunded}"
    terms = case.terms
    keep_movement(
        entry,
        Item(id=name, case=case.id, payee=terms.payee, unit=terms.unit, count=1, amount=amount, time=now),
        case.service,
    )


def keep_movement(entry: Entry, item: Item, service: str) -> None:
    """Write down a movement, or many to one payee as one."""
    content = {name: getattr(item, name) for name in ("payee", "unit", "amount", "case", "count")}
    due = max(1, int(item.time.timestamp()))
    entry.keep(Record(kind=f"{service}/item", key=item.id, state=_OPEN, due=due, content=content))


def settle_day(adapter: Adapter, book: Book, day: date, now: datetime, *, zone: timezone = IRAN) -> Batch:
    """Close a day. A second call gives the same batch; one that died half way is taken up again."""
    end = int(begin_of_day(day + timedelta(days=1), zone).timestamp()) - 1
    first = book.run(lambda entry: _begin(entry, adapter.name, day))
    if first.state == _CLOSED:
        return _batch(adapter.name, first, replayed=True)
    while True:
        record = book.run(lambda entry: _settle_some(entry, adapter, day, end, now))
        if record.state == _CLOSED:
            return _batch(adapter.name, record, replayed=False)


def batch_items(book: Book, service: str, day: date, *, limit: int = 1_000_000) -> list[Item]:
    """Give the movements of a batch."""
    return _items(book, service, day.isoformat(), limit)


def waiting_items(book: Book, service: str, *, limit: int = 1_000_000) -> list[Item]:
    """Give the movements that wait for a batch, oldest first."""
    return _items(book, service, _OPEN, limit)


def _items(book: Book, service: str, state: str, limit: int) -> list[Item]:
    found = book.run(lambda entry: entry.find(f"{service}/item", state=state, limit=limit))
    return [
        Item(
            id=record.key,
            time=datetime.fromtimestamp(record.due, IRAN),
            batch="" if state == _OPEN else state,
            **record.content,
        )
        for record in found
    ]


def _begin(entry: Entry, service: str, day: date) -> Record:
    kind, key = f"{service}/batch", day.isoformat()
    known = entry.load(kind, key)
    if known is None:
        known = Record(kind=kind, key=key, state=_OPEN, content={"positions": [], "closed": ""})
        entry.keep(known)
    return known


def _settle_some(entry: Entry, adapter: Adapter, day: date, end: int, now: datetime) -> Record:
    """Settle the next movements; close the batch when there is none."""
    batch = _begin(entry, adapter.name, day)
    if batch.state == _CLOSED:
        return batch
    items = entry.find(f"{adapter.name}/item", state=_OPEN, due=end, limit=_AT_ONCE)
    content = dict(batch.content)
    if items:
        content["positions"] = _add(content["positions"], items)
        entry.keep(*(replace(item, state=day.isoformat()) for item in items))
        for item in items:
            _settle_case(entry, adapter, item)
    else:
        content["closed"] = now.isoformat()
    after = replace(batch, state=batch.state if items else _CLOSED, content=content)
    entry.keep(after)
    return after


def _settle_case(entry: Entry, adapter: Adapter, item: Record) -> None:
    if not item.content["case"]:
        return
    case = casefile.load_case(entry, adapter.name, item.content["case"])
    transfers = adapter.transfers(case, Step.SETTLE, item.content["amount"])
    if transfers:
        entry.post(*transfers)
    casefile.keep_case(entry, replace(case, state=advance(case.state, Step.SETTLE)))


def _add(positions: Iterable[Mapping[str, Any]], items: Iterable[Record]) -> list[dict[str, Any]]:
    totals = {(each["payee"], each["unit"]): [each[name] for name in _SUMS] for each in positions}
    for item in items:
        content = item.content
        total = totals.setdefault((content["payee"], content["unit"]), [0, 0, 0])
        total[0] += content["count"]
        total[1] += max(0, content["amount"])
        total[2] += max(0, -content["amount"])
    return [
        {"payee": payee, "unit": unit, **dict(zip(_SUMS, total, strict=True))}
        for (payee, unit), total in sorted(totals.items())
    ]


def _batch(service: str, record: Record, *, replayed: bool) -> Batch:
    return Batch(
        id=f"{service}/{record.key}",
        service=service,
        day=date.fromisoformat(record.key),
        closed=datetime.fromisoformat(record.content["closed"]),
        positions=tuple(Position(**each) for each in record.content["positions"]),
        replayed=replayed,
    )
