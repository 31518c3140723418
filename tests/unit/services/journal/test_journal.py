"""Receipts: numbers, chain, signature, and the forms in which they travel."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.errors import EncodingError, SignatureInvalid
from smartid.identity.transaction import MAX_NUMBER, MAX_TIME
from smartid.services.journal import base45, keys, proof
from smartid.services.journal.body import FIRST, PREFIX, Body, details_digest
from smartid.services.journal.journal import Journal, verify_chain
from smartid.services.journal.receipt import make_receipt, parse_receipt, receipt_json, verify_receipt
from smartid.services.journal.words import receipt_rows
from smartid.services.ledger.book import Book
from smartid.services.spine.states import State
from smartid.services.spine.values import Receipt
from tests.unit.services.journal.conftest import NOON, Pay

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BODY = Body(
    amount=50_000,
    case="7f3a" * 8,
    details=details_digest({"till": 3}),
    key=keys.key_id(KEY.public_key()),
    number=12,
    payee="فروشگاه ۱۲",
    previous="ab" * 32,
    service="purse",
    state=State.COMPLETED,
    time=1_795_422_600,
    unit="IRR",
    verb="pay",
)
RECEIPT = make_receipt(BODY, KEY.sign(BODY.message()), {"till": 3})
FILE = receipt_json(RECEIPT).encode()


def test_a_receipt_says_what_was_written(pay: Pay, journal: Journal) -> None:
    receipt = pay(50_000, till=3)
    assert (receipt.number, receipt.amount, receipt.unit, receipt.state) == (1, 50_000, "IRR", "completed")
    assert (receipt.time, dict(receipt.details)) == (NOON, {"till": 3})
    assert json.loads(receipt.body)["previous"] == FIRST
    assert verify_receipt(receipt.qr, journal.public_key).id == receipt.id
    assert verify_receipt(receipt_json(receipt), journal.public_key) == receipt


def test_the_signed_bytes_are_written_out_by_hand() -> None:
    by_hand = (
        '{"amount":50000,"case":"7f3a7f3a7f3a7f3a7f3a7f3a7f3a7f3a","details":"' + BODY.details + '","key":"'
        '56475aa75463474c","number":12,"payee":"فروشگاه ۱۲","previous":"' + "ab" * 32 + '","service":"purse",'
        '"state":"completed","time":1795422600,"unit":"IRR","verb":"pay"}'
    )
    assert BODY.message() == b"smartid receipt 1\n" + by_hand.encode()
    KEY.public_key().verify(RECEIPT.signature, PREFIX + by_hand.encode())


def test_numbers_have_no_gaps_and_an_entry_that_fails_leaves_none(
    book: Book, pay: Pay, journal: Journal
) -> None:
    pay(1)

    def fails(entry: object) -> None:
        journal.write(
            entry,  # type: ignore[arg-type]
            service="purse",
            verb="pay",
            state=State.COMPLETED,
            amount=1,
            unit="IRR",
            payee="",
            case="00" * 16,
        )
        raise LookupError

    with pytest.raises(LookupError):
        book.run(fails)
    assert pay(2).number == 2
    assert journal.verify_chain() == 2
    assert [receipt.amount for receipt in journal.receipts()] == [1, 2]
    assert journal.receipt(3) is None


def test_a_chain_with_one_changed_missing_or_exchanged_is_refused(pay: Pay, journal: Journal) -> None:
    receipts = [pay(amount) for amount in range(1, 5)]
    assert verify_chain(iter(receipts), journal.public_key) == 4
    broken = [receipts[1:], [*receipts[:1], *receipts[2:]], [receipts[1], receipts[0]]]
    for chain in broken:
        with pytest.raises(EncodingError):
            verify_chain(iter(chain), journal.public_key)
    changed = Body.parse(receipts[2].body)
    forged = replace(receipts[2], body=replace(changed, amount=9).encode())
    with pytest.raises(SignatureInvalid):
        verify_chain(iter([*receipts[:2], forged]), journal.public_key)


def test_another_key_did_not_sign_it() -> None:
    with pytest.raises(SignatureInvalid):
        verify_receipt(RECEIPT.qr, Ed25519PrivateKey.generate().public_key())


OTHERS = {
    "amount": 50_001,
    "case": "7f3b" * 8,
    "details": "",
    "key": "00" * 8,
    "number": 13,
    "payee": "فروشگاه ۱۳",
    "previous": FIRST,
    "service": "fuel",
    "state": State.UNKNOWN,
    "time": 1_795_422_601,
    "unit": "ml",
    "verb": "load",
}


@pytest.mark.parametrize("name", [item.name for item in fields(Body)])
def test_every_member_is_signed(name: str) -> None:
    changed = make_receipt(replace(BODY, **{name: OTHERS[name]}), RECEIPT.signature, {})
    with pytest.raises(SignatureInvalid):
        verify_receipt(changed.qr, KEY.public_key())


@settings(max_examples=300)
@given(st.data())
def test_any_byte_changed_is_refused(data: st.DataObject) -> None:
    """A blank more in a file changes nothing that was signed; everything else is refused."""
    whole = data.draw(st.sampled_from([FILE, RECEIPT.qr.encode()]))
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    mutant = whole[:place] + bytes([byte]) + whole[place + 1 :]
    try:
        found = verify_receipt(mutant, KEY.public_key())
    except (EncodingError, SignatureInvalid):
        return
    assert (found.body, found.signature) == (RECEIPT.body, RECEIPT.signature)
    assert mutant.split() == whole.split()


@settings(max_examples=300)
@given(st.one_of(st.text(), st.binary(), st.text(base45.ALPHABET).map(lambda text: proof.PREFIX + text)))
def test_any_text_is_refused_by_name(text: str | bytes) -> None:
    with pytest.raises(EncodingError):
        parse_receipt(text)


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.integers()))


@given(st.fixed_dictionaries({}, optional={item.name: SCALARS for item in fields(Body)}))
def test_any_object_in_place_of_the_body_is_refused(members: dict[str, object]) -> None:
    body = json.loads(BODY.encode()) | members
    if body == json.loads(BODY.encode()):
        return
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    document = json.loads(FILE) | {"body": text}
    with pytest.raises((EncodingError, SignatureInvalid)):
        verify_receipt(json.dumps(document).encode("utf-8", "replace"), KEY.public_key())


@pytest.mark.parametrize("time", [MAX_TIME + 1, MAX_NUMBER])
def test_a_time_that_no_calendar_has_is_no_time(time: int) -> None:
    body = BODY.encode().replace(str(BODY.time).encode(), str(time).encode())
    with pytest.raises(EncodingError):
        parse_receipt(json.dumps(json.loads(FILE) | {"body": body.decode()}))


def test_details_are_bound_by_their_hash() -> None:
    document = json.loads(FILE) | {"details": {"till": 4}}
    with pytest.raises(EncodingError, match="details"):
        parse_receipt(json.dumps(document))
    assert dict(parse_receipt(RECEIPT.qr).details) == {}


@pytest.mark.parametrize("details", [{"a": 1.5}, {"a": True}, {"A": 1}, {"a": "x" * 9000}, {"a": "x\ny"}])
def test_details_that_no_receipt_holds(details: dict[str, str | int]) -> None:
    with pytest.raises(EncodingError):
        details_digest(details)


def test_the_text_of_the_qr_code_is_short() -> None:
    assert len(RECEIPT.qr) <= 360
    assert len(base45.decode(RECEIPT.qr.removeprefix(proof.PREFIX).encode())) <= 240
    assert set(RECEIPT.qr) <= set(base45.ALPHABET)


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")],
)
def test_the_examples_of_rfc_9285(data: bytes, text: str) -> None:
    assert base45.encode(data) == text
    assert base45.decode(text.encode()) == data


@pytest.mark.parametrize("text", [b"GGW", b":::", b"A", b"ABCD", b"ab8", b"ZZ"])
def test_what_is_no_base45(text: bytes) -> None:
    with pytest.raises(EncodingError):
        base45.decode(text)


@given(st.binary(max_size=64))
def test_base45_comes_back(data: bytes) -> None:
    assert base45.decode(base45.encode(data).encode()) == data


def test_the_key_file_is_for_its_owner_only_and_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "journal.pem"
    made = keys.new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.load_key(path).public_key() == made.public_key()
    with pytest.raises(FileExistsError):
        keys.new_key(path)
    (tmp_path / "public.pem").write_bytes(keys.public_pem(made.public_key()))
    assert keys.load_public_key(tmp_path / "public.pem") == made.public_key()
    for load, wrong in ((keys.load_key, "public.pem"), (keys.load_public_key, "journal.pem")):
        with pytest.raises(EncodingError) as error:
            load(tmp_path / wrong)
        assert error.value.__cause__ is None
    assert made.private_bytes_raw().hex() not in repr(Journal(None, made))  # type: ignore[arg-type]


def test_a_receipt_keeps_its_proof_out_of_its_repr() -> None:
    assert isinstance(RECEIPT, Receipt)
    assert RECEIPT.signature.hex() not in repr(RECEIPT)
    assert RECEIPT.qr not in repr(RECEIPT)


@pytest.mark.parametrize("time", [MAX_TIME + 1, 253_402_300_800, 2**53 - 1])
def test_a_time_without_a_date_is_refused_by_name(time: int) -> None:
    head, tail = RECEIPT.body.split(b'"time":')
    broken = head + b'"time":%d' % time + tail[tail.index(b",") :]
    with pytest.raises(EncodingError):
        Body.parse(broken)
    last = Body.parse(head + b'"time":%d' % MAX_TIME + tail[tail.index(b",") :])
    assert receipt_rows(make_receipt(last, bytes(64), {}), "fa")
