"""A site, a browser with our add-on, a virtual reader and citizens: the whole way of a login."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any

import pytest

from smartid.errors import NoService
from smartid.mockcard import pcsclite
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.mockcard.tls import write_tls
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from smartid.web.headers import SECURITY_HEADERS
from smartid.web.http import Handler, Request, Response
from smartid.web.login import CardLogin
from tests.peers.chromium import CALLER, chromium, playwright
from tests.peers.https_site import https_site
from tests.peers.servers import ROOT

PIN = "1234"
PINS = {"identity": PIN, "signature": "123456", "puk": "12345678"}


@dataclass
class Site:
    """A shop with a home page for people who are signed in."""

    login: CardLogin
    people: list[str] = field(default_factory=list)

    def handle(self, request: Request) -> Response:
        if request.path.startswith("/auth/"):
            return self.login.handle(replace(request, path=request.path.removeprefix("/auth")))
        if request.path == "/outer":
            return Response.html(
                f"<!doctype html><title>outer</title><iframe src='{request.query}/inner'></iframe>"
            )
        if request.path == "/inner":
            return Response.html("<!doctype html><title>inner</title>")
        person = self.login.require(request)
        if isinstance(person, Response):
            return person
        self.people.append(person.name)
        page = f"<!doctype html><html lang=fa dir=rtl><title>خانه</title><h1>{escape(person.name)}</h1>"
        return Response.html(page).having(*SECURITY_HEADERS)


@dataclass
class World:
    """A site, a browser, a reader, and a citizen who types what the test says."""

    site: Site
    origin: str
    stranger: str
    browser: Any
    bench: PrivatePCSC
    pki: ThrowAwayPKI
    folder: Path
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def pin_file(self) -> Path:
        return self.folder / "pin"

    @property
    def said(self) -> Path:
        return self.folder / "said"

    def insert(self, citizen: str = "sara", *, tries_left: int = 3) -> MockCard:
        """Put a new card of a citizen into the reader."""
        image = issue_citizen(CITIZENS[citizen], NATIONAL_REFERENCE, self.pki, pins=PINS)
        image.pins["identity"].tries_left = tries_left
        card = self.stack.enter_context(MockCard(image))
        self.stack.enter_context(card.serve(self.bench.ports[0]))
        self.bench.wait_for_card()
        return card

    def remove(self) -> None:
        """Take the card out and wait until the service has seen it."""
        self.stack.close()
        socket = Path(self.bench.environment["PCSCLITE_CSOCK_NAME"])
        deadline = time.monotonic() + 10
        while any(pcsclite.reader_states(socket, seconds=10).values()):
            assert time.monotonic() < deadline
            time.sleep(0.02)  # as the service itself looks at its readers

    def open(self, lang: str = "fa", origin: str = "") -> Any:
        page = self.browser.new_page()
        page.goto(f"{origin or self.origin}/auth/?lang={lang}&next=/")
        page.locator('smartid-login [data-part="program"][data-state="ok"]').wait_for()
        return page


@contextmanager
def login_world(folder: Path, *, in_chromium: bool = True) -> Iterator[World]:
    """Set everything up in a folder; what is missing on the machine is a skip.

    in_chromium  start it; False leaves the browser to the caller
    """
    write_tls(folder / "tls")
    pki = ThrowAwayPKI.fresh()
    ders = (authority.der for authority in (pki.root, pki.citizen_ca, pki.csca))
    policy = Policy(anchors=TrustStore.from_certificates(*ders, crls=pki.crls()))
    sites: list[Site] = []

    def make(origin: str) -> Handler:
        sites.append(Site(CardLogin(origin, policy, site="فروشگاه")))
        return sites[-1].handle

    with ExitStack() as stack:
        try:
            bench = stack.enter_context(PrivatePCSC(readers=1))
        except NoService as error:
            pytest.skip(str(error))
        origin, stranger = (stack.enter_context(https_site(make, folder / "tls")) for _ in range(2))
        host = _launcher(folder, bench)
        browser = None
        if in_chromium:
            driver = stack.enter_context(playwright())
            browser = stack.enter_context(chromium(driver, folder, tls=folder / "tls", host=host))
        yield World(sites[0], origin, stranger, browser, bench, pki, folder)


def _launcher(folder: Path, bench: PrivatePCSC) -> Path:
    """What ``smartid agent install`` writes, for a kiosk: the PIN is in a file, consent is the test's."""
    (folder / "pin").touch(mode=0o600)
    variables = {**bench.environment, "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    words = [f"{name}={value}" for name, value in variables.items()]
    words += [sys.executable, "-m", "smartid", "--reader", bench.reader_names[0]]
    words += ["agent", "run", "--allow", CALLER, "--pin-fd", "3"]
    pin, said = (shlex.quote(str(folder / name)) for name in ("pin", "said"))
    launcher = folder / "host"
    launcher.write_text(f'#!/bin/sh\nexec env {shlex.join(words)} "$@" 3<{pin} 2>>{said}\n')
    launcher.chmod(0o755)
    return launcher
