"""A batch beside what the bank or the scheme says it paid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartid.services.spine.settlement import Batch, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A line of a statement. ``reference``: BATCH/PAYEE, as "purchase/2026-11-23/shop-7"."""

    reference: str
    amount: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Something that stands on one side only, or with another amount.

    expected  net of the batch, None when the batch has no such payee
    found     sum of the lines, None when there is none
    age       since the batch was closed
    """

    reference: str
    unit: str
    expected: int | None
    found: int | None
    age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Outcome of a comparison."""

    matched: tuple[Position, ...]
    exceptions: tuple[Unmatched, ...]


def reconcile(batch: Batch, lines: Iterable[StatementLine], now: datetime) -> Reconciliation:
    """Compare the net positions of a batch with a statement; several lines of one reference are added up."""
    found: dict[tuple[str, str], int] = {}
    for line in lines:
        place = line.reference, line.unit
        found[place] = found.get(place, 0) + line.amount
    expected = {(f"{batch.id}/{each.payee}", each.unit): each for each in batch.positions if each.net}
    matched = tuple(each for place, each in expected.items() if found.get(place) == each.net)
    exceptions = tuple(
        Unmatched(
            reference=place[0],
            unit=place[1],
            expected=expected[place].net if place in expected else None,
            found=found.get(place),
            age=now - batch.closed,
        )
        for place in sorted(expected.keys() | found.keys())
        if place not in expected or found.get(place) != expected[place].net
    )
    return Reconciliation(matched=matched, exceptions=exceptions)
