"""The pages of the examples in Chromium: any width, both languages, light and dark, keyboard, axe-core."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from tests.peers.accessibility import assert_accessible
from tests.peers.chromium import playwright
from tests.peers.servers import ROOT, free_port, running

pytestmark = pytest.mark.peers_heavy

VIEWS = [(360, "fa", "light"), (360, "en", "dark"), (768, "fa", "dark"), (1280, "en", "light")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = shutil.which("chromium") or pytest.skip("chromium is not installed (apt-get install chromium)")
    with playwright() as driver:
        found = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cards for the kiosk and the shop, made as `smartid mock new` makes them, and the anchors."""
    folder = tmp_path_factory.mktemp("desk")
    pki = ThrowAwayPKI.load_or_create(folder / "home" / "mock-pki.json")
    pki.write_trust(folder / "anchors")
    for name in ("kiosk", "shop"):
        issue_citizen(CITIZENS["sara"], NATIONAL_REFERENCE, pki, pins={"identity": "4071"}).save(
            folder / f"{name}.card"
        )
    return folder


@contextlib.contextmanager
def served(desk: Path, program: str, *arguments: str) -> Iterator[str]:
    """Run an example and give its address."""
    for package in ("starlette", "granian", "jinja2", "segno"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    port = free_port()
    command = [sys.executable, ROOT / "examples" / program, *arguments, "--port", str(port)]
    url = f"http://127.0.0.1:{port}"

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    env = {**os.environ, "PYTHONPATH": str(ROOT), "SMARTID_HOME": str(desk / "home")}
    with running(command, url=url, answers=listens, env=env, cwd=desk):
        yield url


class Visitor:
    """Somebody with a keyboard and no mouse, who looks at each page."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        refused = message.text.startswith("Failed to load resource: the server responded with a status of 4")
        if message.type in {"error", "warning"} and not refused:
            self.complaints.append(message.text)

    def open(self, url: str) -> None:
        self.page.goto(url)

    def looks(self) -> None:
        """Nothing is wider than the window, and axe-core has nothing to say."""
        self.page.wait_for_load_state("load")
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, self.page.url
        assert_accessible(self.page)
        assert not self.complaints

    def press(self, selector: str, *, leads_on: bool = True) -> None:
        """Go to something with the Tab key, and press Enter there; the focus is seen on the way."""
        for _ in range(30):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                style = "getComputedStyle(document.activeElement).outlineStyle"
                assert self.page.evaluate(style) == "solid"
                self._enter(leads_on=leads_on)
                return
        raise AssertionError(f"the Tab key never comes to {selector}")

    def types(self, text: str) -> None:
        """Type into what has the focus, and press Enter."""
        self.page.wait_for_selector("input:focus")
        self.page.keyboard.type(text)
        self._enter()

    def _enter(self, *, leads_on: bool = True) -> None:
        coming = self.page.expect_navigation() if leads_on else contextlib.nullcontext()
        with coming:
            self.page.keyboard.press("Enter")

    def sees(self, selector: str) -> None:
        self.page.wait_for_selector(f"{selector}, [role=alert]")
        assert self.page.locator(selector).count(), self.page.inner_text("main")
        self.looks()


@pytest.fixture(params=VIEWS, ids=lambda view: "-".join(map(str, view)))
def visit(browser: Any, request: pytest.FixtureRequest) -> Iterator[tuple[Visitor, str]]:
    width, lang, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield Visitor(context.new_page()), lang
    context.close()


@pytest.fixture(scope="module")
def kiosk(desk: Path) -> Iterator[str]:
    with served(desk, "kiosk/kiosk.py", "kiosk.card") as url:
        yield url


def test_kiosk(kiosk: str, visit: tuple[Visitor, str]) -> None:
    visitor, lang = visit
    visitor.open(f"{kiosk}/?lang={lang}")
    visitor.looks()
    visitor.press("button[value='200000']")
    visitor.looks()
    visitor.types("9999")
    visitor.sees("[role=alert]")
    assert "last_try" not in visitor.page.inner_text("main")
    assert ("رمز درست نیست" if lang == "fa" else "The PIN is wrong") in visitor.page.inner_text("main")
    visitor.press("a.button")
    visitor.press("button[value='200000']")
    visitor.types("4071")
    visitor.sees(".qr svg")


@pytest.fixture(scope="module")
def shop(desk: Path) -> Iterator[str]:
    with served(desk, "shop/shop.py", "--card", "shop.card", "--trust", "anchors") as url:
        yield url


def test_shop(shop: str, visit: tuple[Visitor, str]) -> None:
    visitor, lang = visit
    visitor.open(f"{shop}/?lang={lang}")
    visitor.looks()
    visitor.press("article button")
    visitor.looks()
    visitor.types("9999")
    visitor.sees("[role=alert]")
    visitor.press("main a")
    visitor.press("article button")
    visitor.types("۴۰۷۱" if lang == "fa" else "4071")
    visitor.sees(".qr svg")


@pytest.fixture(scope="module")
def machine(desk: Path) -> Iterator[str]:
    with served(desk, "cash_machine/app.py", "--folder", "machine") as url:
        yield url


def test_cash_machine(machine: str, visit: tuple[Visitor, str]) -> None:
    visitor, lang = visit
    visitor.open(machine)
    if visitor.page.get_attribute("html", "lang") != lang:
        visitor.press("header button")
    visitor.looks()
    visitor.press("[action='/insert'] button")
    visitor.looks()
    visitor.press("[action='/choose'] button")
    visitor.looks()
    visitor.press("[action='/quote'] button")
    visitor.looks()
    visitor.types("1234")
    visitor.sees(".qr svg")
    visitor.press("[action='/end'] button")


@pytest.fixture(scope="module")
def pump(desk: Path) -> Iterator[str]:
    with served(desk, "pump/app.py") as url:
        yield url


def test_pump(pump: str, visit: tuple[Visitor, str]) -> None:
    visitor, lang = visit
    visitor.open(f"{pump}/?lang={lang}")
    visitor.looks()
    visitor.page.focus("#litres")
    visitor.page.keyboard.press("Control+A")
    visitor.types("۳" if lang == "fa" else "3")
    visitor.page.wait_for_selector("#press, [action^='/online']")
    if visitor.page.locator("[action^='/online']").count():  # three fills, then the card has to be seen
        visitor.looks()
        visitor.press("[action^='/online'] button")
        visitor.page.focus("#litres")
        visitor.page.keyboard.press("Control+A")
        visitor.types("3")
    visitor.sees("#press")
    visitor.press("#press", leads_on=False)
    visitor.page.locator("#flowed", has_text=re.compile("[1-9۱-۹]")).wait_for()
    visitor.press("[action^='/stop'] button")
    visitor.sees(".qr svg")


@pytest.mark.parametrize(
    "call",
    [("kiosk/kiosk.py", "nowhere.card"), ("shop/shop.py", "--card", "nowhere.card", "--trust", "anchors")],
)
def test_a_card_that_is_not_there_is_told_in_one_sentence(desk: Path, call: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / call[0], *call[1:]],
        cwd=desk,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
