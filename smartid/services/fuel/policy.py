"""The rules of a fuel quota as dated data: tiers, prices, storage, who has one, where it is kept."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from smartid.errors import EncodingError, Refused
from smartid.services.fuel.periods import GREGORIAN, SOLAR_HIJRI, first_day, local_day, period_of
from smartid.services.reasons import Reason

BUILT_IN = "fuel-ir"
_MAX_FILE = 1 << 18


class Lives(StrEnum):
    """Where the quota is kept."""

    CARD = "card"
    """The chip of the fuel card has it; the account mirrors it."""
    ACCOUNT = "account"
    BOTH = "both"
    """The account is the record; the chip holds a part of it for pumps without a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A tier of the quota.

    price           rials a litre
    storage_months  in how many months, its own among them, what is left of a month may be drawn; 1: it lapses
    """

    name: str
    price: int
    storage_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A point on which the sources differ, and the value that is used."""

    about: str
    values: tuple[int | str, ...]
    used: int | str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The rules from one day on.

    open_price     rials a litre beyond all tiers; 0 when the card gives nothing beyond them
    station_price  rials a litre with the station's own card; also what the pump shows before any subsidy
    monthly        millilitres of each tier a month, by kind of vehicle
    bi_fuel        the same for cars that burn gas as well
    excluded       uses of a vehicle that have no quota; ``excepted`` are never excluded
    ride_hailing   millilitres of verified mileage by class, for which the price difference is paid
    """

    name: str
    since: date
    tiers: tuple[Tier, ...]
    open_price: int
    station_price: int
    monthly: Mapping[str, tuple[int, ...]]
    bi_fuel: tuple[int, ...]
    lives: Lives
    excluded: frozenset[str]
    excepted: frozenset[str]
    one_car_per_owner: bool
    ride_hailing: tuple[int, ...]
    ride_hailing_tier: str
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    date_note: str
    disagreements: tuple[Disagreement, ...]

    @property
    def label(self) -> str:
        """Name and version as a transaction carries them: "fuel-ir 2025-12-13"."""
        return f"{self.name} {self.since.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """Bounds against misuse. Millilitres, seconds, kilometres an hour, per cent."""

    fill_maximum: int
    day_maximum: int
    offline_fills: int
    offline_maximum: int
    cool_down_seconds: int
    maximum_speed: int
    station_card_share: int
    sources: tuple[str, ...]

    @property
    def cool_down(self) -> timedelta:
        """Shortest time between two fills of a vehicle."""
        return timedelta(seconds=self.cool_down_seconds)


@dataclass(frozen=True, kw_only=True)
class FuelPolicy:
    """A table of rules. ``versions`` in the order of their days."""

    name: str
    product: str
    time_zone: str
    calendar: str
    versions: tuple[Version, ...]
    controls: Controls

    @cached_property
    def _days(self) -> list[date]:
        return [version.since for version in self.versions]

    def day(self, when: datetime) -> date:
        """Give the day of ``when`` in the policy's time zone."""
        return local_day(when, self.time_zone)

    def on(self, when: datetime | date) -> Version:
        """Give the rules of a day. Raises Refused (policy_unknown) for a day before the first."""
        day = self.day(when) if isinstance(when, datetime) else when
        for version in reversed(self.versions):
            if version.since <= day:
                return version
        raise Refused(f"There are no rules for {day}.", reason=Reason.POLICY_UNKNOWN)

    def period(self, when: datetime | date) -> int:
        """Give the month of the quota in which ``when`` lies."""
        return period_of(self.day(when) if isinstance(when, datetime) else when, self.calendar)

    def first_day(self, period: int) -> date:
        """Give the day on which a month begins."""
        return first_day(period, self.calendar)


