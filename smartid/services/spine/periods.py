"""Days and months in which something is counted: of Iran's calendar and time, unless said otherwise."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum

from smartid.identity.dates import to_jalali

IRAN = timezone(timedelta(hours=3, minutes=30), "Iran")
"""Iran's time all year round, since summer time was given up in 2022."""


class Period(StrEnum):
    """Calendar periods, in the zone that is asked for."""

    DAY = "day"
    MONTH = "month"
    """Of the Solar Hijri calendar."""
    EVER = "ever"


def day_of(moment: datetime, zone: timezone = IRAN) -> date:
    """Give the day on which a moment falls."""
    return moment.astimezone(zone).date()


def begin_of_day(day: date, zone: timezone = IRAN) -> datetime:
    """Give the first moment of a day."""
    return datetime.combine(day, time(), zone)


def begin_of(period: Period, moment: datetime, zone: timezone = IRAN) -> datetime:
    """Give the first moment of the period in which a moment falls; of EVER, that of its day."""
    day = day_of(moment, zone)
    if period is Period.MONTH:
        day -= timedelta(days=int(to_jalali(day).rpartition("/")[2]) - 1)
    return begin_of_day(day, zone)


def end_of(period: Period, moment: datetime, zone: timezone = IRAN) -> datetime | None:
    """Give the first moment after the period in which a moment falls; None for EVER."""
    if period is Period.EVER:
        return None
    begin = begin_of(period, moment, zone)
    if period is Period.DAY:
        return begin + timedelta(days=1)
    return begin_of(period, begin + timedelta(days=31), zone)
