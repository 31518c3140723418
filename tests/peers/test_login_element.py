"""<smartid-login> in Chromium, with our add-on and a card program that does as the test says."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from smartid.agent.reasons import SENTENCES, AgentReason
from smartid.mockcard.tls import write_tls
from smartid.web.headers import SECURITY_HEADERS
from smartid.web.http import Request, Response
from smartid.web.pages import render, static_file
from smartid.web.words import words
from tests.peers.accessibility import assert_accessible
from tests.peers.chromium import EXTENSION, chromium, playwright
from tests.peers.https_site import https_site
from tests.peers.pictures import picture

pytestmark = pytest.mark.peers_heavy

NONCE = "n" * 44
VERSION = json.loads((EXTENSION / "manifest.json").read_text())["version"]
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
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    write_tls(folder)
    return folder


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with playwright() as found:
        yield found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, tls: Path, driver: Any) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("element")
    host, plan = folder / "host", folder / "plan.json"
    script = Path(__file__).with_name("scripted_host.py")
    host.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "{script}" "{plan}"\n')
    host.chmod(0o755)
    sites: list[Site] = []

    def make(origin: str) -> Any:
        sites.append(Site(origin))
        return sites[0].handle

    with https_site(make, tls) as origin, chromium(driver, folder, tls=tls, host=host) as browser:
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


def wait_for_state(page: Any, part: str, state: str) -> str:
    row = page.locator(f'smartid-login [data-part="{part}"][data-state="{state}"]')
    row.wait_for()
    text: str = row.inner_text()
    return text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_what_is_there_and_asks_nothing_of_the_card(fresh: World, lang: str) -> None:
    page = fresh.open(lang)
    assert VERSION in wait_for_state(page, "addon", "ok")
    assert "2.0.0" in wait_for_state(page, "program", "ok")
    assert page.locator("html").get_attribute("dir") == words()[lang]["dir"]
    assert page.get_by_role("button", name=words()[lang]["log_in"]).is_enabled()
    assert not page.get_by_role("button", name=words()[lang]["check_again"]).is_visible()
    assert fresh.asked == []
    assert fresh.site.challenges == 0
    picture(page, f"ready-{lang}")
    assert_accessible(page)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_login_by_keyboard_goes_on_to_the_next_page(fresh: World, lang: str) -> None:
    page = fresh.open(lang)
    wait_for_state(page, "program", "ok")
    button = page.get_by_role("button", name=words()[lang]["log_in"])
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.outerHTML"))
        if button.evaluate("one => one === document.activeElement"):
            break
    assert "skip" in reached[0]
    assert "smartid-button" in reached[-1]
    picture(page, f"focus-{lang}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{fresh.site.origin}/home")
    [request] = fresh.asked
    assert request["arguments"] == {"challengeNonce": NONCE, "origin": fresh.site.origin, "lang": lang}
    assert fresh.site.bodies == [{"auth-token": TOKEN, "next": "/home"}]
    assert fresh.site.tokens == ["token-1", "token-1"]


def test_the_skip_link_leads_to_the_content(fresh: World) -> None:
    page = fresh.open()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_while_the_program_asks_the_button_waits_and_says_so(fresh: World, lang: str) -> None:
    fresh.plan(wait=True)
    page = fresh.open(lang)
    button = page.locator(".smartid-button")
    wait_for_state(page, "program", "ok")
    button.dblclick()
    button.press("Enter")
    says = page.get_by_role("status")
    assert {"fa": "۲ دقیقه", "en": "2 minutes"}[lang] in says.inner_text()
    assert button.get_attribute("aria-disabled") == "true"
    assert button.evaluate("one => one === document.activeElement")
    picture(page, f"busy-{lang}")
    assert_accessible(page)
    assert fresh.site.challenges == 1
    assert len(fresh.asked) == 1


def test_a_frame_cannot_answer_in_the_place_of_the_add_on(fresh: World) -> None:
    """Nor can an opener: what is heard comes from the page's own window, where the add-on speaks."""
    fresh.plan(wait=True)
    page = fresh.open("en")
    wait_for_state(page, "program", "ok")
    page.locator(".smartid-button").click()
    page.evaluate(
        """(token) => {
            const frame = document.body.appendChild(document.createElement("iframe"));
            for (const source of [frame.contentWindow, null]) {
                const data = { action: "web-eid:authenticate-success", ...token };
                dispatchEvent(new MessageEvent("message", { data, origin: location.origin, source }));
            }
        }""",
        TOKEN,
    )
    assert page.evaluate("new Promise((resolve) => setTimeout(() => resolve('later'), 0))") == "later"
    assert page.locator(".smartid-button").get_attribute("aria-disabled") == "true"
    assert fresh.site.bodies == []


