"""Months of a quota, as whole numbers.

A period is year * 12 + month - 1 of the calendar that the policy names. Iran's quota follows Solar Hijri
months: its budget, and so the changes tied to it, begins on 1 Farvardin.
The month turns at midnight of the policy's time zone, not at midnight UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from smartid.errors import EncodingError

SOLAR_HIJRI = "solar hijri"
GREGORIAN = "gregorian"
_MONTHS = 12


def local_day(when: datetime, zone: str) -> date:
    """Give the day that the clock on the wall shows in ``zone``. ``when`` is aware."""
    return when.astimezone(_zone(zone)).date()


@lru_cache(maxsize=4096)
def period_of(day: date, calendar: str) -> int:
    """Give the period of a day. Raises EncodingError for a calendar that is not known."""
    if calendar == GREGORIAN:
        return day.year * _MONTHS + day.month - 1
    if calendar != SOLAR_HIJRI:
        raise EncodingError("calendar", offset=0, expected=f"{SOLAR_HIJRI} or {GREGORIAN}")
    from smartid.identity.dates import to_jalali  # noqa: PLC0415

    year, month, _ = map(int, to_jalali(day).split("/"))
    return year * _MONTHS + month - 1


def first_day(period: int, calendar: str) -> date:
    """Give the Gregorian date on which a period begins. Raises EncodingError as ``period_of`` does."""
    year, month = divmod(period, _MONTHS)
    if calendar == GREGORIAN:
        return date(year, month + 1, 1)
    from smartid.identity.dates import from_jalali  # noqa: PLC0415

    return from_jalali(f"{year:04d}/{month + 1:02d}/01")


def start_of(period: int, calendar: str, zone: str) -> datetime:
    """Give the moment at which a period begins, in ``zone``."""
    day = first_day(period, calendar)
    return datetime(day.year, day.month, day.day, tzinfo=_zone(zone))


def label(period: int) -> str:
    """Write a period: 1404-09."""
    year, month = divmod(period, _MONTHS)
    return f"{year:04d}-{month + 1:02d}"


def parse_label(text: str) -> int:
    """Read what ``label`` writes. Raises EncodingError."""
    year, dash, month = text.partition("-")
    digits = text.isascii() and year.isdigit() and month.isdigit()
    if not digits or dash != "-" or (len(year), len(month)) != (4, 2) or not 1 <= int(month) <= _MONTHS:
        raise EncodingError("period", offset=0, expected="YYYY-MM")
    return int(year) * _MONTHS + int(month) - 1


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
