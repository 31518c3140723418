"""Our provider on the loopback interface, the sites that may ask, and a citizen with a card and a browser."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

pytest.importorskip("authlib", reason="authlib is not installed (pip install 'smartid[oidc]')")

from smartid.card.connect import connect
from smartid.card.pin import PIN
from smartid.identity.auth_token import AuthToken, Challenge
from smartid.identity.model import Purpose
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.mockcard.tls import write_tls
from smartid.oidc.clients import Client
from smartid.oidc.keys import KeyRing
from smartid.oidc.provider import Provider
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from smartid.web.http import Handler, Request, Response
from smartid.web.login import CardLogin
from tests.peers.https_site import https_site
from tests.peers.plain_browser import PlainBrowser

PINS = {"identity": "1234", "signature": "123456", "puk": "12345678"}
SECRET = b"a secret for tests only, 32 bytes"


class Clock:
    """The provider's clock: that of the computer, and what the test adds."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class House:
    """A running provider.

    told   forms that arrived at ``/told`` of the site
    pages  what else the site answers, by path; a page without anything otherwise
    """

    issuer: str
    site: str
    tls: Path
    provider: Provider
    clock: Clock
    card: MockCard
    told: list[str]
    pages: dict[str, Response]

    @property
    def authority(self) -> Path:
        return self.tls / "ca.pem"

    @contextlib.contextmanager
    def browser(self) -> Iterator[PlainBrowser]:
        with PlainBrowser(str(self.authority)) as browser:
            yield browser

    def pass_through(
        self, browser: PlainBrowser, address: str, *, until: str, answer: str = "allow"
    ) -> httpx.Response | str:
        """Follow a login from the site's address to the site's callback, with card and consent."""
        return pass_through(browser, self.card, address, until=until, answer=answer)


def pass_through(
    browser: PlainBrowser, card: MockCard, address: str, *, until: str, answer: str = "allow"
) -> httpx.Response | str:
    """Follow a login from a site's address to an address that begins with ``until``, or to a last page."""
    page = browser.open(address, until=until)
    for _ in range(3):
        if isinstance(page, str):
            return page
        if "<smartid-login" in page.text:
            page = _log_in(browser, card, page, until)
        elif 'name="ticket"' in page.text:
            page = browser.submit(page, button=answer, until=until)  # the consent page
        else:
            return page
    return page


def _log_in(browser: PlainBrowser, card: MockCard, page: httpx.Response, until: str) -> httpx.Response | str:
    """Do on a login page what the element does with add-on, card program and card."""
    values, own = _element(page), {"sec-fetch-site": "same-origin"}
    issuer = f"https://{page.url.netloc.decode()}"
    challenge = browser.client.get(urljoin(issuer, values["challenge-url"]), headers=own).json()
    token = _answer(card, Challenge(issuer, challenge["nonce"]))
    answer = browser.client.post(
        urljoin(issuer, values["login-url"]),
        json={"auth-token": token.as_dict(), "next": values["next"]},
        headers={**own, "origin": issuer, "x-csrf-token": values["csrf"]},
    )
    assert answer.status_code == 200, answer.text
    return browser.open(urljoin(issuer, answer.json()["next"]), until=until)


def _answer(card: MockCard, challenge: Challenge) -> AuthToken:
    pin = PIN(card.image.pins["identity"].value)
    with connect(transport=card.insert()) as plugged:
        with plugged.unlock(pin, purpose=Purpose.AUTHENTICATION) as unlocked:
            return unlocked.authenticate(challenge)


def _element(page: httpx.Response) -> dict[str, str]:
    [attributes] = re.findall(r"<smartid-login ([^>]+)>", page.text)
    return {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', attributes)}


@contextlib.contextmanager
def card_provider(folder: Path, clients: Any) -> Iterator[House]:
    """Run a provider whose clients are what ``clients`` gives for the origin of a site of theirs.

    The site answers 200 to everything, and a list keeps what is posted to ``/told``.
    """
    write_tls(folder / "tls")
    pki = ThrowAwayPKI.fresh()
    ders = (authority.der for authority in (pki.root, pki.citizen_ca, pki.csca))
    clock = Clock()
    policy = Policy(anchors=TrustStore.from_certificates(*ders, crls=pki.crls()), clock=clock)
    told: list[str] = []
    pages: dict[str, Response] = {}

    def site(request: Request) -> Response:
        if request.path == "/told":
            told.append(request.body.decode())
        return pages.get(request.path, Response.html("<title>site</title>"))

    made: list[Provider] = []

    def make(origin: str) -> Handler:
        login = CardLogin(origin, policy, secret=SECRET, site="سرویس ورود")
        listed: list[Client] = clients(site_origin)
        made.append(Provider(origin, login, listed, KeyRing.generate(), secret=SECRET))
        return made[0].handle

    with (
        https_site(lambda _: site, folder / "tls") as site_origin,
        https_site(make, folder / "tls") as issuer,
        MockCard(issue_citizen(CITIZENS["sara"], NATIONAL_REFERENCE, pki, pins=PINS)) as card,
    ):
        yield House(
            issuer=issuer,
            site=site_origin,
            tls=folder / "tls",
            provider=made[0],
            clock=clock,
            card=card,
            told=told,
            pages=pages,
        )
