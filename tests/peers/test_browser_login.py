"""The whole way: page, add-on, smartid's card program, pcscd, mock card, and back to the site.

Chromium (Debian) and pcscd are the witnesses: the origin in the signature is what the browser says it is, and
the card answers through the same PC/SC that real cards use.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from smartid.agent.reasons import SENTENCES, AgentReason
from smartid.auth.reasons import LoginReason
from smartid.auth.validate import validate_token
from smartid.auth.web_eid import parse_token
from smartid.auth.words import WORDS
from smartid.errors import BadToken
from smartid.identity.auth_token import Challenge
from smartid.web.words import words
from tests.peers.accessibility import assert_accessible
from tests.peers.login_world import PIN, World, login_world
from tests.peers.pictures import picture
from tests.peers.servers import ROOT, free_port, running

pytestmark = pytest.mark.peers_heavy

LANGUAGES = ("fa", "en")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with login_world(tmp_path_factory.mktemp("login")) as made:
        yield made


@pytest.fixture
def fresh(world: World) -> Iterator[World]:
    """No card in the reader, nobody signed in, the right PIN at hand."""
    world.pin_file.write_text(f"{PIN}\n")
    world.said.write_text("")
    world.site.people.clear()
    yield world
    world.remove()
    for page in world.browser.pages[1:]:
        page.close()
    world.browser.clear_cookies()


def failure(page: Any) -> str:
    """What the element says went wrong."""
    box = page.locator('smartid-login .smartid-status[data-kind="problem"]')
    box.wait_for()
    text: str = box.inner_text()
    return text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_citizen_logs_in(fresh: World, lang: str) -> None:
    fresh.insert()
    started = time.monotonic()
    page = fresh.open(lang)
    page.get_by_role("button", name=words()[lang]["log_in"]).click()
    page.wait_for_url(f"{fresh.origin}/")
    assert page.locator("h1").inner_text() == fresh.site.people[0]
    print(f"from the address to the name: {time.monotonic() - started:.2f} s")
    assert "احمدی" in fresh.site.people[0]
    assert PIN not in fresh.said.read_text()


LOG_OUT = """
    (csrf) => fetch("/auth/logout", { method: "POST", headers: { "x-csrf-token": csrf } })
        .then((answer) => answer.status)
"""


def test_a_citizen_logs_in_by_keyboard_and_out_again(fresh: World) -> None:
    fresh.insert()
    page = fresh.open()
    button = page.locator(".smartid-button")
    while not button.evaluate("one => one === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{fresh.origin}/")
    [cookie] = [one for one in fresh.browser.cookies() if one["name"] == "__Host-smartid"]
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
    page.goto(f"{fresh.origin}/auth/?again=1")
    csrf = page.locator("meta[name=csrf-token]").get_attribute("content")
    assert page.evaluate(LOG_OUT, csrf) == 200
    page.goto(fresh.origin)
    assert page.url.startswith(f"{fresh.origin}/auth/")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_a_card_the_page_says_so_and_a_second_try_succeeds(fresh: World, lang: str) -> None:
    page = fresh.open(lang)
    page.locator(".smartid-button").click()
    assert SENTENCES[AgentReason.CARD_ABSENT][lang == "fa"] in failure(page)
    assert page.locator('[data-part="card"]').get_attribute("data-state") == "problem"
    fresh.insert()
    page.get_by_role("button", name=words()[lang]["again"]).click()
    page.wait_for_url(f"{fresh.origin}/")
    assert fresh.site.people


@pytest.mark.parametrize("lang", LANGUAGES)
def test_wrong_pins_are_counted_aloud_and_the_last_try_is_kept(fresh: World, lang: str) -> None:
    card = fresh.insert()
    fresh.pin_file.write_text("9999\n")
    page = fresh.open(lang)
    page.locator(".smartid-button").click()
    text = failure(page)
    assert SENTENCES[AgentReason.PIN_WRONG][lang == "fa"] in text
    assert {"fa": "۲", "en": "2 tries"}[lang] in text
    assert_accessible(page)
    picture(page, f"real-pin-wrong-{lang}")
    again = page.get_by_role("button", name=words()[lang]["again"])
    again.click()
    says = page.get_by_role("status")
    says.get_by_text({"fa": "۱ بار", "en": "1 try is left"}[lang]).wait_for()
    again.click()
    says.get_by_text(SENTENCES[AgentReason.LAST_TRY][lang == "fa"]).wait_for()
    assert card.image.pins["identity"].tries_left == 1
    assert "9999" not in page.content()
    assert not fresh.site.people


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_blocked_pin_is_told(fresh: World, lang: str) -> None:
    fresh.insert(tries_left=0)
    page = fresh.open(lang)
    page.locator(".smartid-button").click()
    assert SENTENCES[AgentReason.PIN_BLOCKED][lang == "fa"] in failure(page)
    assert not fresh.site.people


def test_an_expired_card_is_refused_by_the_site_in_its_words(fresh: World) -> None:
    fresh.insert("hamid")
    page = fresh.open()
    page.locator(".smartid-button").click()
    assert WORDS[LoginReason.CERTIFICATE_EXPIRED].fa in failure(page)
    picture(page, "real-expired-fa")
    assert_accessible(page)
    assert not fresh.site.people


MAKE_TOKEN = """
    (nonce) => import("/auth/static/smartid.js").then(({ authenticate }) => authenticate(nonce))
