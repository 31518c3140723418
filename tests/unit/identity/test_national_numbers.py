"""Iranian numbers published in the test suites of persian-tools and DNTPersianUtils.Core, recomputed here.

The Belgian ones are those of the test card Alice (commons-eid) and of public documentation, as are the Thai
and Serbian ones; no real holder is known to us.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError
from smartid.identity import national_numbers as numbers
from smartid.identity.persian import to_persian_digits

Rule = Callable[[str], str]

VALID: list[tuple[Rule, str]] = [
    (numbers.national_number, "0499370899 0790419904 1583250689 0684159414 4400276201 2540201288 7731689956"),
    (numbers.national_number, "0013542419 3240175800 3240164175 3370075024 0010532129 0860170470 0010350829"),
    (numbers.legal_entity_number, "14005893875 14006278162 10530125945 10740068759 10320881604 10480059810"),
    (numbers.legal_entity_number, "10780071570 14003552272 10720172838 10380284790 14003778990"),
    (numbers.sheba, "IR820540102680020817909002 IR550570022080013447370101 IR062960000000100324200001"),
    (numbers.sheba, "IR580540105180021273113007 IR790610000000700796858044"),
    (numbers.bank_card, "6037701689095443 6219861034529007 6221061106498670 6274129005473742"),
    (numbers.postal_code, "1619735744 1416932790 1458963210 3456789123 9876543210"),
    (numbers.thai_citizen_number, "1101700230708"),
    (numbers.serbian_personal_number, "0101100710006 0101006500006"),
    (numbers.belgian_national_number, "71715100070 93051822361 17073003384"),
]
INVALID: list[tuple[Rule, str]] = [
    (
        numbers.national_number,
        "7731685956 15758448 324011122 1234567890 0000000000 1111111111 12345678901 1234567",
    ),
    (numbers.legal_entity_number, "14005893874 1400589387 140058938755"),
    (
        numbers.sheba,
        "IR820540102680020817909003 820540102680020817909002 IR82054010268002081790900 GB82WEST1234569876",
    ),
    (numbers.bank_card, "4444333322221111 2222444499996666 6037701689095444 603770168909544"),
    (numbers.postal_code, "0000073574 1111735744 1428963210 2987654321 161973574"),
    (numbers.mobile_number, "08123456789 0912345678 091234567890 +9991234567890 989123"),
    (numbers.thai_citizen_number, "1101700230709 110170023070"),
    (numbers.serbian_personal_number, "0101100710007 010110071000"),
    (numbers.belgian_national_number, "71715100071 7171510007"),
]


def each(table: list[tuple[Rule, str]]) -> list[tuple[Rule, str]]:
    return [(rule, text) for rule, texts in table for text in texts.split()]


@pytest.mark.parametrize(("rule", "text"), each(VALID))
def test_published_numbers_are_valid(rule: Rule, text: str) -> None:
    assert rule(text) == text
    assert rule(to_persian_digits(text)) == text
    assert numbers.is_valid(rule, f" {text[:4]} {text[4:]} ")


@pytest.mark.parametrize(("rule", "text"), each(INVALID))
def test_wrong_numbers_are_refused(rule: Rule, text: str) -> None:
    assert not numbers.is_valid(rule, text)
    with pytest.raises(numbers.InvalidNumber):
        rule(text)


@pytest.mark.parametrize(
    ("short", "full"), [("68415941", "0068415941"), ("45768676", "0045768676"), ("15768643", "0015768643")]
)
def test_short_national_numbers_get_their_zeros_back(short: str, full: str) -> None:
    assert numbers.national_number(short) == full


@pytest.mark.parametrize("prefix", ["+98", "0098", "98", "0", ""])
def test_mobile_prefixes(prefix: str) -> None:
    assert numbers.mobile_number(f"{prefix}912 345 6789") == "09123456789"
    assert numbers.mobile_number(to_persian_digits(f"{prefix}912-345-6789")) == "09123456789"


def test_loose_postal_code_takes_any_ten_digits() -> None:
    assert numbers.postal_code("0000073574", strict=False) == "0000073574"


def test_the_reason_is_in_the_error() -> None:
    with pytest.raises(EncodingError, match="another check digit") as error:
        numbers.national_number("1234567890")
    assert error.value.offset == 9


def test_bank_of_a_sheba() -> None:
    assert numbers.SHEBA_BANKS["IR820540102680020817909002"[4:7]] == "پارسیان"


@given(st.text(alphabet="0123456789", min_size=22, max_size=22), st.data())
def test_every_wrong_digit_of_a_sheba_is_found(account: str, data: st.DataObject) -> None:
    check = 98 - int(account + "182700") % 97
    text = f"IR{check:02d}{account}"
    assert numbers.sheba(text) == text
    at = data.draw(st.integers(2, 25))
    wrong = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != text[at]))
    assert not numbers.is_valid(numbers.sheba, text[:at] + wrong + text[at + 1 :])


@given(st.text(alphabet="0123456789", min_size=9, max_size=9))
def test_nine_digits_have_one_check_digit(first: str) -> None:
    found = [digit for digit in "0123456789" if numbers.is_valid(numbers.national_number, first + digit)]
    assert len(found) == 1 or len(set(first)) == 1


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_an_error(text: str) -> None:
    for rule, _ in VALID + INVALID:
        numbers.is_valid(rule, text)
