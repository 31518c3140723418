"""ISO 20022 messages: counts and sums are right, and what a bank would refuse is refused before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError
from smartid.services.messages.iban import check_iban, make_iban
from smartid.services.messages.iso20022 import Party, Payment, pacs_008, pain_001, reference

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
OFFICE = Party(name="سامانهٔ پرداخت نمونه", iban=make_iban("IR", "0990000000123456789001"), bic="NMNHIRTH")


def payment(number: int, amount: int, *, debtor: Party | None = OFFICE) -> Payment:
    shop = Party(name=f"فروشگاه {number}", iban=make_iban("IR", f"099{number:019d}"), bic="SHOPIRTHXXX")
    return Payment(
        id=reference("day", str(number)), creditor=shop, amount=amount, text="تسویه <&>", debtor=debtor
    )


def initiation(payments: list[Payment]) -> ET.Element:
    return ET.fromstring(
        pain_001(message_id="B1", created=NOW, debtor=OFFICE, execution=NOW.date(), payments=payments)
    )


# ISO 13616-1:2020 and the registry's own examples of Iran and the United Kingdom.
@pytest.mark.parametrize(
    "iban", ["IR580540105180021273113007", "GB82WEST12345698765432", "GB29 NWBK 6016 1331 9268 19"]
)
def test_published_account_numbers_are_accepted(iban: str) -> None:
    assert check_iban(iban) == iban.replace(" ", "")


@pytest.mark.parametrize(
    "iban", ["IR580540105180021273113008", "IR58054010518002127311300", "IR", "", "GB82WEST١2345698765432"]
)
def test_other_account_numbers_are_refused(iban: str) -> None:
    with pytest.raises(EncodingError):
        check_iban(iban)


@given(st.integers(0, 25), st.integers(1, 9))
def test_every_changed_digit_of_an_account_number_is_seen(place: int, step: int) -> None:
    iban = "IR580540105180021273113007"
    if place >= 2:
        changed = iban[:place] + str((int(iban[place]) + step) % 10) + iban[place + 1 :]
        with pytest.raises(EncodingError):
            check_iban(changed)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20))
def test_count_and_sum_are_those_of_the_payments(amounts: list[int]) -> None:
    root = initiation([payment(number, amount) for number, amount in enumerate(amounts)])
    assert {item.text for item in root.iterfind(".//{*}NbOfTxs")} == {str(len(amounts))}
    assert {item.text for item in root.iterfind(".//{*}CtrlSum")} == {str(sum(amounts))}
    assert [int(item.text or "") for item in root.iterfind(".//{*}InstdAmt")] == amounts


def test_the_same_batch_gives_the_same_bytes_and_persian_text_survives() -> None:
    root = initiation([payment(1, 5)])
    assert ET.tostring(root) == ET.tostring(initiation([payment(1, 5)]))
    assert root.findtext(".//{*}Ustrd") == "تسویه <&>"


def test_a_bank_message_names_the_debtor_of_each_payment() -> None:
    whole = {
        "message_id": "B1",
        "created": NOW,
        "settlement": date(2026, 11, 24),
        "sender": "NMNHIRTH",
        "receiver": "SHOPIRTH",
    }
    root = ET.fromstring(pacs_008(**whole, payments=[payment(1, 5), payment(2, 7)]))
    assert root.findtext(".//{*}TtlIntrBkSttlmAmt") == "12"
    assert [item.text for item in root.iterfind(".//{*}Dbtr/{*}Nm")] == [OFFICE.name] * 2
    with pytest.raises(EncodingError, match="debtor"):
        pacs_008(**whole, payments=[payment(1, 5, debtor=None)])


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "x" * 36},
        {"id": "a//b"},
        {"id": "شناسه"},
        {"amount": 0},
        {"amount": 10**18},
        {"text": "a" * 141},
        {"text": "line\nline"},
        {"text": "\ud800"},
    ],
)
def test_a_payment_that_a_bank_would_refuse_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(EncodingError):
        Payment(**{"id": "1", "creditor": OFFICE, "amount": 1, **wrong})


def test_no_payment_a_second_copy_and_a_wrong_currency_are_refused() -> None:
    for payments in ([], [payment(1, 5), payment(1, 5)]):
        with pytest.raises(EncodingError):
            initiation(payments)
    with pytest.raises(EncodingError, match="currency"):
        pain_001(
            message_id="B1",
            created=NOW,
            debtor=OFFICE,
            execution=NOW.date(),
            payments=[payment(1, 5)],
            currency="rial",
        )


def test_an_account_has_one_number() -> None:
    account = "0000000000000000000009"
    right = make_iban("IR", account)
    assert right == f"IR97{account}"
    with pytest.raises(EncodingError):
        check_iban(f"IR00{account}")
