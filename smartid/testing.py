"""Fixtures for pytest: cards without cards.

Switch them on in ``conftest.py``::

    pytest_plugins = ["smartid.testing"]

Everything here is made in memory; no reader, no service and no file of the user is touched.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import pytest

from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.base import CardProfile
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.transport.base import Transport
from smartid.transport.trace import RecordingTransport
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore


class MockCardFactory(Protocol):
    """What the fixture ``mock_card`` gives."""

    def __call__(
        self,
        citizen: str = "sara",
        *,
        profile: CardProfile = NATIONAL_REFERENCE,
        pins: Mapping[str, str] | None = None,
    ) -> MockCard:
        """A new card of a sample citizen; PINs that are left out are random and stand in ``image.pins``.

        Raises KeyError for a citizen that ``smartid mock list`` does not name.
        """
        ...


@pytest.fixture(scope="session")
def test_pki() -> ThrowAwayPKI:
    """A national PKI of the test run's own. Its keys are gone with the process."""
    return ThrowAwayPKI.fresh()


@pytest.fixture(scope="session")
def test_policy(test_pki: ThrowAwayPKI) -> Policy:
    """A policy that believes the cards of ``mock_card`` and nobody else."""
    authorities = (test_pki.root, test_pki.citizen_ca, test_pki.csca)
    anchors = TrustStore.from_certificates(*(authority.der for authority in authorities))
    return Policy(anchors=anchors + TrustStore(crls=tuple(test_pki.crls())))


@pytest.fixture
def mock_card(test_pki: ThrowAwayPKI) -> Iterator[MockCardFactory]:
    """Make mock cards: ``mock_card("sara")``. They are taken out of their readers when the test ends."""
    made: list[MockCard] = []

    def make(
        citizen: str = "sara",
        *,
        profile: CardProfile = NATIONAL_REFERENCE,
        pins: Mapping[str, str] | None = None,
    ) -> MockCard:
        made.append(MockCard(issue_citizen(CITIZENS[citizen], profile, test_pki, pins=pins)))
        return made[-1]

    yield make
    for card in made:
        card.close()


@pytest.fixture
def trace() -> Callable[[Transport], RecordingTransport]:
    """Print a conversation as a trace: ``connect(transport=trace(card.insert()))``.

    pytest shows what was printed when the test fails. The holders are invented: nothing but PINs is hidden.
    """
    return lambda transport: RecordingTransport(transport, sys.stdout, personal=True)
