"""The example sites in Chromium: what a real browser says of its requests, and what it keeps to itself.

Debian's Chromium is the witness for Origin, Sec-Fetch-Site, ``__Host-`` cookies, SameSite and the content
security policy. The token is made beside the browser, so that no add-on is needed.
"""

from __future__ import annotations

import functools
import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.mockcard.tls import write_tls
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from tests.browser import Card
from tests.peers.chromium import chromium, playwright
from tests.peers.servers import ROOT, free_port, running

pytestmark = pytest.mark.peers_heavy

NAME = CITIZENS["zahra"].name_fa
LOGIN = """async ([csrf, token]) => {
  const headers = {"content-type": "application/json", "x-csrf-token": csrf};
  const body = JSON.stringify({"auth-token": token});
  const answer = await fetch("/auth/login", {method: "POST", headers, body});
  return [answer.status, await answer.json()];
}"""
CHALLENGE = "async () => (await fetch('/auth/challenge')).json()"


@dataclass
class Desk:
    """A folder with anchors and a TLS certificate, a browser, and a citizen."""

    folder: Path
    browser: Any
    card: Card


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("sites")
    write_tls(folder / "tls")
    pki = ThrowAwayPKI.fresh()
    pki.write_trust(folder / "anchors")
    card = MockCard(issue_citizen(CITIZENS["zahra"], NATIONAL_REFERENCE, pki))
    with playwright() as driver, chromium(driver, folder, tls=folder / "tls", addon=False) as browser:
        yield Desk(folder, browser, Card(card))
    card.close()


@pytest.fixture(params=["starlette", "fastapi", "flask", "django"])
def origin(request: pytest.FixtureRequest, desk: Desk) -> Iterator[str]:
    for program in (request.param, "granian"):
        pytest.importorskip(program)
    port = free_port()
    site = f"https://localhost:{port}"
    program = ROOT / "examples" / "login_web" / f"{request.param}_app.py"
    command = [sys.executable, program, "--trust", "anchors", "--tls", "tls", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    listens = functools.partial(_listens, port)
    with running(command, url=site, answers=listens, cwd=desk.folder, env=environment):
        yield site
    desk.browser.clear_cookies()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def log_in(desk: Desk, page: Any, origin: str) -> None:
    """What the page's script does, with a card that is not at this computer."""
    asked = page.evaluate(CHALLENGE)
    status, answer = page.evaluate(LOGIN, [asked["csrf"], desk.card.answer(asked["nonce"], origin)])
    assert (status, answer["name"]) == (200, NAME)


def test_somebody_logs_in_and_out(desk: Desk, origin: str) -> None:
    page = desk.browser.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(f"{origin}/members")
    assert page.url.startswith(f"{origin}/auth/?next=")
    log_in(desk, page, origin)
    page.goto(f"{origin}/members")
    assert NAME in page.inner_text("main")
    cookie = next(cookie for cookie in desk.browser.cookies() if cookie["name"] == "__Host-smartid")
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Lax")
    page.click("form button")
    page.wait_for_url(f"{origin}/")
    assert NAME not in page.inner_text("main")
    assert [cookie["name"] for cookie in desk.browser.cookies()] == []
    assert [text for text in problems if "Content Security Policy" in text] == []
    page.close()


def test_another_site_can_neither_log_out_nor_ask(desk: Desk, origin: str) -> None:
    page = desk.browser.new_page()
    page.goto(f"{origin}/auth/")
    log_in(desk, page, origin)
    stranger = desk.browser.new_page()
    stranger.goto("about:blank")
    stranger.set_content(f'<form method="post" action="{origin}/auth/logout"><button>win</button></form>')
    with stranger.expect_response(f"{origin}/auth/logout") as refused:
        stranger.click("button")
    assert refused.value.status == 403
    asked = stranger.evaluate(
        "address => fetch(address, {credentials: 'include'}).then(a => a.text(), () => 'blocked')",
        f"{origin.replace('localhost', '127.0.0.1')}/auth/challenge",
    )
    assert asked == "blocked" or json.loads(asked)["reason"] == "origin_mismatch"
    page.goto(f"{origin}/")
    assert NAME in page.inner_text("main")
    stranger.close()
    page.close()
