"""The end of a day: what is settled, and whether book and device agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from smartid.services.atm.adapter import QUEUE
from smartid.services.atm.machine import CashMachine
from smartid.services.atm.suspense import SuspenseItem, items
from smartid.services.spine.outbox import Stuck
from smartid.services.spine.settlement import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the end of a day showed.

    batch     everything that was completed, by payee
    booked    notes in the machine by the book, in rials
    cassettes notes in the cassettes by the device; what was retracted or stands in suspense is not in them
    suspense  what nobody knows yet
    stuck     reversals that the switch did not answer
    """

    batch: Batch
    booked: int
    cassettes: int
    suspense: tuple[SuspenseItem, ...]
    stuck: tuple[Stuck, ...]

    @property
    def clear(self) -> bool:
        """Whether nothing needs anybody's attention."""
        return not self.suspense and not self.stuck and self.booked == self.cassettes


def end_of_day(machine: CashMachine, day: date) -> Day:
    """Close a day of Iran's time. Twice is once."""
    boxes = machine.dispenser.cassettes()
    return Day(
        batch=machine.desk.settle(day),
        booked=machine.book.balance(machine.adapter.ledger.cash).posted,
        cassettes=sum(box.denomination * box.count for box in boxes),
        suspense=tuple(items(machine)),
        stuck=tuple(machine.outbox.exceptions(QUEUE, machine.clock())),
    )
