"""Write docs/reference/fuel-policy.md from the tables of smartid: ``python -m tools.fuel_policy``."""

from __future__ import annotations

from pathlib import Path

from smartid.identity.dates import to_jalali
from smartid.services.fuel.policy import Controls, FuelPolicy, Version, load_fuel_policy

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "fuel-policy.md"
HEAD = """# Rules of the fuel quota

<!-- Made by `python -m tools.fuel_policy` from `smartid/services/policies/fuel-ir.toml`. -->

These are **sample rules**, taken from published reports and dated. They are data, not law: check them before
you rely on one, and give your own file with `--policy` or `load_fuel_policy(path)`.
`smartid service fuel policy` prints them, `smartid service fuel quote` prices a fill.

- Litres are allocated for the months of the Solar Hijri calendar. The reports tie the changes to it (the
  budget of 1405 begins on 21 March 2026). A month turns at midnight in Tehran on its first day.
- A fill takes the cheapest tier first, and in a tier the oldest month that may still be drawn.
- Storage follows the rules of the day of the fill: when nine months became six, older months lapsed at once.
- *Kept n months* counts the month itself: six months of 60 litres are at most 360 litres.
- Prices are rials a litre (1 toman is 10 rials); a line of a fill is rounded to the nearest rial.
"""


def page(policy: FuelPolicy) -> str:
    """Make the page."""
    parts = [HEAD, _table(policy)]
    parts += [_section(version) for version in policy.versions]
    return "\n".join([*parts, _disagreements(policy), _controls(policy.controls)])


def _table(policy: FuelPolicy) -> str:
    rows = [
        "| from | tiers, rials a litre | car, litres a month | motorcycle | beyond | kept, months | lives |",
        "|---|---|---|---|---|---|---|",
    ]
    for version in policy.versions:
        cells = [
            f"{version.since} ({to_jalali(version.since)})",
            " / ".join(f"{tier.price:,}" for tier in version.tiers),
            _litres(version.monthly["car"]),
            _litres(version.monthly.get("motorcycle", ())) or "not named",
            f"{version.open_price:,}" if version.open_price else "nothing",
            " / ".join(str(tier.storage_months) for tier in version.tiers),
            str(version.lives),
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(["## At a glance", "", *rows, ""])


def _section(version: Version) -> str:
    lines = [f"## From {version.since}", ""]
    lines += [f"- {text}" for text in (version.date_note, *version.notes) if text]
    lines.append(f"- The station's card pays {version.station_price:,} rials a litre.")
    lines.append(f"- Bi-fuel cars: {_litres(version.bi_fuel)} litres.")
    if version.excluded:
        excepted = f" ({', '.join(sorted(version.excepted))} excepted)" if version.excepted else ""
        lines.append(f"- Without quota: {', '.join(sorted(version.excluded))}{excepted}.")
    lines += [f"- Sources: {'; '.join(version.sources)}.", ""]
    return "\n".join(lines)


def _disagreements(policy: FuelPolicy) -> str:
    lines = [
        "## Where the sources disagree",
        "",
        "| from | about | values | used | why |",
        "|---|---|---|---|---|",
    ]
    for version in policy.versions:
        for point in version.disagreements:
            values = ", ".join(map(str, point.values))
            lines.append(f"| {version.since} | {point.about} | {values} | {point.used} | {point.note} |")
    return "\n".join([*lines, ""])


def _controls(controls: Controls) -> str:
    away = f"{controls.offline_fills} fills, {controls.offline_maximum / 1000:g} litres"
    lines = [
        "## Bounds against misuse",
        "",
        "None of these is Iranian law.",
        "",
        "| bound | value |",
        "|---|---|",
        f"| one fill | {controls.fill_maximum / 1000:g} litres, and never more than the tank holds |",
        f"| one day | {controls.day_maximum / 1000:g} litres |",
        f"| between two visits online | {away} |",
        f"| between two fills | {controls.cool_down_seconds // 60} minutes |",
        f"| between two places | {controls.maximum_speed} kilometres an hour |",
        f"| fills with the station's card | {controls.station_card_share} per cent of a station's fills |",
        "",
    ]
    return "\n".join([*lines, *(f"- {source}." for source in controls.sources), ""])


def _litres(amounts: tuple[int, ...]) -> str:
    return " + ".join(f"{amount / 1000:g}" for amount in amounts)


if __name__ == "__main__":
    PAGE.write_text(page(load_fuel_policy()), encoding="utf-8")
