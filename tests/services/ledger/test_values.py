from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from smartid.services.ledger.values import MAX_AMOUNT, Account, Kind, Transfer

PLAIN = Transfer(id=bytes(16), debit="a", credit="b", amount=1)
PENDING = replace(PLAIN, kind=Kind.PENDING)
VOID = replace(PLAIN, kind=Kind.VOID, pending=bytes(16), amount=0)


@pytest.mark.parametrize("transfer", [PLAIN, PENDING, VOID])
@pytest.mark.parametrize(
    "change",
    [
        {"id": b""},
        {"id": bytes(17)},
        {"amount": -1},
        {"amount": MAX_AMOUNT + 1},
        {"amount": 1.0},
        {"amount": True},
        {"credit": "a"},
        {"note": "x" * 201},
        {"note": "x\ny"},
        {"note": "\udc80"},
        {"pending": b"x"},
    ],
)
def test_what_is_no_transfer(transfer: Transfer, change: dict) -> None:
    with pytest.raises(ValueError, match="no ledger can carry out"):
        replace(transfer, **change)


@pytest.mark.parametrize(
    ("transfer", "change"),
    [
        (PLAIN, {"amount": 0}),
        (PENDING, {"amount": 0}),
        (PLAIN, {"pending": bytes(16)}),
        (PENDING, {"pending": bytes(16)}),
        (VOID, {"pending": b""}),
        (PLAIN, {"expires": datetime(2026, 1, 1, tzinfo=UTC)}),
        (VOID, {"expires": datetime(2026, 1, 1, tzinfo=UTC)}),
        (PENDING, {"expires": datetime(2026, 1, 1)}),
        (PLAIN, {"kind": 0}),
        (VOID, {"kind": Kind.POST}),
    ],
)
def test_what_a_kind_does_not_have(transfer: Transfer, change: dict) -> None:
    with pytest.raises(ValueError, match="no ledger can carry out"):
        replace(transfer, **change)


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"name": "x" * 201}, {"name": "a\n"}, {"name": "نان"}, {"unit": ""}]
)
def test_what_is_no_account(change: dict) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        replace(Account(name="a", unit="IRR"), **change)
