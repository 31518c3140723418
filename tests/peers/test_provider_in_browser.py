"""The whole way of a login through our provider: a certified client asks, Chromium, add-on and card answer.

Chromium holds the pages to their content security policy, axe-core to the rules of accessibility; every step
can be done with the keyboard.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smartid.oidc.clients import Client, ClientMethod, new_secret
from smartid.oidc.words import CLAIM_WORDS, WORDS
from smartid.web.http import Response
from tests.peers.accessibility import assert_accessible
from tests.peers.card_provider import PINS, House, card_provider
from tests.peers.chromium import CALLER, chromium, playwright
from tests.peers.node import node, node_modules
from tests.peers.openid_client_peer import FOLDER, OpenIDClient, Refused
from tests.peers.pictures import picture
from tests.peers.servers import ROOT

pytestmark = pytest.mark.peers_heavy

LANGUAGES = ("fa", "en")
SECRET, SECRET_SHA256 = new_secret()
SCOPE = "openid profile birthdate gender nationality"


@dataclass
class World:
    """A provider, a client program, a browser with a card."""

    house: House
    client: OpenIDClient
    browser: Any
    complaints: list[str]

    @property
    def callback(self) -> str:
        return f"{self.house.site}/callback"

    def begin(self, lang: str, **parameters: str) -> dict[str, Any]:
        auth = {"method": "client_secret_basic", "secret": SECRET}
        self.client("discover", issuer=self.house.issuer, client_id="shop", metadata={}, auth=auth)
        values = {"redirect_uri": self.callback, "scope": SCOPE, "ui_locales": lang, **parameters}
        return self.client("begin", parameters=values, par=True)

    def page(self, address: str) -> Any:
        """Open an address in a new page that reports what Chromium refuses to do for it."""
        page = self.browser.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)
        return page

    def _note(self, told: Any) -> None:
        if told.type == "error" and not told.location["url"].endswith("/favicon.ico"):
            self.complaints.append(told.text)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with ExitStack() as stack:
        house = stack.enter_context(card_provider(folder, _clients))
        house.card.image.save(folder / "sara.card")
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("SSL_CERT_FILE", str(house.authority))
        client = stack.enter_context(OpenIDClient(node(), node_modules(FOLDER), house.authority))
        driver = stack.enter_context(playwright())
        browser = stack.enter_context(chromium(driver, folder, tls=house.tls, host=_card_program(folder)))
        yield World(house, client, browser, [])


def _clients(site: str) -> list[Client]:
    shop = Client(
        id="shop",
        name="Yalda Book Shop",
        name_fa="کتاب‌فروشی یلدا",
        method=ClientMethod.CLIENT_SECRET_BASIC,
        secret_sha256=SECRET_SHA256,
        redirect_uris=(f"{site}/callback",),
        post_logout_redirect_uris=(f"{site}/bye",),
    )
    page = Client(
        id="page",
        name="Yalda Reader",
        name_fa="کتاب‌خوان یلدا",
        method=ClientMethod.NONE,
        redirect_uris=(f"{site}/page",),
        origins=frozenset({site}),
    )
    return [shop, page]


def _card_program(folder: Path) -> Path:
    """The card program for a kiosk: the PIN comes from a file, and whoever starts it consents."""
    (folder / "pin").write_text(PINS["identity"] + "\n")
    words = ["env", f"PYTHONPATH={ROOT}", f"HOME={folder}", sys.executable, "-m", "smartid"]
    words += ["--reader", f"mock:{folder / 'sara.card'}", "agent", "run", "--allow", CALLER, "--pin-fd", "3"]
    program = folder / "host"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@" 3<{shlex.quote(str(folder / "pin"))}\n')
    program.chmod(0o755)
    return program


PAGE = """<!doctype html><title>-</title><script src="/client.js"></script><script type="module">
const manager = new oidc.UserManager({
  authority: "ISSUER", client_id: "page", scope: "openid profile",
  redirect_uri: `${location.origin}/page`, loadUserInfo: true
})
if (location.search) {
  const failed = (error) => ({ profile: { error: String(error) } })
  const user = await manager.signinRedirectCallback().catch(failed)
  document.title = JSON.stringify(user.profile)
} else await manager.signinRedirect({ nonce: crypto.randomUUID() })
</script>"""
"""A site without a server, whose client is oidc-client-ts (npm)."""


@pytest.fixture
def fresh(world: World) -> Iterator[World]:
    """Nobody is signed in, and nothing was agreed to."""
    world.complaints.clear()
    yield world
    for page in world.browser.pages[1:]:
        page.close()
    world.browser.clear_cookies()
    assert world.complaints == []


def press(page: Any, name: str, key: str = "Enter") -> None:
    """Reach a button with the tabulator key alone, and press it."""
    button = page.get_by_role("button", name=name, exact=True)
    for _ in range(15):
        page.keyboard.press("Tab")
        if button.evaluate("one => one === document.activeElement"):
            return page.keyboard.press(key)
    raise AssertionError(f"the keyboard does not reach {name}")


def look(page: Any, name: str) -> None:
    """Judge a page with axe-core, in a window of a computer and in one of a telephone."""
    picture(page, name)
    assert_accessible(page)
    page.set_viewport_size({"width": 360, "height": 740})
    picture(page, f"{name}-narrow")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it does not fit"
    assert_accessible(page)
    page.set_viewport_size({"width": 1100, "height": 800})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_person_logs_in_and_out_with_the_keyboard(fresh: World, lang: str) -> None:
    begun = fresh.begin(lang, prompt="consent")
    started = time.monotonic()
    page = fresh.page(begun["url"])
    words, column = WORDS[lang], LANGUAGES.index(lang)
    assert page.locator("html").get_attribute("lang") == lang
    page.locator('smartid-login [data-part="program"][data-state="ok"]').wait_for()
    shop = {"fa": "کتاب‌فروشی یلدا", "en": "Yalda Book Shop"}[lang]
    assert shop in page.locator("h1").inner_text()
    assert fresh.house.site.removeprefix("https://") in page.locator("main").inner_text()
    look(page, f"provider-login-{lang}")

    press(page, page.locator(".smartid-button").inner_text())
    page.wait_for_url(f"{fresh.house.issuer}/consent**")
    rows = page.locator("tbody tr").all_inner_texts()
    assert any(CLAIM_WORDS["family_name"][column] in row and "احمدی" in row for row in rows)
    assert WORDS[lang]["withheld"] in page.locator("main").inner_text()
    look(page, f"provider-consent-{lang}")

    press(page, words["allow"], "Space")
    page.wait_for_url(f"{fresh.callback}?**")
    print(f"from the site to the site: {time.monotonic() - started:.2f} s, pictures and axe-core included")
    checks = {name: begun[name] for name in ("verifier", "state", "nonce")}
    done = fresh.client("finish", callback=page.url, **checks)
    told = fresh.client("userinfo", access_token=done["tokens"]["access_token"], sub=done["claims"]["sub"])
    for claim in set(told) - {"sub"}:
        assert any(told[claim] in row for row in rows), "what was sent is what was shown"
    assert len(rows) == len(told)

    page.goto(fresh.client("logout", parameters={"ui_locales": lang})["url"])
    look(page, f"provider-logout-{lang}")
    press(page, words["sign_out"])
    page.get_by_text(words["signed_out_note"]).wait_for()
    look(page, f"provider-logged-out-{lang}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_who_does_not_agree_goes_back_with_nothing(fresh: World, lang: str) -> None:
    begun = fresh.begin(lang, prompt="consent")
    page = fresh.page(begun["url"])
    page.locator('smartid-login [data-part="program"][data-state="ok"]').wait_for()
    page.locator(".smartid-button").click()
    page.get_by_role("button", name=WORDS[lang]["deny"], exact=True).click()
    page.wait_for_url(f"{fresh.callback}?**")
    with pytest.raises(Refused, match="access_denied"):
        fresh.client(
            "finish", callback=page.url, **{name: begun[name] for name in ("verifier", "state", "nonce")}
        )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_who_cancels_before_the_card_goes_back_too(fresh: World, lang: str) -> None:
    begun = fresh.begin(lang)
    page = fresh.page(begun["url"])
    page.get_by_role("link", name=WORDS[lang]["cancel"]).click()
    page.wait_for_url(f"{fresh.callback}?**")
    with pytest.raises(Refused, match="access_denied"):
        fresh.client(
            "finish", callback=page.url, **{name: begun[name] for name in ("verifier", "state", "nonce")}
        )


def test_the_language_changes_in_the_middle(fresh: World) -> None:
    page = fresh.page(fresh.begin("fa")["url"])
    page.get_by_role("link", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert "Yalda Book Shop" in page.locator("h1").inner_text()
    page.get_by_role("link", name="فارسی").click()
    assert page.locator("html").get_attribute("dir") == "rtl"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_site_that_is_not_known_is_explained(fresh: World, lang: str) -> None:
    page = fresh.page(f"{fresh.house.issuer}/authorize?client_id=nobody&ui_locales={lang}")
    assert page.locator("html").get_attribute("lang") == lang
    look(page, f"provider-problem-{lang}")
    fresh.complaints.clear()  # Chromium reports the status 400 as an error


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("scheme", ["dark"])
def test_the_pages_are_readable_in_the_dark(fresh: World, lang: str, scheme: str) -> None:
    page = fresh.page(fresh.begin(lang)["url"])
    page.emulate_media(color_scheme=scheme)
    look(page, f"provider-login-{scheme}-{lang}")


def test_a_page_without_a_server_logs_in(fresh: World) -> None:
    script = node_modules(FOLDER) / "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"
    headers = (("content-type", "text/javascript"),)
    fresh.house.pages["/client.js"] = Response(body=script.read_bytes(), headers=headers)
    fresh.house.pages["/page"] = Response.html(PAGE.replace("ISSUER", fresh.house.issuer))
    page = fresh.page(f"{fresh.house.site}/page")
    page.locator('smartid-login [data-part="program"][data-state="ok"]').wait_for()
    started = time.monotonic()
    page.locator(".smartid-button").click()
    page.get_by_role("button", name=WORDS["fa"]["allow"], exact=True).click()
    page.wait_for_url(f"{fresh.house.site}/page?**")
    page.wait_for_function("document.title.startsWith('{')")
    print(f"from the button to the claims: {time.monotonic() - started:.2f} s")
    told = json.loads(page.title())
    assert (told["given_name"], told["family_name"]) == ("سارا", "احمدی")