"""
SEND_TOKEN = """
    ([token, csrf]) => fetch("/auth/login", {
        method: "POST",
        headers: { "content-type": "application/json", "x-csrf-token": csrf },
        body: JSON.stringify({ "auth-token": token }),
    }).then(async (answer) => [answer.status, (await answer.json()).reason])
"""


def test_what_was_signed_for_another_site_lets_nobody_in(fresh: World) -> None:
    """The stranger relays our nonce; the browser says where the page comes from, and the card signs that."""
    fresh.insert()
    ours, theirs = fresh.open(), fresh.open(origin=fresh.stranger)
    challenge = ours.evaluate("fetch('/auth/challenge').then((answer) => answer.json())")
    relayed = theirs.evaluate(MAKE_TOKEN, challenge["nonce"])
    assert ours.evaluate(SEND_TOKEN, [relayed, challenge["csrf"]]) == [401, "signature_invalid"]
    honest = ours.evaluate("fetch('/auth/challenge').then((answer) => answer.json())")
    own = ours.evaluate(MAKE_TOKEN, honest["nonce"])
    assert ours.evaluate(SEND_TOKEN, [own, honest["csrf"]]) == [200, None]


def test_a_frame_signs_for_its_own_site(fresh: World) -> None:
    """A page of ours with a stranger's frame in it: the frame cannot sign in our name."""
    fresh.insert()
    outer = fresh.browser.new_page()
    outer.goto(f"{fresh.origin}/outer?{fresh.stranger}")
    frame = outer.frame(url=f"{fresh.stranger}/inner")
    nonce = "n" * 44
    token = parse_token(json.dumps(frame.evaluate(MAKE_TOKEN, nonce)))
    policy = fresh.site.login.policy
    assert validate_token(token, Challenge(fresh.stranger, nonce), policy).identity.family_name == "احمدی"
    with pytest.raises(BadToken):
        validate_token(token, Challenge(fresh.origin, nonce), policy)


def test_the_login_page_refuses_to_be_framed(fresh: World) -> None:
    outer = fresh.browser.new_page()
    outer.goto(f"{fresh.stranger}/outer?{fresh.origin}/auth/?")
    outer.wait_for_load_state()
    assert not outer.frames[1].locator("smartid-login").count()


@pytest.mark.parametrize("app", ["starlette_app", "flask_app"])
def test_the_examples_work_in_a_browser(fresh: World, app: str) -> None:
    """ASGI and WSGI, as their first lines say; the home page has to be accessible too."""
    for package in ("granian", app.removesuffix("_app")):
        pytest.importorskip(package, reason=f"{package} is not installed (pip install {package})")
    fresh.insert()
    fresh.pki.write_trust(fresh.folder / "anchors")
    port = free_port()
    origin = f"https://localhost:{port}"
    command = [sys.executable, ROOT / "examples" / "login_web" / f"{app}.py", "--port", str(port)]
    command += ["--trust", fresh.folder / "anchors", "--tls", fresh.folder / "tls"]
    with running(
        command, url=origin, answers=lambda: _listens(port), env={**os.environ, "PYTHONPATH": str(ROOT)}
    ):
        page = fresh.browser.new_page()
        page.goto(f"{origin}/members?lang=fa")
        page.locator('[data-part="program"][data-state="ok"]').wait_for()
        page.locator(".smartid-button").click()
        page.get_by_text("احمدی").first.wait_for()
        for lang in LANGUAGES:
            page.goto(f"{origin}/?lang={lang}")
            assert page.locator("html").get_attribute("lang") == lang
            picture(page, f"home-{app}-{lang}")
            assert_accessible(page)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
