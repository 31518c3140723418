"""The option ``--at``: the time for which a question is asked, in either calendar."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.output import note
from smartid.errors import EncodingError

_SOLAR_DAY = re.compile(r"1[34][0-9]{2}[-/][0-9]{1,2}[-/][0-9]{1,2}(?![0-9])")
"""Nobody signed a file in the years 1300 to 1499 of the other calendar."""


def _time(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """Read ISO 8601 or a Solar Hijri day of 1300 to 1499, with or without a time and a zone."""
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(_gregorian(value))
        zoned = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, EncodingError) as error:
        raise WrongUsage(
            f"--at: {value} is no time of ISO 8601 and no Solar Hijri day.",
            remedy="For example: 2026-01-31T09:30:00+03:30, or 1404/11/11",
        ) from error
    if time.tzinfo is None:
        note(f"--at: {value} has no time zone; UTC is taken.")
    return zoned


def _gregorian(text: str) -> str:
    """Give a Solar Hijri day in ISO 8601, and other text in Latin digits. Raises EncodingError."""
    from smartid.identity.dates import from_jalali  # noqa: PLC0415 - for one option only
    from smartid.identity.persian import to_latin_digits  # noqa: PLC0415

    text = to_latin_digits(text)
    found = _SOLAR_DAY.match(text)
    if found is None:
        return text
    day = from_jalali(found[0]).isoformat()
    note(f"--at: {found[0]} is taken as a Solar Hijri day, {day}.")
    return day + text[found.end() :]


at_option = click.option(
    "--at",
    callback=_time,
    metavar="TIME",
    help="Judge for this time (ISO 8601, or a Solar Hijri day); default: now.",
)
"""Gives a command the time as ``at``: aware, None without the option."""
