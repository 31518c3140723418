"""Dates as cards write them: Gregorian, partly unknown, packed, and Solar Hijri for people.

A card date is Gregorian. The Solar Hijri (Jalali) form is made for the eye and read from what people type.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from smartid.errors import EncodingError
from smartid.identity.persian import to_latin_digits, to_persian_digits

_ICAO = "ICAO Doc 9303-3, 8th edition, 4.8"
_YYMMDD = re.compile(r"[0-9]{2}(?:[0-9]{2}|<<)(?:[0-9]{2}|<<)")
_YYYYMMDD = re.compile(r"[0-9]{4}(?:[0-9]{2}|<<)(?:[0-9]{2}|<<)")
_JALALI = re.compile(r"([0-9]{4})[/-]([0-9]{1,2})[/-]([0-9]{1,2})")
_JALALI_MONTHS = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A Gregorian date whose month or day may be unknown, as ICAO Doc 9303-3 allows for a birth.

    A day without a month does not exist. Raises ValueError for a date that no calendar has.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("a day needs a month")
        date(self.year, self.month or 1, self.day or 1)

    @classmethod
    def of(cls, day: date) -> PartialDate:
        """Take every part of a full date."""
        return cls(day.year, day.month, day.day)

    @property
    def full(self) -> date | None:
        """The date when every part is known, else None."""
        if self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    @property
    def earliest(self) -> date:
        """The first day that this date can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    def isoformat(self) -> str:
        """ISO 8601-1:2019 calendar date of full or reduced precision: 1990-03-21, 1990-03 or 1990."""
        parts = (f"{self.year:04d}", f"{self.month or 0:02d}", f"{self.day or 0:02d}")
        known = 1 + (self.month is not None) + (self.day is not None)
        return "-".join(parts[:known])

    def __str__(self) -> str:
        return self.isoformat()


def parse_yyyymmdd(text: str) -> PartialDate:
    """Read eight digits; ``<<`` or ``00`` stands for an unknown month or day.

    Raises EncodingError for anything else, and for a date that no calendar has.
    """
    text = to_latin_digits(text)
    if not _YYYYMMDD.fullmatch(text):
        raise EncodingError("date", offset=0, expected="YYYYMMDD", standard=_ICAO)
    return _from_parts(int(text[:4]), text[4:6], text[6:8])


def parse_birth_yymmdd(text: str, *, today: date) -> PartialDate:
    """Read a birth date of six characters: the latest century in which it is not after ``today``.

    Raises EncodingError.
    """
    year, month, day = _split_yymmdd(text)
    century = today.year - today.year % 100
    if (born := _in_century(century, year, month, day)) and born.earliest <= today:
        return born
    return _from_parts(century - 100 + year, month, day)


def parse_expiry_yymmdd(text: str, *, today: date, future: int = 50) -> PartialDate:
    """Read an expiry date of six characters, in the hundred years that end ``future`` years after ``today``.

    Raises EncodingError.
    """
    year, month, day = _split_yymmdd(text)
    last = today.year + future
    return _from_parts(last - (last - year) % 100, month, day)


def parse_bcd(data: bytes) -> PartialDate:
    """Read four bytes of packed digits, YY YY MM DD, as some LDS objects hold them. Raises EncodingError."""
    if len(data) != 4:
        raise EncodingError("BCD date", offset=len(data), expected="4 bytes", standard="ICAO Doc 9303-10")
    return parse_yyyymmdd(data.hex())


def format_yymmdd(value: PartialDate | date | None) -> str:
    """Write six characters for a machine readable zone, ``<<`` for each unknown part."""
    if value is None:
        return "<" * 6
    return f"{value.year % 100:02d}{_two(value.month)}{_two(value.day)}"


def format_yyyymmdd(value: PartialDate | date) -> str:
    """Write eight digits, ``00`` for each unknown part."""
    return f"{value.year:04d}{value.month or 0:02d}{value.day or 0:02d}"


def to_jalali(day: date) -> str:
    """Write a date in the Solar Hijri calendar: ``1404/01/01``, Latin digits.

    Raises EncodingError for a day that the calendar does not reach: before 622-03-22,
    or the last days of 9999.
    """
    return "{:04d}/{:02d}/{:02d}".format(*_jalali_parts(day))


def to_jalali_long(day: date) -> str:
    """Write a date as a Persian reader expects it: ``۱ فروردین ۱۴۰۴``. Raises EncodingError as above."""
    year, month, number = _jalali_parts(day)
    return to_persian_digits(f"{number} {_JALALI_MONTHS[month - 1]} {year}")


def from_jalali(text: str) -> date:
    """Read ``1404/01/01`` or ``1404-1-1``, in Latin, Persian or Arabic digits.

    Raises EncodingError for another form or a day that the Solar Hijri year does not have.
    """
    from persiantools.jdatetime import JalaliDate  # noqa: PLC0415

    found = _JALALI.fullmatch(to_latin_digits(text))
    if not found:
        raise EncodingError("Solar Hijri date", offset=0, expected="YYYY/MM/DD")
    year, month, day = map(int, found.groups())
    if not JalaliDate.check_date(year, month, day):
        raise EncodingError("Solar Hijri date", offset=0, expected="a day of the Solar Hijri calendar")
    jalali = JalaliDate(year, month, day)  # type: ignore[no-untyped-call]
    return jalali.to_gregorian()


def _jalali_parts(day: date) -> tuple[int, int, int]:
    from persiantools.jdatetime import JalaliDate  # noqa: PLC0415

    try:
        jalali = JalaliDate(day)  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise EncodingError("Solar Hijri date", offset=0, expected="a day from 622-03-22 to 9999") from error
    return jalali.year, jalali.month, jalali.day


def _split_yymmdd(text: str) -> tuple[int, str, str]:
    text = to_latin_digits(text)
    if not _YYMMDD.fullmatch(text):
        raise EncodingError("date", offset=0, expected="YYMMDD", standard=_ICAO)
    return int(text[:2]), text[2:4], text[4:6]


def _in_century(century: int, year: int, month: str, day: str) -> PartialDate | None:
    """Find the date in this century; 29 February may exist only in the other one."""
    try:
        return _from_parts(century + year, month, day)
    except EncodingError:
        return None


def _from_parts(year: int, month: str, day: str) -> PartialDate:
    known_month = None if month in {"<<", "00"} else int(month)
    known_day = None if day in {"<<", "00"} or known_month is None else int(day)
    try:
        return PartialDate(year, known_month, known_day)
    except ValueError as error:
        raise EncodingError("date", offset=0, expected="a calendar date", standard=_ICAO) from error


def _two(part: int | None) -> str:
    return "<<" if part is None else f"{part:02d}"