def test_a_second_request_of_the_same_kind_is_refused_at_once(fresh: World) -> None:
    fresh.plan(wait=True)
    page = fresh.open()
    wait_for_state(page, "program", "ok")
    code = page.evaluate(
        """async (nonce) => {
            const { authenticate } = await import("/auth/static/smartid.js");
            authenticate(nonce).catch(() => {});
            await new Promise((resolve) => setTimeout(resolve, 300));
            return authenticate(nonce).catch((error) => error.code);
        }""",
        NONCE,
    )
    assert code == "ERR_WEBEID_ACTION_PENDING"


def _error(reason: str, code: str = "ERR_WEBEID_NATIVE_FATAL", **more: Any) -> dict[str, Any]:
    english, persian = SENTENCES[AgentReason(reason)]
    return {"error": {"code": code, "reason": reason, "message": english, "message_fa": persian, **more}}


FAILURES = {
    "cancelled": _error("cancelled", "ERR_WEBEID_USER_CANCELLED"),
    "card_absent": _error("card_absent"),
    "pin_wrong": _error("pin_wrong", retries_left=2),
    "pin_blocked": _error("pin_blocked", retries_left=0),
    "reader_absent": _error("reader_absent"),
    "certificate_missing": _error("certificate_missing"),
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("cancelled", "waiting"),
        ("card_absent", "problem"),
        ("reader_absent", "problem"),
        ("pin_wrong", "ok"),
        ("pin_blocked", "problem"),
        ("certificate_missing", "waiting"),
    ],
)
def test_what_smartids_program_says_is_shown_with_a_remedy(
    fresh: World, reason: str, state: str, lang: str
) -> None:
    fresh.plan(reply=FAILURES[reason])
    page = fresh.open(lang)
    wait_for_state(page, "program", "ok")
    page.evaluate("addEventListener('smartid-error', ({ detail }) => { window.told = detail; })")
    page.locator(".smartid-button").click()
    page.locator('.smartid-status[data-kind="problem"]').wait_for()
    english, persian = SENTENCES[AgentReason(reason)]
    text = page.get_by_role("status").inner_text()
    assert (persian if lang == "fa" else english) in text
    assert (english if lang == "fa" else persian) not in text
    assert words()[lang]["remedies"].get(reason, "") in text
    told = page.evaluate("window.told")
    assert told["reason"] == reason
    assert told.get("retries_left") == FAILURES[reason]["error"].get("retries_left")
    assert page.locator('[data-part="card"]').get_attribute("data-state") == state
    button = page.get_by_role("button", name=words()[lang]["again"])
    assert button.get_attribute("aria-disabled") == "false"
    assert not page.get_by_text(reason, exact=True).is_visible()
    picture(page, f"{reason}-{lang}")
    page.locator("summary").click()
    assert page.get_by_text(reason, exact=True).is_visible()
    if reason == "pin_wrong":
        assert_accessible(page)
    fresh.plan(reply=TOKEN)
    button.click()
    page.wait_for_url(f"{fresh.site.origin}/home")


def _refusal(code: str) -> dict[str, Any]:
    return {"reply": {"error": {"code": code, "message": "<b>x</b>"}}}


