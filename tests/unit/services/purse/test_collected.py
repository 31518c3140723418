"""What a record of a purse moves, in time and late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartid.services.purse.accounts import LATE, merchant_account, shadow
from smartid.services.purse.collected import RecordReader
from smartid.stored_value.model import Kind, Verb
from smartid.stored_value.record import Movement, Record

CARD, MODULE = b"CARD0001", b"MERCH001"


def payment(verb: Verb) -> bytes:
    return Record(
        application=Kind.PURSE,
        verb=verb,
        key_version=1,
        card_id=CARD,
        counter=7,
        module_id=MODULE,
        module_counter=3,
        time=1_790_000_000,
        of_counter=6 if verb is Verb.RETURN else 0,
        movements=(Movement(1, 2500, 40_000),),
        tac=bytes(8),
    ).encode()


@pytest.mark.parametrize("verb", [Verb.DEBIT, Verb.RETURN])
def test_a_late_record_moves_the_same_at_the_account_for_late_ones(verb: Verb) -> None:
    found = RecordReader(Record.parse, {MODULE: "bakery"}).read(payment(verb))
    (usual,) = found.postings
    card, shop = shadow(CARD).name, merchant_account("bakery").name
    assert (usual.debit, usual.credit) == ((card, shop) if verb is Verb.DEBIT else (shop, card))
    assert (usual.id, usual.amount) == (found.id, 2500)
    assert found.late is not None
    side = {"credit": LATE.name} if verb is Verb.DEBIT else {"debit": LATE.name}
    assert found.late() == (replace(usual, **side),)
    assert found.series == ((f"card/{CARD.hex()}", 7), (f"module/{MODULE.hex()}", 3))
