"""The seam to what holds and moves the notes. The words are those of XFS4IoT (CEN CWA 17852:2022).

A device counts its notes itself and remembers, through a power cut, what became of each bunch. It is asked
by the identifier of the case, so that asking after a restart is the same as asking at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

Notes = Mapping[int, int]
"""How many notes of each denomination, in rials."""


class PresentState(StrEnum):
    """Had the customer access to the notes? (CashDispenser.GetPresentStatus)."""

    PRESENTED = "presented"
    NOT_PRESENTED = "notPresented"
    UNKNOWN = "unknown"


class CashInState(StrEnum):
    """What became of notes that were put in (CashAcceptor.GetCashInStatus)."""

    ACTIVE = "active"
    """They wait in the escrow."""
    OK = "ok"
    """They are in the cassettes."""
    ROLLBACK = "rollback"
    """The customer has them back."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentStatus:
    """What the device says about one bunch.

    notes      what was to be paid out
    returned   came back from the customer: not taken in time, retracted
    remaining  never left the device
    """

    state: PresentState
    notes: Notes = field(default_factory=dict)
    returned: Notes = field(default_factory=dict)
    remaining: Notes = field(default_factory=dict)

    @property
    def moved(self) -> int | None:
        """What the customer has, in rials; None when nobody knows."""
        if self.state is PresentState.UNKNOWN:
            return None
        if self.state is PresentState.NOT_PRESENTED:
            return 0
        return value(self.notes) - value(self.returned) - value(self.remaining)


@dataclass(frozen=True, slots=True, kw_only=True)
class CashInStatus:
    """What the device says about notes that were put in."""

    state: CashInState
    notes: Notes = field(default_factory=dict)

    @property
    def moved(self) -> int | None:
        """What the machine has, in rials; None when nobody knows."""
        known = {CashInState.OK: value(self.notes), CashInState.ROLLBACK: 0}
        return known.get(self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """A box of notes of one kind.

    count    notes in it, as the device counts
    minimum  notes that stay in it: the last ones are not picked well
    """

    name: str
    denomination: int
    count: int
    minimum: int = 0

    @property
    def ready(self) -> int:
        """Notes that can be paid out."""
        return max(0, self.count - self.minimum)


class Dispenser(Protocol):
    """A device that pays notes out and takes notes in."""

    def cassettes(self) -> Sequence[Cassette]:
        """Say what is in it."""
        ...

    def dispense(self, id_: str, notes: Notes) -> PresentStatus:
        """Pick notes, present them, and take back what is left lying (Dispense, Present, Retract).

        id_  of the case. A second call of the same case pays nothing and gives the status
        """
        ...

    def present_status(self, id_: str) -> PresentStatus:
        """Say what became of a bunch. One that the device never heard of was not presented."""
        ...

    def accept(self, id_: str, notes: Notes) -> CashInStatus:
        """Take notes of the customer into the escrow and count them (CashInStart, CashIn)."""
        ...

    def store(self, id_: str) -> CashInStatus:
        """Put the escrow into the cassettes (CashInEnd)."""
        ...

    def give_back(self, id_: str) -> CashInStatus:
        """Give the escrow back to the customer (CashInRollback)."""
        ...

    def escrows(self) -> Sequence[str]:
        """Name the notes that wait in the escrow."""
        ...

    def cash_in_status(self, id_: str) -> CashInStatus:
        """Say what became of notes that were put in. What the device never heard of was given back."""
        ...


def value(notes: Notes) -> int:
    """Add up, in rials."""
    return sum(denomination * count for denomination, count in notes.items())


def mix(amount: int, cassettes: Sequence[Cassette], *, most_notes: int) -> dict[int, int] | None:
    """Choose the fewest notes that make an amount; None when it cannot be made of ``most_notes`` at most.

    Exact: denomination by denomination, all amounts that can be made are kept with their fewest notes.
    """
    stock: dict[int, int] = {}
    for box in cassettes:
        stock[box.denomination] = stock.get(box.denomination, 0) + box.ready
    reached: dict[int, dict[int, int]] = {0: {}}
    for denomination in sorted(stock, reverse=True):
        reached = _with_notes(reached, denomination, stock[denomination], amount, most_notes)
    return reached.get(amount) if amount > 0 else None


def _with_notes(
    reached: Mapping[int, dict[int, int]], denomination: int, stock: int, amount: int, most_notes: int
) -> dict[int, dict[int, int]]:
    found = dict(reached)
    for base, notes in reached.items():
        used = sum(notes.values())
        most = min(stock, most_notes - used, (amount - base) // denomination)
        for count in range(1, most + 1):
            total = base + count * denomination
            if total not in found or sum(found[total].values()) > used + count:
                found[total] = {**notes, denomination: count}
    return found