@pytest.mark.parametrize(
    ("plan", "code", "lang"),
    [
        (_refusal("ERR_WEBEID_USER_CANCELLED"), "ERR_WEBEID_USER_CANCELLED", "fa"),
        (_refusal("ERR_WEBEID_NATIVE_FATAL"), "ERR_WEBEID_NATIVE_FATAL", "en"),
        (_refusal("no-such-code"), "ERR_WEBEID_UNKNOWN_ERROR", "fa"),
        (_refusal("constructor"), "ERR_WEBEID_UNKNOWN_ERROR", "en"),
    ],
    ids=["cancelled", "fatal", "strange", "inherited"],
)
def test_what_other_programs_say_is_told_by_its_code(fresh: World, plan: Any, code: str, lang: str) -> None:
    fresh.plan(**plan)
    page = fresh.open(lang)
    wait_for_state(page, "program", "ok")
    page.locator(".smartid-button").click()
    page.locator('.smartid-status[data-kind="problem"]').wait_for()
    for sentence in words()[lang]["codes"][code]:
        assert sentence in page.get_by_role("status").inner_text()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_program_that_ends_without_an_answer_was_there(fresh: World, lang: str) -> None:
    """The add-on says "unavailable" for it as well; nobody is told to install what is installed."""
    fresh.plan()
    page = fresh.open(lang)
    wait_for_state(page, "program", "ok")
    page.locator(".smartid-button").click()
    page.locator('.smartid-status[data-kind="problem"]').wait_for()
    for sentence in words()[lang]["stopped"]:
        assert sentence in page.get_by_role("status").inner_text()
    wait_for_state(page, "program", "ok")
    fresh.plan(reply=TOKEN)
    page.get_by_role("button", name=words()[lang]["again"]).click()
    page.wait_for_url(f"{fresh.site.origin}/home")


@pytest.mark.parametrize(("version", "state"), [("1.9.9", "problem"), ("banana", "problem")])
def test_a_program_that_is_too_old_is_told(fresh: World, version: str, state: str) -> None:
    fresh.plan(version=version)
    page = fresh.open("en")
    assert "Out of date" in wait_for_state(page, "program", state)
    wait_for_state(page, "addon", "ok")
    fresh.plan(reply=TOKEN)
    page.get_by_role("button", name="Check again").click()
    wait_for_state(page, "program", "ok")


def test_a_program_that_answers_after_all_is_seen(fresh: World) -> None:
    fresh.plan(version="banana")
    page = fresh.open("en")
    wait_for_state(page, "program", "problem")
    fresh.plan(reply=FAILURES["cancelled"])
    page.locator(".smartid-button").click()
    wait_for_state(page, "program", "ok")
    assert not page.get_by_role("button", name="Check again").is_visible()


def test_two_checks_at_once_are_one(fresh: World) -> None:
    fresh.plan(version="1.9.9")
    page = fresh.open("en")
    wait_for_state(page, "program", "problem")
    fresh.plan(reply=TOKEN)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    wait_for_state(page, "program", "ok")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_refusal_of_the_site_is_shown_in_its_own_words(fresh: World, lang: str) -> None:
    english = {"message": "It has expired.", "remedy": "Renew it."}
    persian = {"message_fa": "منقضی شده است.", "remedy_fa": "تازه کنید."}
    fresh.site.answer = Response.json({"reason": "certificate_expired", **english, **persian}, 401)
    page = fresh.open(lang)
    page.locator(".smartid-button").click()
    page.locator('.smartid-status[data-kind="problem"]').wait_for()
    said = page.get_by_role("status").inner_text().split()
    wanted = (persian if lang == "fa" else english).values()
    assert said == " ".join(wanted).split()
    picture(page, f"refused-{lang}")


def test_a_site_that_is_gone_is_told(fresh: World) -> None:
    page = fresh.open("en")
    page.route("**/auth/challenge", lambda route: route.abort())
    page.locator(".smartid-button").click()
    page.get_by_text("The site did not answer.").wait_for()
    assert fresh.asked == []


def test_the_page_stays_when_its_script_says_so(fresh: World) -> None:
    page = fresh.open("en")
    page.evaluate(
        """addEventListener("smartid-login", (event) => {
            window.told = event.detail;
            event.preventDefault();
        })"""
    )
    page.locator(".smartid-button").click()
    page.get_by_text("you are logged in").wait_for()
    assert page.evaluate("window.told") == {"name": "سارا احمدی", "next": "/home"}
    assert page.url.startswith(f"{fresh.site.origin}/?")


