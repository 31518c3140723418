"""PINs: what is spent, when it is written, and what opens (ISO/IEC 7816-4:2020, 11.6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartid.mockcard.answer import Refusal
from smartid.mockcard.card_os import CardOS
from smartid.mockcard.image import CardImage
from smartid.mockcard.security import decode_pin, encode_pin
from smartid.profiles.base import PINEncoding
from smartid.profiles.national_reference import MASTER_FILE
from tests.sample_card import Talker

RIGHT = "00200001 08 31323334FFFFFFFF"
WRONG = "00200001 08 31323335FFFFFFFF"
PUK = "3837363534333231"
WRONG_PUK = "3837363534333239"


def test_tries_go_down_and_come_back(talk: Talker) -> None:
    assert talk("00200001") == "63C3"
    assert talk(WRONG) == "63C2"
    assert talk("00200001") == "63C2"
    assert talk(RIGHT) == "9000"
    assert talk("00200001") == "9000"
    assert talk(WRONG) == "63C2"
    assert talk("00200001") == "63C2"  # a wrong PIN also ends what was verified
    assert talk(RIGHT) == "9000"
    assert talk.image.pins["identity"].tries_left == 3


def test_a_blocked_pin_stays_blocked(talk: Talker) -> None:
    assert [talk(WRONG) for _ in range(4)] == ["63C2", "63C1", "63C0", "6983"]
    assert talk(RIGHT) == "6983"
    assert talk("00200001") == "6983"


def test_the_try_is_on_the_disk_before_the_comparison(image: CardImage) -> None:
    written: list[int] = []
    talk = Talker(CardOS(image, commit=lambda: written.append(image.pins["identity"].tries_left)))
    talk(WRONG)
    assert written == [2]
    talk(RIGHT)
    assert written == [2, 1, 3]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00200001 04 31323334", "6700"),  # not filled: no try is spent
        ("00200001 09 31323334FFFFFFFFFF", "6700"),
        ("00200101 08 31323334FFFFFFFF", "6A86"),
        ("00200009", "6A88"),
        ("00240001 08 31323334FFFFFFFF", "6700"),
        ("00240101 08 31323334FFFFFFFF", "6A86"),
        ("00240001 10 31323334FFFFFFFF 313233FFFFFFFFFF", "6A80"),  # new PIN too short
        ("00240001 10 31323334FFFFFFFF 3132334100000000", "6A80"),
        ("00240001 10 31323334FFFFFFFF 31323334FF35FFFF", "6A80"),
        ("002C0401", "6A86"),
        ("002C0003 10" + PUK + PUK, "6985"),  # nothing unblocks the PUK
        ("002C0201 08 31323334FFFFFFFF", "6982"),
        ("002C0301", "6982"),
    ],
)
def test_refusals_cost_no_try(talk: Talker, command: str, answer: str) -> None:
    assert talk(command) == answer
    assert talk("00200001") == "63C3"


def test_wrong_filling_is_a_wrong_pin(talk: Talker) -> None:
    assert talk("00200001 08 3132333400000000") == "63C2"


def test_change(talk: Talker) -> None:
    assert talk("00240001 10 31323335FFFFFFFF 3536373839FFFFFF") == "63C2"
    assert talk("00240001 10 31323334FFFFFFFF 3536373839FFFFFF") == "9000"
    assert talk(RIGHT) == "63C2"
    assert talk("00200001 08 3536373839FFFFFF") == "9000"


def test_unblock_with_the_puk(talk: Talker) -> None:
    for _ in range(3):
        talk(WRONG)
    assert talk("002C0001 10" + WRONG_PUK + "35363738FFFFFFFF") == "63C9"
    assert talk("002C0001 10" + PUK + "35363738FFFFFFFF") == "9000"
    assert talk("00200001") == "63C3"
    assert talk("00200001 08 35363738FFFFFFFF") == "9000"
    assert talk("00200003") == "63CA"  # the code was good for one command, its tries are back


def test_unblock_in_steps(talk: Talker) -> None:
    for _ in range(3):
        talk(WRONG)
    assert talk("002C0101 08" + PUK) == "9000"
    assert talk("00200001") == "63C3"
    talk(WRONG)
    assert talk("00200003 08" + PUK) == "9000"
    assert talk("002C0301") == "9000"
    assert talk("00200001") == "63C3"
    assert talk("002C0201 08 35363738FFFFFFFF") == "9000"
    assert talk("00200001 08 35363738FFFFFFFF") == "9000"


def test_the_puk_blocks_too(talk: Talker) -> None:
    answers = [talk("002C0001 10" + WRONG_PUK + "35363738FFFFFFFF") for _ in range(11)]
    assert answers[-2:] == ["63C0", "6983"]
    assert talk("002C0001 10" + PUK + "35363738FFFFFFFF") == "6983"
    assert talk(RIGHT) == "9000"


def test_logout(talk: Talker) -> None:
    talk(RIGHT)
    assert talk("002E0001") == "9000"
    assert talk("00200001") == "63C3"
    talk(RIGHT)
    assert talk("0020FF01") == "9000"
    assert talk("00200001") == "63C3"
    talk(RIGHT)
    assert talk("002E0000") == "9000"
    assert talk("00200001") == "63C3"
    assert talk("002E0100") == "6A86"


def test_a_card_without_status_query_takes_an_empty_verify_for_a_wrong_pin(image: CardImage) -> None:
    identity = replace(MASTER_FILE.pins[0], status_query=False, changeable=False)
    others = image.profile.applications[:-1]
    image.profile = replace(
        image.profile, applications=(*others, replace(MASTER_FILE, pins=(identity, *MASTER_FILE.pins[1:])))
    )
    talk = Talker(CardOS(image))
    assert [talk("00200001") for _ in range(3)] == ["63C2", "63C1", "6983"]
    assert talk("00240001 10 31323334FFFFFFFF 3536373839FFFFFF") == "6985"


def test_local_pins_end_with_their_application(image: CardImage) -> None:
    lds, pkcs15, *_, mf = image.profile.applications
    local = replace(MASTER_FILE.pins[0], reference=0x81)
    image.profile = replace(
        image.profile, applications=(lds, replace(pkcs15, pins=(local,)), replace(mf, pins=mf.pins[1:]))
    )
    talk = Talker(CardOS(image))
    assert talk("00200081") == "6A88"
    talk("00A4040C0CA000000063504B43532D3135")
    assert talk("00200081 08 31323334FFFFFFFF") == "9000"
    assert talk("00A4020C024331") == "9000"
    assert talk("00200081") == "9000"
    talk("00A4000C023F00")
    talk("00A4040C0CA000000063504B43532D3135")
    assert talk("00200081") == "63C3"


def test_blocks_of_two_digits_a_byte() -> None:
    spec = replace(MASTER_FILE.pins[0], encoding=PINEncoding.BCD)
    assert encode_pin(spec, "12345").hex().upper() == "12345FFFFFFFFFFF"
    assert decode_pin(spec, encode_pin(spec, "12345")) == "12345"
    assert decode_pin(spec, encode_pin(spec, "123456")) == "123456"
    with pytest.raises(Refusal):
        decode_pin(spec, bytes.fromhex("12FF34FFFFFFFFFF"))


def test_no_pin_in_any_representation(image: CardImage) -> None:
    assert "1234" not in repr(image.pins)
    assert "1234" not in repr(image)
