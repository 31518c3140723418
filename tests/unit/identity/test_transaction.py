"""Transactions: one canonical form, and nothing in it can be changed unseen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import EncodingError
from smartid.identity.transaction import MAX_BODY, MAX_NUMBER, MAX_TIME, Transaction, displayed

SENTENCE = "پرداخت ۱٬۲۵۰٬۰۰۰ ریال به فروشگاه مرکزی"
SAMPLE = Transaction(
    service="purchase",
    verb="authorise",
    amount=1_250_000,
    unit="IRR",
    payee="فروشگاه مرکزی",
    terminal="T-0001",
    terminal_counter=7,
    holder="7f3a" * 8,
    time=1_766_000_000,
    expires=1_766_000_300,
    nonce="00112233445566778899aabbccddeeff",
    policy="purchase 2025-12-13",
    display=displayed(SENTENCE),
    details={"order": "A-17", "items": 3},
)


def test_a_body_is_json_with_sorted_names_and_no_blanks() -> None:
    body = SAMPLE.encode()
    assert json.loads(body) == SAMPLE.as_dict()
    assert body.startswith(b'{"amount":1250000,"details":{"items":3,"order":"A-17"},"display":"')
    assert "فروشگاه مرکزی".encode() in body


def test_what_is_hashed_begins_with_the_name_of_the_format() -> None:
    message = b"smartid transaction 1\n" + SAMPLE.encode()
    assert SAMPLE.message() == message
    assert SAMPLE.fingerprint == hashlib.sha256(message).digest()
    assert SAMPLE.digest(SignatureAlgorithm.ES384) == hashlib.sha384(message).digest()


def test_a_sentence_is_hashed_in_normal_form_c() -> None:
    assert displayed("\u0627\u0653\u0628") == displayed("\u0622\u0628")
    assert displayed(SENTENCE) != displayed(SENTENCE.replace("۱", "۲", 1))


def test_a_body_reads_back() -> None:
    assert Transaction.parse(SAMPLE.encode()) == SAMPLE


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace(b":", b": ", 1),
        lambda body: body.replace(b'"amount":1250000', b'"amount":1250000,"amount":1250000'),
        lambda body: body.replace(b'"amount":1250000', b'"amount":1250000.0'),
        lambda body: body.replace(b'"amount":1250000', b'"amount":true'),
        lambda body: body.replace(b'"amount":1250000', b'"amount":-1'),
        lambda body: body.replace(b'"amount":1250000,', b""),
        lambda body: body.replace(b'"unit":"IRR"', b'"unit":"IRR","more":1'),
        lambda body: body.replace(b'"IRR"', b'"\\u0049RR"'),
        lambda body: body.replace(b'"IRR"', b'"\\ud800"'),
        lambda body: body.replace(b'"details":{"items":3,"order":"A-17"}', b'"details":[]'),
        lambda body: body.replace(b'"items":3', b'"items":{}'),
        lambda body: body.replace(b'"items"', b'"Items"'),
        lambda body: body + b" ",
        lambda body: b"[" * 8000,
        lambda body: body.ljust(MAX_BODY + 1),
    ],
)
def test_any_other_spelling_is_refused(change) -> None:
    assert change(SAMPLE.encode()) != SAMPLE.encode()
    with pytest.raises(EncodingError):
        Transaction.parse(change(SAMPLE.encode()))


@pytest.mark.parametrize(
    "members",
    [
        {"amount": MAX_NUMBER + 1},
        {"amount": 1.5},
        {"time": MAX_TIME + 1},
        {"expires": MAX_TIME + 1},
        {"payee": "a\nb"},
        {"payee": "a\u202eb"},
        {"payee": "\u0627\u0653\u0628"},
        {"payee": "x" * 1025},
        {"details": {"Order": "A"}},
        {"details": {"order": None}},
        {"details": {f"name{number}": "x" * 1000 for number in range(9)}},
    ],
)
def test_a_transaction_that_could_be_misread_cannot_be_made(members) -> None:
    with pytest.raises(EncodingError):
        replace(SAMPLE, **members)


def test_the_last_second_is_a_time() -> None:
    assert replace(SAMPLE, expires=MAX_TIME).expires_at.year == 6325


def test_persian_joiners_are_letters() -> None:
    assert Transaction.parse(replace(SAMPLE, payee="کتاب\u200cفروشی").encode()).payee == "کتاب\u200cفروشی"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_transaction_or_an_error(data) -> None:
    with pytest.raises(EncodingError):
        Transaction.parse(data)


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=255))
def test_no_byte_can_be_changed_into_the_same_transaction(at, value) -> None:
    body = bytearray(SAMPLE.encode())
    position = at % len(body)
    if body[position] == value:
        return
    body[position] = value
    try:
        changed = Transaction.parse(bytes(body))
    except EncodingError:
        return
    assert changed != SAMPLE
    assert changed.fingerprint != SAMPLE.fingerprint
