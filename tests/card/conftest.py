"""Cards to test with: issued once per session, copied for each test."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from smartid.mockcard.personalize import issue_citizen

from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.image import CardImage
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.base import CardProfile
from smartid.profiles.national_reference import NATIONAL_REFERENCE

PINS = {"identity": "4071", "signature": "920318", "puk": "55019283"}

Issue = Callable[..., MockCard]


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
