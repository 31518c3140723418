from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError
from smartid.identity import dates
from smartid.identity.dates import PartialDate

TODAY = date(2026, 3, 21)

# Days known from history and from the calendar office: revolution day, leap days, Nowruz.
JALALI = [
    ("1357/11/22", date(1979, 2, 11)),
    ("1398/08/24", date(2019, 11, 15)),
    ("1399/01/01", date(2020, 3, 20)),
    ("1403/12/30", date(2025, 3, 20)),
    ("1404/01/01", date(2025, 3, 21)),
    ("1404/09/15", date(2025, 12, 6)),
]
LEAP_YEARS = {1370, 1375, 1379, 1383, 1387, 1391, 1395, 1399, 1403, 1408, 1412, 1416}


@pytest.mark.parametrize(("text", "day"), JALALI)
def test_known_solar_hijri_days(text: str, day: date) -> None:
    assert dates.to_jalali(day) == text
    assert dates.from_jalali(text) == day
    assert dates.from_jalali(dates.to_persian_digits(text)) == day


@pytest.mark.parametrize("year", range(1370, 1417))
def test_leap_years(year: int) -> None:
    if year in LEAP_YEARS:
        assert dates.to_jalali(dates.from_jalali(f"{year}/12/30")) == f"{year}/12/30"
    else:
        with pytest.raises(EncodingError):
            dates.from_jalali(f"{year}/12/30")


def test_long_form_is_persian() -> None:
    assert dates.to_jalali_long(date(2025, 3, 21)) == "۱ فروردین ۱۴۰۴"
    assert dates.to_jalali_long(date(1979, 2, 11)) == "۲۲ بهمن ۱۳۵۷"


@given(st.dates(min_value=date(622, 3, 22), max_value=date(9998, 12, 31)))
def test_solar_hijri_round_trip(day: date) -> None:
    assert dates.from_jalali(dates.to_jalali(day)) == day


@pytest.mark.parametrize("day", [date.min, date(622, 3, 21), date.max])
def test_days_outside_the_calendar_are_refused(day: date) -> None:
    for write in (dates.to_jalali, dates.to_jalali_long):
        with pytest.raises(EncodingError):
            write(day)


@pytest.mark.parametrize(
    "text", ["", "1404/13/01", "1404/00/01", "1404/07/31", "0000/01/01", "9999/01/01", "1404"]
)
def test_days_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(EncodingError):
        dates.from_jalali(text)


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("740812", PartialDate(1974, 8, 12)),
        ("260321", PartialDate(2026, 3, 21)),
        ("260322", PartialDate(1926, 3, 22)),
        ("26<<<<", PartialDate(2026)),
        ("2604<<", PartialDate(1926, 4)),
        ("000229", PartialDate(2000, 2, 29)),
        ("680000", PartialDate(1968)),
    ],
)
def test_birth_is_not_in_the_future(text: str, born: PartialDate) -> None:
    assert dates.parse_birth_yymmdd(text, today=TODAY) == born


@pytest.mark.parametrize(
    ("text", "expires"),
    [
        ("120415", PartialDate(2012, 4, 15)),
        ("760101", PartialDate(2076, 1, 1)),
        ("770101", PartialDate(1977, 1, 1)),
        ("9507<<", PartialDate(1995, 7)),
    ],
)
def test_expiry_is_at_most_fifty_years_away(text: str, expires: PartialDate) -> None:
    assert dates.parse_expiry_yymmdd(text, today=TODAY) == expires


@pytest.mark.parametrize(
    "text", ["", "7408", "741301", "740832", "74<<01x", "<<0101", "7408123", "74-8-1", "010229"]
)
def test_broken_dates_are_refused(text: str) -> None:
    for read in (dates.parse_birth_yymmdd, dates.parse_expiry_yymmdd):
        with pytest.raises(EncodingError):
            read(text, today=TODAY)


def test_eight_digits_and_packed_digits() -> None:
    assert dates.parse_yyyymmdd("۱۹۷۴۰۸۱۲") == PartialDate(1974, 8, 12)
    assert dates.parse_yyyymmdd("19740800") == PartialDate(1974, 8)
    assert dates.parse_bcd(bytes.fromhex("19740812")) == PartialDate(1974, 8, 12)
    assert dates.format_yyyymmdd(PartialDate(1974, 8)) == "19740800"
    assert dates.format_yymmdd(PartialDate(1974, 8)) == "7408<<"
    assert dates.format_yymmdd(None) == "<<<<<<"


@pytest.mark.parametrize("data", ["", "197408", "19740812FF", "1974081A", "19741312", "00000101"])
def test_broken_packed_dates_are_refused(data: str) -> None:
    with pytest.raises(EncodingError):
        dates.parse_bcd(bytes.fromhex(data))


def test_partial_date_says_what_it_knows() -> None:
    assert [str(PartialDate(*parts)) for parts in [(1990,), (1990, 3), (1990, 3, 21)]] == [
        "1990",
        "1990-03",
        "1990-03-21",
    ]
    assert PartialDate.of(TODAY).full == TODAY
    assert PartialDate(1990, 3).full is None
    assert PartialDate(1990, 3).earliest == date(1990, 3, 1)


@pytest.mark.parametrize("parts", [(1990, None, 3), (1990, 13), (1990, 2, 30), (0,)])
def test_partial_date_exists(parts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PartialDate(*parts)
