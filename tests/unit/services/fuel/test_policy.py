from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import jdatetime
import pytest

from smartid.errors import EncodingError, Refused
from smartid.services.fuel.periods import first_day, label, parse_label, period_of, start_of
from smartid.services.fuel.policy import Lives, load_fuel_policy, parse_fuel_policy
from smartid.services.fuel.vehicles import CardStatus, Vehicle, allocation, ride_hailing_credit, why_without

POLICY = load_fuel_policy()

# Typed from the reports, not from the file: day, monthly litres of a car, tier prices, open price, storage.
ROWS = [
    (date(2019, 12, 1), (60, 250), (1500, 3000), 0, (6, 1)),
    (date(2021, 6, 1), (60, 250), (1500, 3000), 0, (9, 1)),
    (date(2022, 12, 1), (60, 150), (1500, 3000), 0, (9, 1)),
    (date(2025, 12, 12), (60, 100), (1500, 3000), 0, (9, 1)),
    (date(2025, 12, 13), (60, 100), (1500, 3000), 5000, (6, 1)),
    (date(2026, 3, 21), (60, 100), (1500, 3000), 5000, (6, 1)),
]


@pytest.mark.parametrize(("day", "litres", "tomans", "beyond", "months"), ROWS)
def test_each_row_of_the_reports_holds_on_its_days(day, litres, tomans, beyond, months) -> None:
    version = POLICY.on(day)
    assert allocation(version, Vehicle(id="V1")) == tuple(1000 * amount for amount in litres)
    assert tuple(tier.price for tier in version.tiers) == tuple(10 * price for price in tomans)
    assert version.open_price == 10 * beyond
    assert tuple(tier.storage_months for tier in version.tiers) == months
    assert version.sources


def test_before_the_first_rule_there_is_none() -> None:
    with pytest.raises(Refused) as refusal:
        POLICY.on(date(2019, 11, 14))
    assert refusal.value.reason == "policy_unknown"


def test_a_day_begins_at_midnight_in_tehran() -> None:
    midnight = datetime(2025, 12, 12, 20, 30, tzinfo=UTC)
    assert POLICY.on(midnight - timedelta(seconds=1)).open_price == 0
    assert POLICY.on(midnight).open_price == 50000


def test_the_record_of_the_quota_moves_in_march_2026() -> None:
    assert POLICY.on(date(2026, 3, 20)).lives is Lives.CARD
    assert POLICY.on(date(2026, 3, 21)).lives is Lives.BOTH


def test_months_are_those_of_an_independent_calendar() -> None:
    day, last = date(2019, 11, 15), date(2027, 4, 1)
    while day < last:
        other = jdatetime.date.fromgregorian(date=day)
        assert label(period_of(day, "solar hijri")) == f"{other.year:04d}-{other.month:02d}"
        day += timedelta(days=1)


def test_a_month_begins_on_its_first_day() -> None:
    period = parse_label("1405-01")
    assert first_day(period, "solar hijri") == date(2026, 3, 21)
    assert first_day(parse_label("2026-03"), "gregorian") == date(2026, 3, 1)
    start = start_of(period, "solar hijri", "Asia/Tehran")
    assert POLICY.period(start) == period == POLICY.period(start - timedelta(seconds=1)) + 1


@pytest.mark.parametrize(
    "text", ["", "1404", "1404-13", "1404-00", "14O4-01", "1404-1", "1404-001", "۱۴۰۴-۰۱"]
)
def test_a_month_is_written_in_one_way(text) -> None:
    with pytest.raises(EncodingError):
        parse_label(text)


@pytest.mark.parametrize(
    ("vehicle", "litres"),
    [
        (Vehicle(id="V"), (60, 100)),
        (Vehicle(id="V", kind="motorcycle"), (25, 35)),
        (Vehicle(id="V", use="government"), (0, 0)),
        (Vehicle(id="V", use="ambulance"), (60, 100)),
        (Vehicle(id="V", use="imported"), (0, 0)),
        (Vehicle(id="V", use="free zone"), (0, 0)),
        (Vehicle(id="V", use="new"), (0, 0)),
        (Vehicle(id="V", declared=False), (0, 0)),
        (Vehicle(id="V", status=CardStatus.BLOCKED), (0, 0)),
        (Vehicle(id="V", bi_fuel=True), (60, 100)),
    ],
)
def test_who_has_a_quota_since_december_2025(vehicle, litres) -> None:
    version = POLICY.on(date(2025, 12, 13))
    assert allocation(version, vehicle) == tuple(1000 * amount for amount in litres)
    assert bool(why_without(version, vehicle)) == (litres == (0, 0))


def test_before_that_a_government_car_had_one() -> None:
    assert allocation(POLICY.on(date(2025, 12, 12)), Vehicle(id="V", use="government")) == (60000, 100000)


def test_a_kind_without_a_row_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        allocation(POLICY.on(date(2020, 1, 1)), Vehicle(id="V", kind="motorcycle"))
    assert refusal.value.reason == "policy_unknown"


def test_mileage_is_paid_as_the_difference_of_price() -> None:
    version = POLICY.on(date(2025, 12, 13))
    assert [ride_hailing_credit(version, which) for which in range(3)] == [4_000_000, 1_900_000, 800_000]
    with pytest.raises(Refused):
        ride_hailing_credit(version, 3)


def test_what_sources_disagree_on_is_a_parameter() -> None:
    raw = (files("smartid.services") / "policies" / "fuel-ir.toml").read_text()
    changed = parse_fuel_policy(
        raw.replace(
            "bi_fuel = { first = 60000, second = 100000 }", "bi_fuel = { first = 60000, second = 50000 }"
        ).encode()
    )
    car = Vehicle(id="V", bi_fuel=True)
    assert allocation(changed.on(date(2026, 1, 1)), car) == (60000, 50000)
    points = {point.about for version in POLICY.versions for point in version.disagreements}
    assert "bi-fuel second tier" in points


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("open_price = 0", "open_price = -1"),
        ("open_price = 0", "open_price = 1.5"),
        ("open_price = 0", "open_price = true"),
        ('lives = "card"', 'lives = "cloud"'),
        ("from = 2019-11-15", 'from = "2019-11-15"'),
        ("from = 2020-03-20", "from = 2019-01-01"),
        ('calendar = "solar hijri"', 'calendar = "lunar"'),
        ("storage_months = 6", "storage_months = 0"),
        ("car = [60000, 250000]", "car = [60000]"),
        ("used = 100000", "used = 1"),
        ("[controls]", "[control]"),
        ("name =", "name ="[:-1]),
    ],
)
def test_a_broken_policy_is_an_encoding_error(old, new) -> None:
    raw = (files("smartid.services") / "policies" / "fuel-ir.toml").read_text()
    assert old in raw
    with pytest.raises(EncodingError):
        parse_fuel_policy(raw.replace(old, new, 1).encode())


def test_bytes_that_are_no_text_are_an_encoding_error() -> None:
    for data in (b"\xff", b"", b"x" * (1 << 19)):
        with pytest.raises(EncodingError):
            parse_fuel_policy(data)
