"""Who is owed what at the end of a day: every completed case stands in exactly one batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What one payee is owed from one batch. ``net`` = ``gross`` - ``returned``."""

    payee: str
    unit: str
    count: int
    gross: int
    returned: int

    @property
    def net(self) -> int:
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
    """One movement of a batch.

    id      case and what happened: "7f3a…/complete", "7f3a…/refund/1"
    amount  what the payee is owed; below zero for what went back
    batch   empty while it waits
    """

    id: str
    case: str
    payee: str
    unit: str
    amount: int
    time: datetime
    batch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A line of what the bank or the scheme says it paid."""

    reference: str
    amount: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Something on one side only, or with another amount. ``age`` counts from the closing of the batch."""

    reference: str
    expected: int | None
    found: int | None
    unit: str
    age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Outcome of a comparison."""

    matched: tuple[Position, ...]
    exceptions: tuple[Unmatched, ...]


def reconcile(batch: Batch, lines: Iterable[StatementLine], now: datetime) -> Reconciliation:
    """Compare a batch with a statement. A line's reference is ``BATCH/PAYEE``."""
