"""Limits and velocity rules, as dated data (``policies``). What is counted stands in the same book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import Any

from smartid.errors import Refused
from smartid.services.ledger.book import Entry, Record
from smartid.services.reasons import Reason
from smartid.services.spine.periods import IRAN, Period, begin_of, end_of
from smartid.services.spine.values import Assurance

__all__ = ["IRAN", "Limit", "Period", "Place", "Rule", "applying", "check", "give_back", "went_online"]

KIND = "use"
"""Kind of the records that count: sum, uses, time and place of the last one."""
_EARTH = 6371.0
"""Mean radius in kilometres (IUGG)."""


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


_OFFLINE = {Rule.OFFLINE_SUM, Rule.OFFLINE_COUNT}
_COUNTS = {Rule.COUNT, Rule.OFFLINE_COUNT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One rule.

    maximum    in the unit of the service; a number of uses, seconds, or km/h, as ``rule`` says
    verbs      to which verbs it applies; empty for all
    assurance  applies to holders known in this way only; None for all
    stale      applies only while the denylist is older than it may be
    source     where it comes from
    """

    name: str
    rule: Rule
    maximum: int
    period: Period = Period.DAY
    verbs: tuple[str, ...] = ()
    assurance: Assurance | None = None
    stale: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a terminal stands, in millionths of a degree (WGS 84)."""

    latitude: int
    longitude: int


@dataclass(frozen=True, slots=True)
class _Here:
    """When and where a card is used."""

    now: datetime
    place: Place | None
    zone: timezone


@dataclass(frozen=True, slots=True)
class _Use:
    """What was used under one limit: its record, read or new."""

    key: str
    total: int = 0
    count: int = 0
    last: int = 0
    place: Place | None = None


def applying(
    limits: Sequence[Limit], *, verb: str, assurance: Assurance, stale: bool = False
) -> tuple[Limit, ...]:
    """Pick the limits that apply to a transaction."""
    return tuple(
        limit
        for limit in limits
        if (not limit.verbs or verb in limit.verbs)
        and limit.assurance in {None, assurance}
        and (stale or not limit.stale)
    )


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

    limits     those that apply (``applying``)
    usage_key  whose use is counted: "purchase/7f3a…"
    offline    the transaction was made without an online check: it counts against the offline limits

    Raises Refused: limit_exceeded, cool_down, offline_limit (limit, remaining, resets_at).
    """
    counted = [limit for limit in limits if offline or limit.rule not in _OFFLINE]
    uses = _load(entry, counted, usage_key, now, zone)
    here = _Here(now, place, zone)
    for limit in counted:
        _require(limit, uses[limit.name], amount, here)
    kept = [limit for limit in counted if record and limit.rule is not Rule.PER_TRANSACTION]
    if kept:
        entry.keep(*(_after(limit, uses[limit.name], amount, here) for limit in kept))


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
    counted = [limit for limit in limits if limit.rule in {Rule.SUM, Rule.COUNT}]
    for limit, use in zip(counted, _load(entry, counted, usage_key, then, zone).values(), strict=True):
        if use.count:
            total, count = max(0, use.total - amount), use.count - whole
            entry.keep(_record(limit, _Use(use.key, total, count, use.last, use.place), then, zone))


def went_online(entry: Entry, limits: Sequence[Limit], usage_key: str) -> None:
    """Begin the offline limits anew."""
    for limit in limits:
        if limit.rule in _OFFLINE:
            entry.forget(KIND, f"{usage_key}/{limit.name}/ever")


def _load(
    entry: Entry, limits: Sequence[Limit], usage_key: str, now: datetime, zone: timezone
) -> dict[str, _Use]:
    keys = {limit.name: f"{usage_key}/{limit.name}/{_window(limit, now, zone)}" for limit in limits}
    found = entry.load_many(KIND, list(keys.values())) if keys else {}
    return {name: _read(key, found.get(key)) for name, key in keys.items()}


def _window(limit: Limit, now: datetime, zone: timezone) -> str:
    if limit.rule in {Rule.SUM, Rule.COUNT} and limit.period is not Period.EVER:
        return begin_of(limit.period, now, zone).date().isoformat()
    return "ever"


def _read(key: str, record: Record | None) -> _Use:
    if record is None:
        return _Use(key)
    content = record.content
    place = content["place"]
    where = Place(latitude=place[0], longitude=place[1]) if place else None
    return _Use(key, content["sum"], content["count"], content["last"], where)


def _after(limit: Limit, use: _Use, amount: int, here: _Here) -> Record:
    last = max(use.last, int(here.now.timestamp()))
    after = _Use(use.key, use.total + amount, use.count + 1, last, here.place or use.place)
    return _record(limit, after, here.now, here.zone)


def _record(limit: Limit, use: _Use, now: datetime, zone: timezone) -> Record:
    content: dict[str, Any] = {"sum": use.total, "count": use.count, "last": use.last, "place": None}
    if use.place:
        content["place"] = [use.place.latitude, use.place.longitude]
    end = None if use.key.endswith("/ever") else end_of(limit.period, now, zone)
    return Record(kind=KIND, key=use.key, due=int(end.timestamp()) if end else 0, content=content)


def _require(limit: Limit, use: _Use, amount: int, here: _Here) -> None:
    if limit.rule in {Rule.COOL_DOWN, Rule.TRAVEL}:
        _require_rest(limit, use, here.now, here.place)
        return
    used = use.count if limit.rule in _COUNTS else use.total
    used = 0 if limit.rule is Rule.PER_TRANSACTION else used
    wanted = 1 if limit.rule in _COUNTS else amount
    if used + wanted > limit.maximum:
        calendar = limit.rule in {Rule.SUM, Rule.COUNT}
        raise Refused(
            f"The limit {limit.name} allows {limit.maximum} ({limit.rule}); {used} are used.",
            reason=Reason.OFFLINE_LIMIT if limit.rule in _OFFLINE else Reason.LIMIT_EXCEEDED,
            limit=limit.name,
            remaining=max(0, limit.maximum - used),
            resets_at=end_of(limit.period, here.now, here.zone) if calendar else None,
        )


def _require_rest(limit: Limit, use: _Use, now: datetime, place: Place | None) -> None:
    """Between two uses there is time enough, also to get from one place to the other."""
    if not use.last:
        return
    seconds = limit.maximum
    if limit.rule is Rule.TRAVEL:
        if place is None or use.place is None or place == use.place:
            return
        seconds = int(distance(use.place, place) * 3600 / limit.maximum)
    opens = datetime.fromtimestamp(use.last, now.tzinfo) + timedelta(seconds=seconds)
    if now < opens:
        raise Refused(
            f"The card was used a short time ago; the limit {limit.name} wants it to rest.",
            reason=Reason.COOL_DOWN,
            limit=limit.name,
            resets_at=opens,
        )


def distance(one: Place, other: Place) -> float:
    """Give the kilometres between two places, over the sphere (haversine)."""
    north, east = radians(one.latitude / 1e6), radians(one.longitude / 1e6)
    far_north, far_east = radians(other.latitude / 1e6), radians(other.longitude / 1e6)
    half = sin((far_north - north) / 2) ** 2 + cos(north) * cos(far_north) * sin((far_east - east) / 2) ** 2
    return 2 * _EARTH * asin(sqrt(min(1.0, half)))
