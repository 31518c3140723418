"""<smartid-login> in Chromium, with our add-on and a card program that does as the test says."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from smartid.mockcard.tls import write_tls
from smartid.web.headers import SECURITY_HEADERS
from smartid.web.http import Request, Response
from smartid.web.pages import render, static_file
from smartid.web.words import words
from tests.peers.accessibility import assert_accessible
from tests.peers.chromium import chromium
from tests.peers.https_site import https_site

pytestmark = pytest.mark.peers_heavy

NONCE = "n" * 44
TOKEN = {
    "unverifiedCertificate": "Y2VydA==",
    "algorithm": "ES384",
    "signature": "c2ln",
    "format": "web-eid:1.0",
    "appVersion": "https://example.test/2.0.0",
}
LANGUAGES = ("fa", "en")


@dataclass
class Site:
    """A login page whose server answers as the test says."""

    origin: str
    answer: Response = field(default_factory=lambda: Response.json({"name": "سارا احمدی", "next": "/home"}))
    bodies: list[Any] = field(default_factory=list)
    challenges: int = 0
    tokens: list[str] = field(default_factory=list)

    def handle(self, request: Request) -> Response:
        return self._page(request).having(*SECURITY_HEADERS)

    def _page(self, request: Request) -> Response:
        lang = parse_qs(request.query).get("lang", ["fa"])[0]
        common: dict[str, Any] = {"site": "فروشگاه", "prefix": "/auth", "here": request.path}
        if request.path.startswith("/auth/static/"):
            found = static_file(request.path.removeprefix("/auth/static/"))
            return (
                Response(body=found[0], headers=(("content-type", found[1]),))
                if found
                else Response(status=404)
            )
        if request.path == "/auth/challenge":
            self.challenges += 1
            self.tokens.append(request.headers.get("x-csrf-token", ""))
            return Response.json({"nonce": NONCE})
        if request.path == "/auth/login":
            self.tokens.append(request.headers.get("x-csrf-token", ""))
            self.bodies.append(json.loads(request.body))
            return self.answer
        if request.path == "/error":
            common |= {
                "message": words()[lang]["codes"]["SERVER_REFUSED"][0],
                "remedy": "…",
                "reason": "x_y",
                "back": "/",
            }
            return Response.html(render("error", lang, **common))
        if request.path == "/home":
            return Response.html("<!doctype html><title>home</title><p>home")
        page = render(
            "login", lang, **common, origin=self.origin, csrf="token-1", next="/home", throw_away=True
        )
        return Response.html(page)


@dataclass
class World:
    """A site, a browser with the add-on, and what the card program is told to do."""

    site: Site
    browser: Any
    plan_file: Path

    def plan(self, **plan: Any) -> None:
        self.plan_file.write_text(json.dumps({"version": "2.0.0", **plan}))
        self.plan_file.with_suffix(".asked").unlink(missing_ok=True)

    @property
    def asked(self) -> list[Any]:
        file = self.plan_file.with_suffix(".asked")
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def open(self, lang: str = "fa") -> Any:
        page = self.browser.new_page()
        page.goto(f"{self.site.origin}/?lang={lang}")
        return page


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("element")
    write_tls(folder / "tls")
    host, plan = folder / "host", folder / "plan.json"
    script = Path(__file__).with_name("scripted_host.py")
    host.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "{script}" "{plan}"\n')
    host.chmod(0o755)
    sites: list[Site] = []

    def make(origin: str) -> Any:
        sites.append(Site(origin))
        return sites[0].handle

    with (
        https_site(make, folder / "tls") as origin,
        chromium(folder, tls=folder / "tls", host=host) as browser,
    ):
        assert sites[0].origin == origin
        yield World(sites[0], browser, plan)


@pytest.fixture
def fresh(world: World) -> Iterator[World]:
    """The same world with its memory wiped."""
    world.site.__init__(world.site.origin)  # type: ignore[misc]
    world.plan(reply=TOKEN)
    yield world
    for page in world.browser.pages[1:]:
        page.close()


def picture(page: Any, name: str) -> None:
    """Keep a screenshot where SMARTID_SCREENSHOTS says, for people to look at."""
    if folder := os.environ.get("SMARTID_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def wait_for_state(page: Any, part: str, state: str) -> str:
    row = page.locator(f'smartid-login [data-part="{part}"][data-state="{state}"]')
    row.wait_for()
    text: str = row.inner_text()
    return text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_what_is_there_and_asks_nothing_of_the_card(fresh: World, lang: str) -> None:
    page = fresh.open(lang)
    assert "2.0.1" in wait_for_state(page, "addon", "ok")
    assert "2.0.0" in wait_for_state(page, "program", "ok")
    assert page.locator("html").get_attribute("dir") == words()[lang]["dir"]
    assert page.get_by_role("button", name=words()[lang]["log_in"]).is_enabled()
    assert not page.get_by_role("button", name=words()[lang]["check_again"]).is_visible()
    assert fresh.asked == []
    assert fresh.site.challenges == 0
    picture(page, f"ready-{lang}")
    assert_accessible(page)