@lru_cache(maxsize=4)
def load_fuel_policy(source: str | Path = BUILT_IN) -> FuelPolicy:
    """Read a policy: the name of one that comes with smartid, or a file. Raises EncodingError, OSError."""
    if isinstance(source, Path):
        data = source.read_bytes()
    else:
        data = (files("smartid.services") / "policies" / f"{source}.toml").read_bytes()
    return parse_fuel_policy(data)


def parse_fuel_policy(data: bytes) -> FuelPolicy:
    """Read a policy in TOML 1.0.0. Raises EncodingError for everything that is not exactly one."""
    if len(data) > _MAX_FILE:
        raise _broken(f"at most {_MAX_FILE} bytes")
    try:
        table = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _broken("TOML 1.0.0") from error
    try:
        return _policy(table)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _broken(f"the members of a fuel policy ({error})") from error


def _policy(table: dict[str, Any]) -> FuelPolicy:
    versions = tuple(_version(table["name"], item) for item in table["version"])
    days = [version.since for version in versions]
    if not versions or days != sorted(set(days)):
        raise _broken("versions in the order of their days")
    if table["calendar"] not in {SOLAR_HIJRI, GREGORIAN}:
        raise _broken(f"the calendar {SOLAR_HIJRI} or {GREGORIAN}")
    names = ("name", "product", "time_zone", "calendar")
    texts = {name: _text(table[name]) for name in names}
    return FuelPolicy(**texts, versions=versions, controls=_controls(table["controls"]))


def _version(name: str, item: dict[str, Any]) -> Version:
    tiers = tuple(_tier(tier) for tier in item["tiers"])
    monthly = {kind: _amounts(amounts, len(tiers)) for kind, amounts in item["monthly"].items()}
    since = item["from"]
    if type(since) is not date:
        raise _broken("from: a date")
    return Version(
        name=_text(name),
        since=since,
        tiers=tiers,
        open_price=_whole(item["open_price"]),
        station_price=_whole(item["station_price"]),
        monthly=monthly,
        bi_fuel=_amounts([item["bi_fuel"][tier.name] for tier in tiers], len(tiers)),
        lives=Lives(item["lives"]),
        excluded=frozenset(_texts(item["excluded"])),
        excepted=frozenset(_texts(item.get("excepted", []))),
        one_car_per_owner=bool(item["one_car_per_owner"]),
        ride_hailing=tuple(_whole(value) for value in item.get("ride_hailing", [])),
        ride_hailing_tier=_text(item.get("ride_hailing_tier", "")),
        sources=_texts(item["sources"]),
        notes=_texts(item["notes"]),
        date_note=_text(item.get("date_note", "")),
        disagreements=tuple(_disagreement(entry) for entry in item.get("disagreement", [])),
    )


def _tier(item: dict[str, Any]) -> Tier:
    months = _whole(item["storage_months"])
    if months < 1:
        raise _broken("storage_months: 1 or more")
    return Tier(name=_text(item["name"]), price=_whole(item["price"]), storage_months=months)


def _disagreement(item: dict[str, Any]) -> Disagreement:
    if item["used"] not in item["values"]:
        raise _broken("disagreement: the value used is one of the values")
    return Disagreement(
        about=_text(item["about"]),
        values=tuple(item["values"]),
        used=item["used"],
        note=_text(item["note"]),
    )


def _controls(item: dict[str, Any]) -> Controls:
    numbers = {name: _whole(value) for name, value in item.items() if name != "sources"}
    return Controls(**numbers, sources=_texts(item["sources"]))


def _amounts(values: list[Any], tiers: int) -> tuple[int, ...]:
    if len(values) != tiers:
        raise _broken("one amount for each tier")
    return tuple(_whole(value) for value in values)


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 40:
        raise _broken("whole numbers from 0")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 400:
        raise _broken("texts")
    return value


def _texts(values: list[object]) -> tuple[str, ...]:
    return tuple(_text(value) for value in values)


def _broken(expected: str) -> EncodingError:
    return EncodingError("fuel policy", offset=0, expected=expected)
