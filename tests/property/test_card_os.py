"""Any bytes get an answer: the card operating system and the card file against strangers' input."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from smartid.errors import EncodingError
from smartid.iso7816.apdu import CommandAPDU
from smartid.mockcard.card_os import MAX_CHAIN, CardOS
from smartid.mockcard.image import CardImage
from smartid.profiles.base import KeyType
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from tests.property.examples import MANY
from tests.sample_card import build_image, make_keys

INSTRUCTIONS = bytes.fromhex("20 22 24 2A 2C 2E 70 84 86 88 A4 B0 B1 B2 C0 CA CB D6 D7 DC E2")
LONGEST = 65_535


@cache
def keys() -> dict[KeyType, list[bytes]]:
    return make_keys()


def fresh() -> CardOS:
    return CardOS(build_image(NATIONAL_REFERENCE, keys()))


@cache
def shared() -> CardOS:
    """One card for all examples: what one command leaves behind meets the next."""
    return fresh()


byte = st.integers(0, 255)
likely_class = st.sampled_from(bytes.fromhex("00 00 00 01 02 10 0C 40 80"))
data = st.one_of(
    st.binary(max_size=300),
    st.sampled_from(
        [
            bytes.fromhex(text)
            for text in (
                "A0000002471001",
                "A000000063504B43532D3135",
                "50154B02",
                "5015",
                "31323334FFFFFFFF",
                "313233343536FFFF",
                "800104840101",
                "80010484010081024B02",
                "54020100",
                "5C01A0",
                "7C03850104",
            )
        ]
    ),
)
commands = st.builds(
    lambda cla, ins, p1, p2, body, ne: CommandAPDU(cla, ins, p1, p2, body, ne).encode(),
    likely_class,
    st.sampled_from(INSTRUCTIONS),
    st.one_of(st.sampled_from((0x00, 0x04, 0x08, 0x41, 0x80, 0x81, 0x9E, 0xFF)), byte),
    st.one_of(st.sampled_from((0x00, 0x01, 0x04, 0x0C, 0x9A, 0xA4, 0xB6)), byte),
    data,
    st.sampled_from((0, 1, 8, 256, 257, 65_536)),
)


def check(answer: bytes) -> None:
    assert 2 <= len(answer) <= LONGEST
    assert answer[-2] in (0x61, 0x62, 0x63, 0x65, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6D, 0x6E, 0x90)


@settings(max_examples=MANY, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer(command: bytes) -> None:
    check(shared().transmit(command))


@settings(max_examples=MANY, deadline=None)
@given(commands)
def test_any_command_gets_an_answer(command: bytes) -> None:
    check(shared().transmit(command))


class Conversation(RuleBasedStateMachine):
    """Long conversations with resets, guarded by what a chip must never break."""

    def __init__(self) -> None:
        super().__init__()
        self.spent: dict[str, int] = {}
        self.card = fresh()
        self.image = self.card.image

    @rule(command=commands)
    def command(self, command: bytes) -> None:
        check(self.card.transmit(command))

    @rule()
    def reset(self) -> None:
        self.card.reset()
        assert self.card.transmit(bytes.fromhex("0184000008")) == b"\x68\x81"

    @rule()
    def wrong_pin(self) -> None:
        before = self.image.pins["identity"].tries_left
        self.card.transmit(bytes.fromhex("002000010839393939FFFFFFFF"))
        assert self.image.pins["identity"].tries_left == max(before - 1, 0)

    @invariant()
    def counters_stay_in_bounds(self) -> None:
        for pin in self.image.pins.values():
            assert 0 <= pin.tries_left <= pin.max_tries

    @invariant()
    def memory_is_bounded(self) -> None:
        channels = self.card._channels
        assert len(channels) <= 4
        assert all(len(channel.chain) <= MAX_CHAIN for channel in channels.values())
        assert all(len(channel.rest) <= LONGEST for channel in channels.values())

    @invariant()
    def the_image_can_be_stored(self) -> None:
        assert CardImage.from_json(self.image.to_json()) == self.image


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)


@cache
def good_text() -> str:
    image = build_image(NATIONAL_REFERENCE, keys())
    image.files = {"DG1": b"abc", "EF.DIR": [b"1", b"2"]}
    return image.to_json()


@settings(max_examples=MANY, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_card_file_or_an_encoding_error(text: str) -> None:
    _read(text)


@settings(max_examples=MANY, deadline=None)
@given(st.data())
def test_a_damaged_card_file_is_read_or_refused(drawn: st.DataObject) -> None:
    text = good_text()
    at = drawn.draw(st.integers(0, len(text) - 1))
    width = drawn.draw(st.integers(0, 20))
    _read(text[:at] + drawn.draw(st.text(max_size=5)) + text[at + width :])


def _read(text: str) -> None:
    try:
        image = CardImage.from_json(text)
    except EncodingError:
        return
    check(CardOS(image).transmit(bytes.fromhex("0084000008")))
    assert CardImage.from_json(image.to_json()) == image
