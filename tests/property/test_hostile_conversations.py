"""Whatever a card answers: only errors of this library, no try lost, and no PIN left presented."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smartid
from smartid.mockcard.card import MockCard
from smartid.mockcard.image import CardImage
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from tests.sample_card import PINS, build_image, make_keys

STATUS = st.sampled_from(
    [
        "6100",
        "61FF",
        "6C00",
        "6C10",
        "6281",
        "6282",
        "6300",
        "6700",
        "6982",
        "6985",
        "6A80",
        "6A82",
        "6B00",
        "6D00",
        "6F00",
        "FFFF",
    ]
)
CHANGES = st.dictionaries(
    st.integers(0, 40),
    st.one_of(
        STATUS.map(lambda sw: lambda _: bytes.fromhex(sw)),
        STATUS.map(lambda sw: lambda answer: answer[:-2] + bytes.fromhex(sw)),
        st.binary(max_size=300).map(lambda data: lambda _: data),
        st.binary(max_size=300).map(lambda data: lambda _: data + b"\x90\x00"),
        st.integers(0, 300).map(lambda size: lambda answer: answer[:size]),
    ),
    min_size=1,
    max_size=8,
)


class HostileWire:
    """Changes the answers to the commands of these numbers, and leaves the card as it is when closed."""

    def __init__(self, card: MockCard, changes: dict[int, Callable[[bytes], bytes]]) -> None:
        self.atr, self.reset = card.atr, card.reset
        self._card, self._changes, self._count = card, changes, -1

    def transmit(self, command: bytes) -> bytes:
        self._count += 1
        answer = self._card.transmit(command)
        change = self._changes.get(self._count)
        return change(answer) if change else answer

    def transaction(self) -> AbstractContextManager[object]:
        return nullcontext()

    def close(self) -> None:
        pass


def pin(name: str = "identity") -> smartid.PIN:
    return smartid.PIN(PINS[name], repeat=True)


def read(card: smartid.Card) -> None:
    card.read_identity(fields=frozenset(smartid.Field))


def authenticate(card: smartid.Card) -> None:
    with card.unlock(pin(), purpose=smartid.Purpose.AUTHENTICATION) as unlocked:
        unlocked.authenticate(smartid.Challenge("https://example.ir", "n" * 44))
        unlocked.read_identity(fields=frozenset(smartid.Field))


def sign(card: smartid.Card) -> None:
    with card.unlock(pin("signature"), purpose=smartid.Purpose.SIGNATURE) as unlocked:
        for _ in range(2):
            unlocked.sign_digest(bytes(48), smartid.SignatureAlgorithm.ES384)


def change(card: smartid.Card) -> None:
    card.change_pin("identity", pin(), smartid.PIN("8642"))


def unblock(card: smartid.Card) -> None:
    card.unblock_pin("identity", pin("puk"), smartid.PIN("8642"))


def be_wrong(card: smartid.Card) -> None:
    card.verify_pin("identity", smartid.PIN("0000"))


@pytest.fixture(scope="module")
def image() -> CardImage:
    return build_image(NATIONAL_REFERENCE, make_keys(8))


@settings(max_examples=1_000, deadline=None)
@given(job=st.sampled_from([read, authenticate, sign, change, unblock, be_wrong]), changes=CHANGES)
def test_any_answers_end_in_a_named_error(
    image: CardImage, job: Callable[[smartid.Card], None], changes: dict[int, Callable[[bytes], bytes]]
) -> None:
    card = MockCard(image.snapshot())
    try:
        with smartid.connect(transport=HostileWire(card, changes)) as live:
            job(live)
    except (smartid.WrongPIN, smartid.PINBlocked):
        pass  # the card's word for it: what was garbled into this one is taken as said
    except smartid.SmartIDError:
        assert not_presented(card)
    else:
        assert not_presented(card)
    assert card.image.pins["identity"].tries_left >= 3 - (job is be_wrong)
    assert card.image.pins["puk"].tries_left == 10


def not_presented(card: MockCard) -> bool:
    return all(card.transmit(bytes((0x00, 0x20, 0x00, reference))) != b"\x90\x00" for reference in (1, 2, 3))
