"""Payouts of a day as one message between banks."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from smartid.services.messages.iban import make_iban
from smartid.services.messages.iso20022 import PACS_008, Party
from smartid.services.purse.office import Payout
from smartid.services.purse.settlement import interbank

DAY = date(2026, 3, 20)
CREATED = datetime(2026, 3, 20, 20, 30, tzinfo=UTC)
SCHEME = Party(name="کیف پول نمونه", iban=make_iban("IR", "0990000000000000000001"), bic="NMNHIRTH")


def merchant(number: int, bic: str = "SHOPIRTHXXX") -> Party:
    return Party(name=f"فروشگاه {number}", iban=make_iban("IR", f"098{number:019d}"), bic=bic)


def payout(name: str, amount: int, day: date = DAY) -> Payout:
    return Payout(merchant=name, day=day, amount=amount, account=name)


MERCHANTS = {"m1": merchant(1), "m2": merchant(2), "m3": merchant(3)}


def written(*payouts: Payout, merchants=MERCHANTS) -> bytes | None:
    return interbank(payouts, scheme=SCHEME, merchants=merchants, created=CREATED)


def test_each_merchant_who_is_owed_something_is_paid() -> None:
    message = written(payout("m1", 1_250_000), payout("m2", 0), payout("m3", 50_000))
    assert message is not None
    root = ET.fromstring(message)
    space = f"{{{PACS_008}}}"
    amounts = [item.text for item in root.iter(f"{space}IntrBkSttlmAmt")]
    assert amounts == ["1250000", "50000"]
    assert root.find(f".//{space}TtlIntrBkSttlmAmt").text == "1300000"
    assert root.find(f".//{space}IntrBkSttlmDt").text == "2026-03-20"
    names = [item.text for item in root.iter(f"{space}Nm")]
    assert names.count("فروشگاه 1") == names.count("فروشگاه 3") == 1
    assert names.count("کیف پول نمونه") == 2


def test_the_same_day_is_the_same_message() -> None:
    assert written(payout("m1", 7)) == written(payout("m1", 7))
    other = replace(payout("m1", 7), day=date(2026, 3, 21))
    assert written(other) != written(payout("m1", 7))


def test_nobody_to_pay_is_no_message() -> None:
    assert written(payout("m1", 0), payout("m2", -5)) is None


def test_one_message_is_one_day_and_one_bank() -> None:
    with pytest.raises(ValueError, match="one day"):
        written(payout("m1", 1), payout("m2", 1, date(2026, 3, 21)))
    with pytest.raises(ValueError, match="one bank"):
        written(payout("m1", 1), payout("m2", 1), merchants={**MERCHANTS, "m2": merchant(2, "BANKIRTH")})
