"""Words and bounds of the stored-value application.

A purse has one slot, which counts rials. A fuel card has a slot for each tier and month, which counts
millilitres. Both are the same application under two names, and docs/reference/purse.md describes it byte by
byte. Whole numbers are unsigned and big-endian; times are seconds since 1 January 1970, 00:00 UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


def check_lines(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines when a card could take them: one to four, each slot once. Raises ValueError."""
    found = tuple(lines)
    if not 1 <= len(found) <= MAX_LINES or len({line.slot for line in found}) != len(found):
        raise ValueError("one to four lines, each of another slot")
    if not all(0 < line.slot <= MAX_SLOTS and 0 < line.amount <= MAX_AMOUNT for line in found):
        raise ValueError("slots from 1 to 16 and amounts from 1")
    return found


def broken(what: str, offset: int, expected: str) -> EncodingError:
    """The error for bytes of this format that are not what they should be."""
    return EncodingError(what, offset=offset, expected=expected, standard=STANDARD)
