"""The chain, byte for byte: blocks put together by hand from the reference page."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from smartid.services.ledger import open_book
from smartid.services.ledger.chain import microseconds, moment, pack_row, pack_rows
from smartid.services.ledger.values import Account, Guard, Kind, Transfer, transfer_id

AT = datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC)


def number(value: int, length: int = 8) -> bytes:
    return value.to_bytes(length, "big")


def test_two_blocks_by_hand(tmp_path: Path) -> None:
    first, second = transfer_id("a"), transfer_id("b")
    with open_book(f"sqlite:///{tmp_path}/book.db", clock=lambda: AT) as book:

        def work(entry: object) -> None:
            entry.open_account(
                Account(name="bank", unit="IRR", guard=Guard.NONE), Account(name="p", unit="IRR")
            )
            entry.post(Transfer(id=first, debit="bank", credit="p", amount=258, note="نان"))

        book.run(work)
        book.post([(Transfer(id=second, debit="p", credit="bank", amount=3, kind=Kind.PENDING, expires=AT),)])
        book.run(
            lambda entry: entry.post(
                Transfer(
                    id=bytes(15) + b"v", debit="p", credit="bank", amount=0, kind=Kind.VOID, pending=second
                )
            )
        )
        head = book.head()
    note = "نان".encode()
    blocks = (
        number(1) + number(1_000_005) + number(2) + number(1)
        + number(1) + b"\x00" + b"\x00\x04bank" + b"\x00\x03IRR"
        + number(2) + b"\x01" + b"\x00\x01p" + b"\x00\x03IRR"
        + first + bytes(16) + b"\x00" + number(1) + number(2) + number(258) + number(0) + b"\x00\x06" + note,
        number(2) + number(1_000_005) + number(2) + number(2)
        + second + bytes(16) + b"\x01" + number(2) + number(1) + number(3) + number(1_000_005) + b"\x00\x00",
        number(3) + number(1_000_005) + number(2) + number(3)
        + bytes(15) + b"v" + second + b"\x03" + number(2) + number(1) + number(0) + number(0) + b"\x00\x00",
    )  # fmt: skip
    expected = bytes(32)
    for block in blocks:
        expected = hashlib.sha256(expected + block).digest()
    assert (head.height, head.hash) == (3, expected)


@pytest.mark.parametrize("note", ["", "bread", "نان"])
def test_plain_transfers_are_packed_alike(note: str) -> None:
    row = (bytes(range(16)), 1, 2, 3, 0, None, None, note)
    assert pack_rows([row]) == [pack_row(row)]


def test_times() -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    assert microseconds(AT.astimezone(tehran)) == 1_000_005
    assert moment(1_000_005) == AT
    with pytest.raises(ValueError, match="time zone"):
        microseconds(datetime(2026, 1, 1))
