"""A site with card login, and people with cards who come to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.testing import test_pki, test_policy
from smartid.trust.policy import Policy
from smartid.web.login import CardLogin
from smartid.web.mount import run
from tests.browser import ORIGIN, Browser, Card

__all__ = ["test_pki", "test_policy"]


class Clock:
    """The site's clock: stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(scope="package")
def sara(test_pki: ThrowAwayPKI) -> Iterator[Card]:
    """One card for all tests: a login changes nothing on it."""
    card = MockCard(issue_citizen(CITIZENS["sara"], NATIONAL_REFERENCE, test_pki))
    yield Card(card)
    card.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def policy(test_policy: Policy, clock: Clock) -> Policy:
    return replace(test_policy, clock=clock)


@pytest.fixture
def login(policy: Policy) -> CardLogin:
    return CardLogin(ORIGIN, policy)


@pytest.fixture
def browser(login: CardLogin) -> Browser:
    return visitor(login)


def visitor(login: CardLogin, **traits: str) -> Browser:
    """Somebody who comes to the site for the first time."""
    return Browser(lambda request: run(login.handle, request, login.prefix), **traits)
