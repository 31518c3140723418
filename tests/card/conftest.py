"""Cards to test with: issued once per session, copied for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.image import CardImage
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.base import CardProfile
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.transport import pcsc
from smartid.transport.base import Happening
from tests.card.standin import ATR_T1, StandIn

PINS = {"identity": "4071", "signature": "920318", "puk": "55019283"}

Issue = Callable[..., MockCard]
Insert = Callable[..., StandIn]
PATIENCE = timedelta(seconds=10)


@pytest.fixture(scope="session")
def pki() -> ThrowAwayPKI:
    return ThrowAwayPKI.fresh()


@pytest.fixture(scope="session")
def issued(pki: ThrowAwayPKI) -> Callable[[str, CardProfile], CardImage]:
    """The image of a citizen's card, made once for each citizen and profile."""
    made: dict[tuple[str, str], CardImage] = {}

    def issue(citizen: str, profile: CardProfile) -> CardImage:
        key = (citizen, profile.name)
        if key not in made:
            made[key] = issue_citizen(CITIZENS[citizen], profile, pki)
        return made[key]

    return issue


@pytest.fixture
def issue(issued: Callable[[str, CardProfile], CardImage]) -> Issue:
    """A fresh card of a citizen, with the PINs above."""

    def fresh(citizen: str = "", profile: CardProfile = NATIONAL_REFERENCE) -> MockCard:
        image = issued(citizen or next(iter(CITIZENS)), profile).snapshot()
        for name, state in image.pins.items():
            state.value = PINS[name]
        return MockCard(image)

    return fresh


class Counting:
    """A transport that counts commands and answered bytes."""

    def __init__(self, inner):
        self._inner = inner
        self.commands: list[bytes] = []
        self.answered = 0

    @property
    def atr(self):
        return self._inner.atr

    def transmit(self, command):
        self.commands.append(command)
        answer = self._inner.transmit(command)
        self.answered += len(answer) - 2
        return answer

    def transaction(self):
        return self._inner.transaction()

    def close(self):
        self._inner.close()


@pytest.fixture
def counting():
    return Counting


@pytest.fixture
def insert(private_pcsc: PrivatePCSC) -> Iterator[Insert]:
    """Puts a stand-in card into a slot, 0 to 3, and waits until PC/SC has seen it; pulls it at the end."""
    inserted: list[tuple[int, StandIn]] = []

    def put(slot: int = 0, atr: bytes = ATR_T1) -> StandIn:
        card = StandIn(private_pcsc.ports[slot], atr)
        inserted.append((slot, card))
        pcsc.wait_for_card(private_pcsc.reader_names[slot], PATIENCE)
        return card

    yield put
    for _, card in inserted:
        card.close()
    wait_until_empty()


def wait_until_empty() -> None:
    """Wait until the service has seen every card leave."""
    events = pcsc.watch(timeout=PATIENCE.total_seconds())
    waiting = {reader.name for reader in pcsc.readers() if reader.atr or reader.mute}
    while waiting:
        event = next(events)
        if event.happening is Happening.REMOVED:
            waiting.discard(event.reader.name)
    events.close()
