"""The polling station and the voter's own computer in Chromium: a whole vote with the keyboard alone."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.peers.accessibility import assert_accessible
from tests.peers.chromium import playwright
from tests.peers.servers import ROOT, Server, free_port, running
from tests.peers.voting import tool

pytestmark = pytest.mark.peers_heavy

VIEWS = [(360, "fa", "light"), (360, "en", "dark"), (768, "fa", "dark"), (1280, "en", "light")]
PIN = "920318"
PICTURES = os.environ.get("SMARTID_PICTURES", "")
"""A folder for a picture of every page that is looked at; none when empty."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = shutil.which("chromium") or pytest.skip("chromium is not installed (apt-get install chromium)")
    with playwright() as driver:
        found = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


@contextlib.contextmanager
def served(folder: Path, program: str, *arguments: str) -> Iterator[tuple[str, Server]]:
    """Run an example in a folder; gives its address and what runs."""
    for package in ("starlette", "granian", "jinja2", "segno", "nacl", "gmpy2"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    port = free_port()
    command = [sys.executable, ROOT / "examples" / program, *arguments, "--port", str(port)]
    url = f"http://127.0.0.1:{port}"

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with running(command, url=url, answers=listens, env=env, cwd=folder) as server:
        yield url, server


@dataclass
class Visitor:
    """Somebody with a keyboard and no mouse, who looks at each page."""

    page: Any
    view: str
    lang: str
    station: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    looked: int = 0

    def __post_init__(self) -> None:
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        refused = message.text.startswith("Failed to load resource: the server responded with a status of 4")
        if message.type in {"error", "warning"} and not refused:
            self.complaints.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.strangers.append(request.url)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.station}{path}{'&' if '?' in path else '?'}lang={self.lang}")
        self.looks()

    def looks(self) -> None:
        """Nothing is wider than the window, axe-core has nothing to say, nothing comes from elsewhere."""
        self.page.wait_for_load_state("load")
        assert self.page.get_attribute("html", "lang") == self.lang
        if PICTURES:
            self.looked += 1
            name = re.sub(r"[^a-z]+", "-", self.page.url.partition("127.0.0.1")[2].partition("?")[0])
            self.page.screenshot(
                path=Path(PICTURES) / f"{self.view}-{self.looked:02}{name}.png", full_page=True
            )
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, self.page.url
        assert_accessible(self.page)
        assert (self.complaints, self.strangers) == ([], [])

    def press(self, selector: str, *, leads_on: bool = True, key: str = "Enter") -> None:
        """Go to something with the Tab key, and press a key there; the focus is seen on the way."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                style = "getComputedStyle(document.activeElement).outlineStyle"
                assert self.page.evaluate(style) == "solid"
                with self.page.expect_navigation() if leads_on else contextlib.nullcontext():
                    self.page.keyboard.press(key)
                return
        raise AssertionError(f"the Tab key never comes to {selector} at {self.page.url}")

    def ticks(self, selector: str) -> None:
        """Choose with the space bar; arrows move inside a group of radio buttons."""
        self.page.focus(selector)
        self.page.keyboard.press("Space")
        assert self.page.is_checked(selector)

    def types(self, text: str) -> None:
        """Go to the PIN and type it, then Enter."""
        self.press("#pin", leads_on=False, key="Shift")
        self.page.keyboard.type(text)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def fills_in(self) -> None:
        """Fill in the ballot: blank, the first person, two works."""
        self.ticks("input[name=q0][value=blank]")
        self.ticks("input[name=q1][value='0']")
        self.ticks("input[name=q2][value='1']")
        self.ticks("input[name=q2][value='4']")
        self.press("form.ballot button")
        self.looks()


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, Server]]:
    folder = tmp_path_factory.mktemp("station")
    program = ("polling_station/app.py", "--demo", "--folder", "polls")
    with served(folder, *program) as (url, server):
        yield url, folder, server


@pytest.fixture(params=VIEWS, ids=lambda view: "-".join(map(str, view)))
def visitor(
    browser: Any, station: tuple[str, Path, Server], request: pytest.FixtureRequest
) -> Iterator[Visitor]:
    width, lang, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield Visitor(context.new_page(), "-".join(map(str, request.param)), lang, station[0])
    context.close()


def test_a_vote_in_the_booth_and_its_check_on_a_second_device(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    visitor.open("/")
    visitor.press("nav a[href^='/booth']")
    visitor.looks()
    visitor.press("button[value=reza]:not(details button)")
    visitor.looks()
    visitor.press("form.ballot button", leads_on=False)
    page.wait_for_selector("fieldset.wrong")
    visitor.looks()
    visitor.fills_in()
    tracker = page.inner_text("#tracker")
    visitor.press("form[action*=audit] button")
    visitor.looks()
    assert page.inner_text("#tracker") == tracker
    with page.expect_download() as coming:
        visitor.press("a[download]", leads_on=False)
    coming.value.save_as(tmp_path / "opened.json")
    visitor.press("a[href*='/booth/ballot']")
    visitor.fills_in()
    cast = page.inner_text("#tracker")
    assert cast != tracker
    visitor.types("000000")
    assert page.locator("[role=alert]").count() == 1
    visitor.looks()
    visitor.types(PIN)
    page.wait_for_selector(".qr svg")
    visitor.looks()
    visitor.press("summary", leads_on=False)
    receipt = page.inner_text("pre")
    visitor.press("a[href*='check.html']")
    visitor.press("#fetch", leads_on=False)
    page.wait_for_selector("#ask:not([hidden])")
    page.set_input_files("#opened", tmp_path / "opened.json")
    page.wait_for_selector("#choices li")
    blank = "رأی سفید" if visitor.lang == "fa" else "Blank vote"
    assert page.locator("#choices li").all_inner_texts()[0] == blank
    assert len(page.locator("#choices li").all_inner_texts()) == 4
    assert tracker in page.inner_text("#choices")
    visitor.press("#tracker", leads_on=False, key="Shift")
    page.keyboard.insert_text(receipt)
    visitor.press("#look", leads_on=False)
    page.wait_for_selector("#standing .sentence >> nth=1")
    assert not page.locator("#standing .alarm").count()
    visitor.looks()
    page.fill("#tracker", tracker)
    visitor.press("#look", leads_on=False)
    page.wait_for_selector("#standing .alarm")


def test_the_public_pages(visitor: Visitor) -> None:
    for path in ("/promises", "/result", "/verify", f"/find?tracker={'A' * 43}"):
        visitor.open(path)
    visitor.open("/verify")
    if not visitor.page.locator("table").count():
        visitor.press("form[action^='/verify'] button")
        visitor.page.wait_for_selector("table")
    visitor.looks()


def test_a_second_device_refuses_a_changed_archive(visitor: Visitor, tmp_path: Path) -> None:
    content = bytearray(visitor.page.request.get(f"{visitor.station}/board.bel").body())
    content[len(content) // 2] ^= 1
    (tmp_path / "changed.bel").write_bytes(content)
    visitor.open("/check/check.html")
    visitor.page.set_input_files("#file", tmp_path / "changed.bel")
    visitor.page.wait_for_selector("#board .alarm")
    assert visitor.page.is_hidden("#ask")
    visitor.looks()


@pytest.mark.parametrize("visitor", VIEWS[:2], indirect=True, ids=lambda view: "-".join(map(str, view)))
def test_a_vote_from_ones_own_computer_whose_answer_is_lost(
    visitor: Visitor, station: tuple[str, Path, Server]
) -> None:
    _, folder, server = station
    arguments = (
        "--voter",
        "polls/voters/maryam",
        "--keep",
        "maryam",
        "--station",
        station[0],
        "--patience",
        "3",
    )
    with served(folder, "remote_voting/app.py", *arguments) as (url, _):
        visitor.station = url
        visitor.open("/")
        visitor.press("button[value=maryam]:not(details button)")
        visitor.fills_in()
        os.kill(server.process.pid, signal.SIGSTOP)
        try:
            visitor.types(PIN)
            assert visitor.page.locator("[role=alert]").count() == 1
            visitor.looks()
        finally:
            os.kill(server.process.pid, signal.SIGCONT)
        visitor.press("main a.button")
        visitor.looks()
        visitor.press("form[action^='/again'] button")
        visitor.page.wait_for_selector(".qr svg")
        visitor.looks()
        visitor.press("nav a[href^='/mine']")
        visitor.press("form[action^='/compare'] button")
        visitor.page.wait_for_selector("#told.sentence")
        visitor.looks()
        visitor.open("/vote/history?card=maryam")
        visitor.page.wait_for_selector("#pin")
        visitor.page.keyboard.type(PIN)
        with visitor.page.expect_navigation():
            visitor.page.keyboard.press("Enter")
        visitor.looks()
        assert visitor.page.locator("dl").count() >= 1


def test_the_staff_ends_the_vote_and_everybody_sees_the_result(
    browser: Any, station: tuple[str, Path, Server]
) -> None:
    url, _, server = station
    key = re.search(r"staff\?key=(\S+)", server.log.read_text())[1]
    for number, (width, lang, scheme) in enumerate(VIEWS):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        visitor = Visitor(context.new_page(), f"result-{width}-{lang}-{scheme}", lang, url)
        visitor.open(f"/staff?key={key}")
        if not number:
            visitor.ticks("input[name=sure]")
            visitor.press("form[action^='/staff/close'] button")
            visitor.looks()
            visitor.press("form[action^='/staff/count'] button")
        visitor.looks()
        visitor.open("/result")
        assert visitor.page.locator("figure svg").count() == 3
        visitor.open("/")
        context.close()


def test_belenios_tool_accepts_what_the_station_held(station: tuple[str, Path, Server]) -> None:
    """Comes last: the staff had the ballots counted."""
    told = tool.verify(station[1] / "polls")
    assert told.accepted, f"belenios-tool {tool.version()}: {told.said}"
    assert b'"type":"Result"' in b"".join(path.read_bytes() for path in (station[1] / "polls").glob("*.bel"))
