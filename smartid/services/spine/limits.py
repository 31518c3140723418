"""Limits and velocity rules, as dated data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum

from smartid.services.ledger.book import Entry
from smartid.services.spine.values import Assurance

IRAN = timezone(timedelta(hours=3, minutes=30), "Iran")
"""Iran's time all year round, since the summer time was given up in 2022."""


class Rule(StrEnum):
    """What a limit limits."""

    PER_TRANSACTION = "per transaction"
    SUM = "sum"
    """Amounts of a period."""
    COUNT = "count"
    """Transactions of a period."""
    COOL_DOWN = "cool-down"
    """Seconds between two uses."""
    TRAVEL = "travel"
    """Kilometres an hour between two places."""
    OFFLINE_SUM = "offline sum"
    """Amounts since the last online visit."""
    OFFLINE_COUNT = "offline count"


class Period(StrEnum):
    """Calendar periods, in the zone that is asked for."""

    DAY = "day"
    MONTH = "month"
    """Of the Solar Hijri calendar."""
    EVER = "ever"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One rule.

    maximum    in the unit of the service; a number of uses, seconds, or km/h, as ``rule`` says
    verbs      to which verbs it applies; empty for all
    assurance  applies to holders known in this way only; None for all
    source     where it comes from
    """

    name: str
    rule: Rule
    maximum: int
    period: Period = Period.DAY
    verbs: tuple[str, ...] = ()
    assurance: Assurance | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a terminal stands, in millionths of a degree (WGS 84)."""

    latitude: int
    longitude: int


def check(
    entry: Entry,
    limits: Sequence[Limit],
    usage_key: str,
    amount: int,
    now: datetime,
    *,
    place: Place | None = None,
    record: bool = True,
    offline: bool = False,
    zone: timezone = IRAN,
) -> None:
    """Check all limits, then record the use of each in the same entry.

    usage_key  whose use is counted: "purchase/7f3a…"

    Raises Refused: limit_exceeded, cool_down, offline_limit (limit, remaining, resets_at).
    """


def give_back(
    entry: Entry,
    limits: Sequence[Limit],
    usage_key: str,
    amount: int,
    then: datetime,
    *,
    whole: bool,
    zone: timezone = IRAN,
) -> None:
    """Take back a use of the time ``then``: all of it (the count too), or a part that was not drawn."""


def went_online(entry: Entry, limits: Sequence[Limit], usage_key: str) -> None:
    """Begin the offline limits anew."""
