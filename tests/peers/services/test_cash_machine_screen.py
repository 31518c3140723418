"""The cash machine's screen in Chromium: two million rials, in Persian and in English, with the keyboard."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.chromium import playwright
from tests.peers.pictures import picture
from tests.peers.servers import ROOT, free_port, running

pytestmark = pytest.mark.peers_heavy


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    for package in ("starlette", "granian", "segno"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    folder, port = tmp_path_factory.mktemp("machine"), free_port()
    program = ROOT / "examples" / "cash_machine" / "app.py"
    command = [sys.executable, program, "--folder", folder, "--port", str(port)]
    url = f"http://127.0.0.1:{port}"

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    with running(command, url=url, answers=listens, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=folder):
        yield url


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Any]:
    program = shutil.which("chromium") or pytest.skip("chromium is not installed (apt-get install chromium)")
    with playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        found = browser.new_page(viewport={"width": 1024, "height": 768})
        found.set_default_timeout(15_000)
        yield found
        browser.close()


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(
    ("lang", "names"),
    [
        ("fa", ("کارت را گذاشتم", "برداشت وجه", "۲٬۰۰۰٬۰۰۰ ریال", "لطفاً پول خود را بردارید")),
        ("en", ("The card is in", "Withdraw cash", "2,000,000 rials", "Please take your money")),
    ],
)
def test_two_million_rials(address, page, lang, names):
    insert, withdraw, amount, take = names
    page.goto(address)
    if lang == "en":
        press(page, "English")
    assert page.get_attribute("html", "dir") == ("rtl" if lang == "fa" else "ltr")
    picture(page, f"cash-machine-welcome-{lang}")
    press(page, insert)
    press(page, withdraw)
    picture(page, f"cash-machine-amounts-{lang}")
    press(page, amount)
    pin = page.locator("#pin")
    assert pin.get_attribute("type") == "password"
    assert page.evaluate("document.activeElement.id") == "pin"
    pin.fill("9999")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    picture(page, f"cash-machine-wrong-pin-{lang}")
    page.locator("#pin").fill("۱۲۳۴" if lang == "fa" else "1234")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=take).wait_for()
    picture(page, f"cash-machine-receipt-{lang}")
    body = page.inner_text("main")
    assert amount in body
    assert "603799******0001" in body
    assert "603799000000" not in body, "no whole account number on paper"
    assert page.locator("figure svg").count() == 1
    press(page, "پایان و دریافت کارت" if lang == "fa" else "Finish and take the card")
    if lang == "en":
        press(page, "فارسی") if page.get_attribute("html", "lang") == "en" else None


def test_no_other_page_presses_a_button(address, page):
    page.goto(address)
    answer = page.request.post(f"{address}/insert", form={"key": "guessed"})
    assert answer.ok
    assert "کارت ملی خود را در دستگاه بگذارید" in answer.text()