@pytest.mark.parametrize("next_place", ["https://evil.test/", "//evil.test/", "javascript:window.told = 1"])
def test_no_answer_leads_to_another_site(fresh: World, next_place: str) -> None:
    fresh.site.answer = Response.json({"name": "S", "next": next_place})
    page = fresh.open("en")
    page.locator(".smartid-button").click()
    page.get_by_text("you are logged in").wait_for()
    assert page.url.startswith(f"{fresh.site.origin}/?")
    assert page.evaluate("window.told") is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_other_pages_are_accessible_too(fresh: World, lang: str) -> None:
    page = fresh.browser.new_page()
    page.goto(f"{fresh.site.origin}/error?lang={lang}")
    picture(page, f"error-{lang}")
    assert_accessible(page)


def test_the_language_switch_keeps_the_rest_of_the_address(fresh: World) -> None:
    page = fresh.open("fa")
    page.get_by_role("link", name="English").click()
    page.get_by_role("heading", name="Log in").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"


def test_certificates_and_signatures_go_the_same_way(fresh: World) -> None:
    page = fresh.open()
    wait_for_state(page, "program", "ok")
    reply: dict[str, Any] = {"certificate": "Y2VydA==", "supportedSignatureAlgorithms": [{"a": "b"}]}
    fresh.plan(reply=reply)
    ours = "import('/auth/static/smartid.js').then((one) => one"
    assert page.evaluate(f"{ours}.getSigningCertificate({{ lang: 'fa' }}))") == reply
    algorithm = {"cryptoAlgorithm": "ECC", "hashFunction": "SHA-384", "paddingScheme": "NONE"}
    reply = {"signature": "c2ln", "signatureAlgorithm": algorithm}
    fresh.plan(reply=reply)
    assert page.evaluate(f"{ours}.sign('Y2VydA==', 'aGFzaA==', 'SHA-384'))") == reply
    [request] = fresh.asked
    given = {"certificate": "Y2VydA==", "hash": "aGFzaA==", "hashFunction": "SHA-384"}
    assert request == {"command": "sign", "arguments": {**given, "origin": fresh.site.origin}}


@pytest.mark.parametrize("part", ["addon", "program"])
def test_what_is_missing_is_named_with_its_remedy(
    fresh: World, tmp_path: Path, driver: Any, tls: Path, part: str
) -> None:
    """In the dark and on a narrow screen, which are to be accessible as well."""
    small, addon = {"width": 360, "height": 740}, part == "program"
    code = "ERR_WEBEID_NATIVE_UNAVAILABLE" if addon else "ERR_WEBEID_EXTENSION_UNAVAILABLE"
    with chromium(driver, tmp_path, tls=tls, addon=addon, color_scheme="dark", viewport=small) as browser:
        for lang in LANGUAGES:
            page = browser.new_page()
            page.goto(f"{fresh.site.origin}/?lang={lang}")
            assert words()[lang]["missing"] in wait_for_state(page, part, "problem")
            page.get_by_text(words()[lang]["codes"][code][1]).wait_for()  # before anything is pressed
            page.locator(".smartid-button").click()
            page.locator('.smartid-status[data-kind="problem"]').wait_for()
            assert words()[lang]["codes"][code][1] in page.get_by_role("status").inner_text()
            assert page.evaluate("document.documentElement.scrollWidth") <= small["width"]
            picture(page, f"no-{part}-{lang}")
            assert_accessible(page)


def test_without_scripts_the_page_says_what_is_needed(
    fresh: World, tmp_path: Path, driver: Any, tls: Path
) -> None:
    flags = ["--blink-settings=scriptEnabled=false"]
    with chromium(driver, tmp_path, tls=tls, addon=False, flags=flags) as browser:
        for lang in LANGUAGES:
            page = browser.new_page()
            page.goto(f"{fresh.site.origin}/?lang={lang}")
            needed = page.locator("noscript strong")
            assert needed.is_visible()
            assert needed.inner_text() == words()[lang]["page"]["noscript"]
            assert not page.locator(".smartid-button").count()
            picture(page, f"no-script-{lang}")
