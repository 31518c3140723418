"""What a receipt says in Persian and English."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartid.services.journal.qr import svg
from smartid.services.journal.words import STATES, amount_words, receipt_rows, receipt_text
from smartid.services.spine.states import State
from tests.unit.services.journal.test_journal import RECEIPT


def test_a_receipt_in_persian() -> None:
    assert receipt_text(replace(RECEIPT, details={"till": 3})).splitlines() == [
        "رسید شمارهٔ: ۱۲",
        "خدمت: کیف پول",
        "کار: پرداخت",
        "مقدار: ۵۰٬۰۰۰ ریال",
        "وضعیت: انجام شد",
        "گیرنده: فروشگاه ۱۲",
        "زمان: ۲ آذر ۱۴۰۵، ساعت ۱۲:۰۰:۰۰",
        "پرونده: " + "7f3a" * 8,
        "till: 3",
    ]


def test_a_receipt_in_english() -> None:
    rows = dict(receipt_rows(RECEIPT, "en"))
    assert (rows["Amount"], rows["State"]) == ("50,000 rials", "completed")
    assert rows["Time"] == "2026-11-23 12:00:00 (UTC+3:30)"


def test_an_unknown_outcome_is_pending() -> None:
    unknown = replace(RECEIPT, state=State.UNKNOWN)
    assert dict(receipt_rows(unknown))["وضعیت"] == "در انتظار"
    assert dict(receipt_rows(unknown, "en"))["State"] == "pending"
    assert STATES.keys() == set(State)


@pytest.mark.parametrize(
    ("amount", "unit", "persian", "english"),
    [
        (1_250_000, "IRR", "۱٬۲۵۰٬۰۰۰ ریال", "1,250,000 rials"),
        (40_000, "ml", "۴۰ لیتر", "40 L"),
        (37_450, "ml", "۳۷٫۴۵۰ لیتر", "37.450 L"),
        (5, "ml", "۰٫۰۰۵ لیتر", "0.005 L"),
        (2, "trip", "۲ trip", "2 trip"),
    ],
)
def test_amounts(amount: int, unit: str, persian: str, english: str) -> None:
    assert amount_words(amount, unit) == (persian, english)


def test_a_name_that_nobody_knows_is_shown_as_it_is() -> None:
    other = replace(RECEIPT, service="library", verb="lend")
    assert dict(receipt_rows(other))["خدمت"] == "library"


def test_the_picture_is_svg() -> None:
    picture = svg(RECEIPT.qr)
    assert picture.startswith("<svg")
    assert picture != svg(RECEIPT.qr + "0")
