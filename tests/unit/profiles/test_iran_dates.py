"""The dates file of the Iranian card: tags and UTF-16 are public, the form of the date is not."""

from __future__ import annotations

from datetime import date

import pytest

from smartid.errors import EncodingError
from smartid.identity.model import Field
from smartid.profiles.base import Content
from smartid.profiles.decoders import decode

TODAY = date(2026, 1, 1)


def dates(issue: bytes, expiry: bytes) -> dict[Field, object]:
    data = b"\xb2" + bytes((len(issue),)) + issue + b"\xb3" + bytes((len(expiry),)) + expiry + b"\xff" * 8
    return decode(Content.IRAN_DATES, data, today=TODAY)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_solar_hijri_and_gregorian_dates_are_read(encoding: str) -> None:
    found = dates("1403/12/30".encode(encoding), "2025-12-06".encode(encoding))
    assert found == {Field.ISSUE_DATE: date(2025, 3, 20), Field.EXPIRY_DATE: date(2025, 12, 6)}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_persian_digits_are_digits(encoding: str) -> None:
    assert dates("۱۴۰۴/۰۱/۰۱".encode(encoding), b"") == {Field.ISSUE_DATE: date(2025, 3, 21)}


def test_a_date_of_unknown_form_is_left_out_and_the_other_one_is_read() -> None:
    assert dates("1 May 22".encode("utf-16-le"), "20251206".encode("utf-16-le")) == {
        Field.EXPIRY_DATE: date(2025, 12, 6)
    }


@pytest.mark.parametrize("text", ["1404/13/01", "20251301"])
def test_a_day_that_no_calendar_has_is_named(text: str) -> None:
    with pytest.raises(EncodingError):
        dates(text.encode("utf-16-le"), b"")
