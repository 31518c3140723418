"""Shapes of the machine readable zones, and their check digit (ICAO Doc 9303-3 to -7, 8th edition, 2021)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from smartid.errors import EncodingError

STANDARD = "ICAO Doc 9303-3, 8th edition, 4.9"
CHARACTERS = re.compile(r"[0-9A-Z<]*")
_WEIGHTS = (7, 3, 1)


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where each field lies, as offsets into the lines written one after the other."""

    width: int
    lines: int
    names: slice
    number: slice
    nationality: slice
    birth: slice
    sex: int
    expiry: slice
    optional: slice
    optional_2: slice = field(default_factory=lambda: slice(0, 0))
    optional_digit: int | None = None
    composite: tuple[slice, ...] = ()
    composite_digit: int | None = None

    @property
    def length(self) -> int:
        """Characters in all lines together."""
        return self.width * self.lines


def _two_lines(width: int, optional_end: int, composite: int | None, digit: int | None) -> FieldMap:
    w = width
    return FieldMap(
        width=w,
        lines=2,
        names=slice(5, w),
        number=slice(w, w + 9),
        nationality=slice(w + 10, w + 13),
        birth=slice(w + 13, w + 19),
        sex=w + 20,
        expiry=slice(w + 21, w + 27),
        optional=slice(w + 28, w + optional_end),
        optional_digit=digit,
        composite=(slice(w, w + 10), slice(w + 13, w + 20), slice(w + 21, 2 * w - 1)) if composite else (),
        composite_digit=composite,
    )


class Layout(Enum):
    """One of the five shapes of a machine readable zone."""

    TD1 = FieldMap(
        width=30,
        lines=3,
        number=slice(5, 14),
        optional=slice(15, 30),
        birth=slice(30, 36),
        sex=37,
        expiry=slice(38, 44),
        nationality=slice(45, 48),
        optional_2=slice(48, 59),
        names=slice(60, 90),
        composite=(slice(5, 30), slice(30, 37), slice(38, 45), slice(48, 59)),
        composite_digit=59,
    )
    TD2 = _two_lines(36, optional_end=35, composite=71, digit=None)
    TD3 = _two_lines(44, optional_end=42, composite=87, digit=86)
    MRV_A = _two_lines(44, optional_end=44, composite=None, digit=None)
    MRV_B = _two_lines(36, optional_end=36, composite=None, digit=None)

    @property
    def takes_long_numbers(self) -> bool:
        """Tell whether a document number may run on into the optional data."""
        return self in {Layout.TD1, Layout.TD2}


def check_digit(text: str) -> str:
    """Compute the check digit over digits, letters (A is 10) and fillers (0): weights 7, 3, 1, modulo 10.

    Raises EncodingError for another character.
    """
    if not CHARACTERS.fullmatch(text):
        raise EncodingError("MRZ", offset=0, expected="characters 0-9, A-Z and <", standard=STANDARD)
    values = (0 if char == "<" else int(char, 36) for char in text)
    return str(sum(value * _WEIGHTS[index % 3] for index, value in enumerate(values)) % 10)


def broken(offset: int, expected: str) -> EncodingError:
    """Make the error for a zone that stops making sense at ``offset``."""
    return EncodingError("MRZ", offset=offset, expected=expected, standard=STANDARD)
