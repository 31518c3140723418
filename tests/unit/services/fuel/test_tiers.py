from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.errors import EncodingError, Refused
from smartid.services.fuel.periods import parse_label
from smartid.services.fuel.policy import load_fuel_policy
from smartid.services.fuel.receipts import bill, litres, sentence_en, sentence_fa
from smartid.services.fuel.tiers import (
    OPEN,
    Line,
    cost,
    cut,
    describe,
    parse_lines,
    rest,
    split,
    station_card_line,
    subsidy,
    volume,
)
from tests.unit.services.fuel.millilitre_by_millilitre import expected, random_fills

POLICY = load_fuel_policy()
AZAR = parse_label("1404-09")
BEFORE = datetime(2025, 12, 12, 12, tzinfo=UTC)
AFTER = datetime(2025, 12, 14, 12, tzinfo=UTC)


def test_the_cheapest_tier_and_the_oldest_month_flow_first() -> None:
    held = {("first", AZAR): 10_000, ("first", AZAR - 1): 5_000, ("second", AZAR): 4_000}
    lines = split(POLICY, held, 25_000, AFTER)
    assert [(line.tier, line.period, line.millilitres, line.price) for line in lines] == [
        ("first", AZAR - 1, 5_000, 15_000),
        ("first", AZAR, 10_000, 15_000),
        ("second", AZAR, 4_000, 30_000),
        (OPEN, 0, 6_000, 50_000),
    ]
    assert cost(lines) == 75_000 + 150_000 + 120_000 + 300_000


def test_a_second_tier_of_last_month_is_gone() -> None:
    lines = split(POLICY, {("second", AZAR - 1): 9_000}, 1_000, AFTER)
    assert [line.tier for line in lines] == [OPEN]


def test_storage_of_nine_months_becomes_six_on_the_day_of_the_change() -> None:
    held = {("first", AZAR - 7): 20_000}
    assert split(POLICY, held, 20_000, BEFORE)[0].tier == "first"
    assert split(POLICY, held, 20_000, AFTER)[0].tier == OPEN


def test_without_an_open_price_the_quota_is_all_there_is() -> None:
    with pytest.raises(Refused) as refusal:
        split(POLICY, {("first", AZAR): 10_000}, 10_001, BEFORE)
    assert (refusal.value.reason, refusal.value.remaining) == ("no_quota", 10_000)


@pytest.mark.parametrize("amount", [0, -1])
def test_a_fill_has_a_volume(amount) -> None:
    with pytest.raises(Refused):
        split(POLICY, {}, amount, AFTER)
    with pytest.raises(Refused):
        station_card_line(POLICY.on(AFTER), amount)


def test_random_fills_equal_a_calculator_that_counts_each_decilitre() -> None:
    for when, held, wanted in random_fills(Random(5), 2_000):
        answer = expected(when, held, wanted)
        try:
            lines = split(POLICY, held, wanted, when)
        except Refused as refusal:
            assert answer is None, (when, held, wanted)
            assert refusal.reason == "no_quota"
        else:
            found = [(line.tier, line.period, line.millilitres, line.price) for line in lines]
            assert found == answer, (when, held, wanted)


LINES = st.lists(
    st.builds(
        Line,
        tier=st.sampled_from(["first", "second"]),
        period=st.integers(16_800, 16_900),
        millilitres=st.integers(1, 100_000),
        price=st.sampled_from([15_000, 30_000]),
    ),
    max_size=5,
    unique_by=lambda line: line.bucket,
)


@given(LINES, st.integers(0, 600_000))
def test_what_flows_and_what_returns_is_the_whole(lines, flowed) -> None:
    kept, returned = cut(lines, flowed), rest(lines, flowed)
    assert volume(kept) == min(flowed, volume(lines))
    together = {line.bucket: 0 for line in lines}
    for line in (*kept, *returned):
        together[line.bucket] += line.millilitres
    assert together == {line.bucket: line.millilitres for line in lines}


@given(LINES)
def test_a_split_is_written_and_read(lines) -> None:
    assert parse_lines(describe(lines)) == tuple(lines)


@given(st.text(max_size=60))
@settings(max_examples=50)
def test_any_text_is_lines_or_an_encoding_error(text) -> None:
    try:
        found = parse_lines(text)
    except EncodingError:
        return
    assert parse_lines(describe(found)) == found


def test_the_state_pays_the_rest_of_the_pump_price() -> None:
    lines = split(POLICY, {("first", AZAR): 10_000}, 12_000, AFTER)
    found = bill(POLICY.on(AFTER), lines, 10_000)
    assert (found.full, found.subsidy, found.paid) == (600_000, 350_000, 250_000)
    assert (found.used, found.left, found.pump_price) == (10_000, 0, 50_000)
    assert subsidy(POLICY.on(AFTER), lines) == 350_000


def test_the_sentences_name_volume_price_and_tier() -> None:
    lines = split(POLICY, {("first", AZAR): 10_000}, 12_500, AFTER)
    assert sentence_en(lines) == (
        "Fill 12.5 litres of petrol for 275,000 rials: 10 litres first tier at 15,000 rials, "
        "2.5 litres open tier at 50,000 rials"
    )
    assert "۱۲٫۵ لیتر" in sentence_fa(lines)
    assert "۲۷۵٬۰۰۰ ریال" in sentence_fa(lines)
    assert [litres(amount) for amount in (0, 5, 1000, 40_250)] == ["0", "0.005", "1", "40.25"]


def test_a_station_card_pays_the_full_price() -> None:
    assert station_card_line(POLICY.on(AFTER), 2_000).amount == 100_000
    assert station_card_line(POLICY.on(date(2020, 1, 1)), 2_000).amount == 60_000
