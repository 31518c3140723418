"""``smartid service fuel``: the rules of the fuel quota, and what a fill would cost."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smartid.cli.group import Group
from smartid.cli.output import print_json, print_table, tell
from smartid.cli.settings import Settings, settings_options, with_settings

if TYPE_CHECKING:
    from smartid.services.fuel.policy import FuelPolicy, Version

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
POLICY = click.option("--policy", "policy_file", type=FILE, help="Rules of your own instead of Iran's.")


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """Show the rules of the fuel quota on a day, and what a fill costs under them."""


@command.command("policy")
@click.option("--on", "day", type=DAY, help="The rules of one day only.")
@POLICY
@settings_options
@with_settings
def policy(settings: Settings, day: datetime | None, policy_file: Path | None) -> int:
    """Show the rules with their sources, and the points on which the sources disagree."""
    found = _load(policy_file)
    versions = [found.on(day.date())] if day else list(found.versions)
    if settings.as_json:
        print_json({"name": found.name, "versions": [_as_json(version) for version in versions]})
        return 0
    for version in versions:
        print_table(_rows(version))
        for point in version.disagreements:
            tell(f"Sources disagree: {point.about}: {_list(point.values)}; used: {point.used}. {point.note}")
    return 0


@command.command("quote")
@click.option("--litres", type=click.FloatRange(0.001, 1000), required=True, metavar="N", help="How much.")
@click.option("--on", "day", type=DAY, help="On which day; today without it.")
@click.option("--first", type=click.FloatRange(0, 1000), metavar="N", help="Litres left in the first tier.")
@click.option("--second", type=click.FloatRange(0, 1000), metavar="N", help="Litres left in the second tier.")
@click.option("--kind", default="car", show_default=True, help="Kind of vehicle: car, motorcycle.")
@POLICY
@settings_options
@with_settings
def quote(
    settings: Settings,
    *,
    litres: float,
    day: datetime | None,
    first: float | None,
    second: float | None,
    kind: str,
    policy_file: Path | None,
) -> int:
    """Split a fill over the tiers and say what it costs. Without litres left, a full month is assumed."""
    from smartid.services.fuel.receipts import bill, sentence_en, sentence_fa  # noqa: PLC0415
    from smartid.services.fuel.tiers import describe, split  # noqa: PLC0415
    from smartid.services.fuel.vehicles import Vehicle, allocation  # noqa: PLC0415

    found = _load(policy_file)
    when = _noon(found, day)
    version, period = found.on(when), found.period(when)
    month = allocation(version, Vehicle(id="quote", kind=kind))
    given = [
        amount if left is None else round(left * 1000)
        for left, amount in zip((first, second), month, strict=False)
    ]
    held = {(tier.name, period): amount for tier, amount in zip(version.tiers, given, strict=False)}
    lines = split(found, held, round(litres * 1000), when)
    total = bill(version, lines, sum(given))
    if settings.as_json:
        print_json({"policy": version.label, "lines": describe(lines), **total.as_details()})
        return 0
    tell(sentence_fa(lines))
    tell(sentence_en(lines))
    print_table([(name.replace("_", " "), f"{value:,}") for name, value in total.as_details().items()])
    return 0


def _load(policy_file: Path | None) -> FuelPolicy:
    from smartid.services.fuel.policy import load_fuel_policy  # noqa: PLC0415

    return load_fuel_policy(policy_file) if policy_file else load_fuel_policy()


def _noon(found: FuelPolicy, day: datetime | None) -> datetime:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    zone = ZoneInfo(found.time_zone)
    return datetime.now(zone) if day is None else day.replace(tzinfo=zone) + timedelta(hours=12)


def _as_json(version: Version) -> dict[str, Any]:
    return {
        "from": version.since.isoformat(),
        "lives": version.lives.value,
        "tiers": [
            {"name": tier.name, "price": tier.price, "storage_months": tier.storage_months}
            for tier in version.tiers
        ],
        "open_price": version.open_price,
        "station_price": version.station_price,
        "monthly": {kind: list(amounts) for kind, amounts in version.monthly.items()},
        "bi_fuel": list(version.bi_fuel),
        "excluded": sorted(version.excluded),
        "excepted": sorted(version.excepted),
        "one_car_per_owner": version.one_car_per_owner,
        "ride_hailing": list(version.ride_hailing),
        "sources": list(version.sources),
        "notes": [text for text in (version.date_note, *version.notes) if text],
        "disagreements": [
            {"about": point.about, "values": list(point.values), "used": point.used, "note": point.note}
            for point in version.disagreements
        ],
    }


def _rows(version: Version) -> list[tuple[str, str]]:
    tiers = "; ".join(
        f"{tier.name} {tier.price:,} rials a litre, kept {tier.storage_months} months"
        for tier in version.tiers
    )
    monthly = "; ".join(f"{kind} {_litres(amounts)}" for kind, amounts in version.monthly.items())
    return [
        ("from", _both_calendars(version.since)),
        ("tiers", tiers),
        ("litres a month", monthly),
        ("beyond the tiers", f"{version.open_price:,} rials a litre" if version.open_price else "nothing"),
        ("station card", f"{version.station_price:,} rials a litre"),
        ("the quota lives", version.lives.value),
        ("without quota", _list(sorted(version.excluded)) or "nobody"),
        ("sources", _list(version.sources)),
    ]


def _both_calendars(day: date) -> str:
    from smartid.identity.dates import to_jalali  # noqa: PLC0415

    return f"{day.isoformat()} ({to_jalali(day)})"


def _litres(amounts: tuple[int, ...]) -> str:
    return " + ".join(f"{amount / 1000:g}" for amount in amounts)


def _list(values: Any) -> str:
    return ", ".join(map(str, values))
