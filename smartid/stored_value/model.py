"""What a stored-value application says of itself, and the record of one transaction.

A purse has one slot, which counts rials. A fuel card has a slot for each tier and month, which counts
millilitres. Both are the same application under two names, and docs/reference/purse.md describes it byte by
byte. Whole numbers are unsigned and big-endian; times are seconds since 1 January 1970, 00:00 UTC.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from smartid.errors import EncodingError
from smartid.iso7816.files import AID

STANDARD = "smartid stored value 1"
VERSION = 1
PURSE_AID = AID.parse("F0534D415254494402")
FUEL_AID = AID.parse("F0534D415254494403")

MAX_AMOUNT = (1 << 63) - 1
"""Largest amount and largest balance, in the unit of the slot."""
MAX_COUNTER = (1 << 32) - 1
"""Counters end here; they never start again."""
MAX_LINES = 4
MAX_SLOTS = 16
RING = 6
"""The card keeps this many records."""
MAX_DENIED = 24
"""The card refuses at most this many security modules by name."""
ID_SIZE = 8
MAC_SIZE = 8
RANDOM_SIZE = 16
CHALLENGE_SIZE = 8


class Kind(IntEnum):
    """Which application it is."""

    PURSE = 1
    FUEL = 2

    @property
    def word(self) -> str:
        """Its name in key names: "purse", "fuel"."""
        return self.name.lower()

    @property
    def aid(self) -> AID:
        """Its application identifier."""
        return PURSE_AID if self is Kind.PURSE else FUEL_AID


class Verb(IntEnum):
    """What is done. ADMIN opens the commands of the issuer, which move no value."""

    LOAD = 1
    DEBIT = 2
    RETURN = 3
    UNLOAD = 4
    ADMIN = 5


class Unit(IntEnum):
    """What a slot counts."""

    IRR = 1
    ML = 2


class Blocked(IntEnum):
    """Whether the application moves value."""

    NO = 0
    BY_ISSUER = 1
    BY_WRONG_MACS = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One movement: which slot, and how much of its unit (1 to MAX_AMOUNT)."""

    slot: int
    amount: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A line of a record: what moved, and the balance of the slot after it."""

    slot: int
    amount: int
    balance: int


_RECORD = struct.Struct(">BBBB8sI8sIIIB" + "BQQ" * MAX_LINES + "8s")
RECORD_SIZE = _RECORD.size
"""113 bytes."""
BODY_SIZE = RECORD_SIZE - MAC_SIZE
"""What the TAC is made over: the record without it."""
_LINES_AT = 37
_LINE_SIZE = 17
_KINDS = {int(kind): kind for kind in Kind}
_VERBS = {int(verb): verb for verb in (Verb.LOAD, Verb.DEBIT, Verb.RETURN, Verb.UNLOAD)}
_UNUSED = bytes(_LINE_SIZE * MAX_LINES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One transaction as the card wrote it: what the terminal keeps and the issuer collects.

    ::

        at  size
         0   1   version, 01
         1   1   application: 01 purse, 02 fuel
         2   1   verb: 01 load, 02 debit, 03 return, 04 unload
         3   1   key version
         4   8   card id
        12   4   counter of the card: of loads and unloads for these, of debits and returns for those
        16   8   module id
        24   4   counter of the module
        28   4   time
        32   4   counter of the debit that is returned, 0 for the other verbs
        36   1   number of lines, 1 to 4
        37  17   each of four lines: slot (1), amount (8), balance after (8); zeros where there is none
       105   8   TAC: CMAC under a key that only card and issuer have

    ``lines`` are the movements, ``movements`` the same with the balances after them.
    """

    application: Kind
    verb: Verb
    key_version: int
    card_id: bytes
    counter: int
    module_id: bytes
    module_counter: int
    time: int
    of_counter: int
    movements: tuple[Movement, ...]
    tac: bytes

    @property
    def lines(self) -> tuple[Line, ...]:
        """The movements."""
        return tuple(Line(move.slot, move.amount) for move in self.movements)

    @property
    def total(self) -> int:
        """Sum of the lines."""
        return sum(move.amount for move in self.movements)

    @property
    def when(self) -> datetime:
        """The time of the terminal, in UTC."""
        return datetime.fromtimestamp(self.time, UTC)

    def body(self) -> bytes:
        """Everything but the TAC, 105 bytes."""
        return self.encode()[:BODY_SIZE]

    def encode(self) -> bytes:
        """The 113 bytes."""
        numbers: list[int] = []
        for move in self.movements:
            numbers += (move.slot, move.amount, move.balance)
        numbers += [0] * (3 * MAX_LINES - len(numbers))
        return _RECORD.pack(
            VERSION,
            self.application,
            self.verb,
            self.key_version,
            self.card_id,
            self.counter,
            self.module_id,
            self.module_counter,
            self.time,
            self.of_counter,
            len(self.movements),
            *numbers,
            self.tac,
        )

    @classmethod
    def parse(cls, data: bytes) -> Record:
        """Read a record strictly; whether its TAC is right is another question. Raises EncodingError."""
        if len(data) != RECORD_SIZE:
            raise _broken("record", 0, f"{RECORD_SIZE} bytes")
        fields = _RECORD.unpack(data)
        version, kind, verb, _, _, counter, _, _, _, of_counter, count = fields[:11]
        if version != VERSION or kind not in _KINDS or verb not in _VERBS:
            raise _broken("record", 0, "version, application and verb that are known")
        if not counter or (verb == Verb.RETURN) != bool(of_counter):
            raise _broken("record", 12, "a counter from 1, and that of a debit in returns only")
        if not 1 <= count <= MAX_LINES or any(data[_LINES_AT + _LINE_SIZE * count : BODY_SIZE]):
            raise _broken("record", 36, "one to four lines and zeros after them")
        return cls(
            application=_KINDS[kind],
            verb=_VERBS[verb],
            key_version=fields[3],
            card_id=fields[4],
            counter=counter,
            module_id=fields[6],
            module_counter=fields[7],
            time=fields[8],
            of_counter=of_counter,
            movements=_movements(fields, count),
            tac=fields[-1],
        )


def _movements(fields: Sequence[int], count: int) -> tuple[Movement, ...]:
    found = tuple(
        Movement(slot=fields[at], amount=fields[at + 1], balance=fields[at + 2])
        for at in range(11, 11 + 3 * count, 3)
    )
    if count > 1 and len({move.slot for move in found}) != count:
        raise _broken("record", _LINES_AT, "each slot once")
    for move in found:
        if not (0 < move.slot <= MAX_SLOTS and 0 < move.amount <= MAX_AMOUNT and move.balance <= MAX_AMOUNT):
            raise _broken("record", _LINES_AT, "slots from 1 to 16 and amounts from 1")
    return found


def check_lines(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines when a card could take them: one to four, each slot once. Raises ValueError."""
    found = tuple(lines)
    if not 1 <= len(found) <= MAX_LINES or len({line.slot for line in found}) != len(found):
        raise ValueError("one to four lines, each of another slot")
    if not all(0 < line.slot <= MAX_SLOTS and 0 < line.amount <= MAX_AMOUNT for line in found):
        raise ValueError("slots from 1 to 16 and amounts from 1")
    return found


def _broken(what: str, offset: int, expected: str) -> EncodingError:
    return EncodingError(what, offset=offset, expected=expected, standard=STANDARD)
