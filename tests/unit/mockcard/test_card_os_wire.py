"""Class bytes, channels, chaining and the lengths of answers (ISO/IEC 7816-4:2020, 5.3, 5.4 and 11.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartid.mockcard.card_os import MAX_CHAIN, CardOS
from smartid.mockcard.image import CardImage
from tests.sample_card import Talker

SELECT_LDS = "A4040C07A0000002471001"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("", "6700"),
        ("00", "6700"),
        ("008400", "6700"),
        ("00840000", "6700"),  # no Le
        ("0084000002AA", "6700"),
        ("00840000000001AA0000FF", "6700"),
        ("00FF000000", "6D00"),
        ("2084000008", "6E00"),
        ("8084000008", "6E00"),
        ("A0A4000C023F00", "6E00"),
        ("FF84000008", "6E00"),
        ("0484000008", "6882"),
        ("0C84000008", "6882"),
        ("6084000008", "6882"),
        ("0184000008", "6881"),
        ("4084000008", "6881"),
        ("4F84000008", "6881"),
        ("00C0000000", "6985"),
        ("0084010008", "6A86"),
    ],
)
def test_refusals(talk: Talker, command: str, answer: str) -> None:
    assert talk(command) == answer


def test_channels_open_in_order_and_keep_apart(talk: Talker) -> None:
    assert talk("0070000001") == "019000"
    assert talk("0070000300") == "9000"
    assert talk("0070000001") == "029000"
    assert talk("0070000001") == "6A81"
    assert talk("0070000400") == "6A86"
    assert talk("01" + SELECT_LDS) == "9000"
    assert talk("01B09E0001").endswith("9000")
    assert talk("00B09E0001") == "6A82"  # channel 0 stands in the MF
    assert talk("01200001 08 31323334FFFFFFFF") == "9000"
    assert talk("01200001") == "9000"
    assert talk("00200001") == "63C3"
    assert talk("00708001") == "9000"
    assert talk("01B09E0001") == "6881"
    assert talk("00708001") == "6200"
    assert talk("00708000") == "6A86"
    assert talk("0370800000"[:8]) == "9000"  # a channel closes itself
    assert talk("0384000008") == "6881"


def test_a_channel_opened_from_another_inherits_its_place(talk: Talker) -> None:
    talk("0070000001")
    talk("01" + SELECT_LDS)
    assert talk("0170000001") == "029000"
    assert talk("02B09E0001").endswith("9000")
    assert talk("0070000001") == "039000"
    assert talk("03B09E0001") == "6A82"


def test_a_reset_forgets_everything_volatile(talk: Talker) -> None:
    talk("0070000001")
    talk("00" + SELECT_LDS)
    talk("00200001 08 31323334FFFFFFFF")
    talk.card.reset()
    assert talk("0184000008") == "6881"
    assert talk("00B09E0001") == "6A82"
    assert talk("00200001") == "63C3"


def test_a_chained_command_is_one_command(talk: Talker) -> None:
    assert talk("10A4040C03 A00000") == "9000"
    assert talk("10A4040C03 024710") == "9000"
    assert talk("00A4040C01 01") == "9000"
    assert talk("00B09E0001").endswith("9000")


def test_another_command_ends_a_chain(talk: Talker) -> None:
    assert talk("10A4040C03 A00000") == "9000"
    assert talk("0084000008").endswith("9000")
    assert talk("00A4040C04 02471001") == "6A82"


def test_a_chain_is_bounded(talk: Talker) -> None:
    piece = b"\x10\xa4\x04\x0c\xff" + bytes(255)
    answers = [talk(piece) for _ in range(MAX_CHAIN // 255 + 1)]
    assert answers[-1] == "6700"
    assert set(answers[:-1]) == {"9000"}
    assert talk("00" + SELECT_LDS) == "9000"


def test_a_long_answer_waits_for_get_response(talk: Talker) -> None:
    whole = talk.data("00A4040007A000000247100100")
    assert talk("00A4040007A000000247100105") == whole[:5].hex().upper() + f"61{len(whole) - 5:02X}"
    assert talk("00C0000003") == whole[5:8].hex().upper() + f"61{len(whole) - 8:02X}"
    assert talk("00C0000000") == whole[8:].hex().upper() + "9000"
    assert talk("00C0000000") == "6985"
    talk("00A4040007A000000247100105")
    assert talk("0084000001").endswith("9000")
    assert talk("00C0000000") == "6985"  # another command came between


def test_select_without_le_answers_9000_alone(talk: Talker) -> None:
    assert talk("00A4040007A0000002471001") == "9000"


def test_select_over_t0_answers_61xx(image: CardImage) -> None:
    image.profile = replace(image.profile, mock_atr=bytes.fromhex("3B00"))
    talk = Talker(CardOS(image))
    answer = talk("00A4040007A0000002471001")
    assert answer[:2] == "61"
    assert talk("00C00000" + answer[2:]).startswith("6F")


def test_get_challenge(talk: Talker) -> None:
    assert len(talk.data("0084000000")) == 256
    assert len(talk.data("00840000 000200")) == 512
    assert len(talk.data("00840000 000000")) == 65_533
    assert talk.data("0084000008") != talk.data("0084000008")


def test_random_numbers_come_from_the_caller(image: CardImage) -> None:
    assert Talker(CardOS(image, random=bytes))("0084000004") == "000000009000"


def test_a_full_disk_is_a_memory_failure(image: CardImage) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    talk = Talker(CardOS(image, commit=full))
    assert talk("00200001 08 31323334FFFFFFFF") == "6581"
    assert talk("00200001") == "63C2"


def test_an_atr_without_capabilities_promises_nothing(image: CardImage) -> None:
    image.profile = replace(image.profile, mock_atr=bytes.fromhex("3B00"))
    talk = Talker(CardOS(image))
    assert talk("00B09E00000100") == "6700"
    assert talk("10A4040C03A00000") == "6884"
    assert talk("0070000001") == "6A81"
