"""What a stored-value application says of itself; all its values can be had from here.

A purse has one slot, which counts rials. A fuel card has a slot for each tier and month, which counts
millilitres. Both are the same application under two names.
"""

from __future__ import annotations

from dataclasses import dataclass

from smartid.stored_value.record import BODY_SIZE, RECORD_SIZE, Movement, Record
from smartid.stored_value.terms import (
    CHALLENGE_SIZE,
    FUEL_AID,
    ID_SIZE,
    MAC_SIZE,
    MAX_AMOUNT,
    MAX_COUNTER,
    MAX_DENIED,
    MAX_LINES,
    MAX_SLOTS,
    PURSE_AID,
    RANDOM_SIZE,
    RING,
    STANDARD,
    VERSION,
    Blocked,
    Kind,
    Line,
    Unit,
    Verb,
    broken,
    check_lines,
)

__all__ = [
    "BODY_SIZE",
    "CHALLENGE_SIZE",
    "FUEL_AID",
    "ID_SIZE",
    "MAC_SIZE",
    "MAX_AMOUNT",
    "MAX_COUNTER",
    "MAX_DENIED",
    "MAX_LINES",
    "MAX_SLOTS",
    "PURSE_AID",
    "RANDOM_SIZE",
    "RECORD_SIZE",
    "RING",
    "STANDARD",
    "VERSION",
    "Blocked",
    "CardState",
    "Kind",
    "Line",
    "Movement",
    "OfflineLimits",
    "Record",
    "Slot",
    "Unit",
    "Verb",
    "broken",
    "check_lines",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A counter of value.

    number   1 to 16
    label    printable ASCII, at most 12 characters: tier and month of a fuel quota; empty for a free slot
    maximum  the balance never gets larger, 0 for a slot that is not in use
    expires  from this second on nothing is debited or loaded any more; 0 for never
    """

    number: int
    unit: Unit
    label: str
    balance: int
    maximum: int
    expires: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineLimits:
    """What the card pays between two uploads, whatever the terminal says. Zero allows nothing.

    count      debits
    total      sum of what they took and was not returned
    per_debit  sum of the lines of one debit
    """

    count: int
    total: int
    per_debit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardState:
    """What the card tells anybody who asks (GET STATE).

    card_id           8 bytes, drawn at random when the card was made; another one in each application
    counter           number of the last debit or return, 0 before the first
    load_counter      number of the last load or unload
    used_count        debits since the last upload
    used_total        what they took
    denylist_version  of the list of refused modules on the card, 0 for none
    """

    card_id: bytes
    application: Kind
    key_version: int
    counter: int
    load_counter: int
    slots: tuple[Slot, ...]
    limits: OfflineLimits
    blocked: Blocked = Blocked.NO
    used_count: int = 0
    used_total: int = 0
    denylist_version: int = 0

    def slot(self, number: int) -> Slot | None:
        """The slot of this number, None when the card has none."""
        return next((slot for slot in self.slots if slot.number == number), None)
