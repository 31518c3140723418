"""The window on a display, worked with keys alone: Xvfb and xdotool are the holder, Tk draws."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.image import CardImage
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE

pytestmark = pytest.mark.peers_heavy

ROOT = Path(__file__).resolve().parents[2]
CALLER = "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/"
PINS = {"identity": "4071", "signature": "920318", "puk": "55019283"}
PATIENCE = 20
QUIET = 0.8


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    pytest.importorskip("tkinter", reason="tkinter is absent: apt-get install python3-tk")
    for program in ("Xvfb", "xdotool"):
        if not shutil.which(program):
            pytest.skip(f"{program} is absent: apt-get install xvfb xdotool")
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "700x640x24", "-nolisten", "tcp"],
        pass_fds=[write_end],
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(read_end) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(PATIENCE)


@pytest.fixture(scope="module")
def image() -> CardImage:
    return issue_citizen(CITIZENS["sara"], NATIONAL_REFERENCE, ThrowAwayPKI.fresh(), pins=PINS)


@dataclass
class Window:
    """A running host with its window."""

    process: subprocess.Popen[bytes]
    display: str
    card: Path
    shots: list[bytes] = field(default_factory=list)

    def xdotool(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words],
            env={**os.environ, "DISPLAY": self.display},
            capture_output=True,
            check=True,
            timeout=PATIENCE,
        )
        return done.stdout.decode()

    def wait(self) -> None:
        self.xdotool("search", "--sync", "--onlyvisible", "--class", "smartid")
        self.settle()
        self.until_awake()

    def until_awake(self) -> None:
        """Wait until a new window takes keys, which is seen on it. One that did already changes no more."""
        before, end = self.picture(), time.monotonic() + 2 * QUIET
        while self.picture() == before and time.monotonic() < end:
            pass
        self.settle()

    def settle(self) -> bytes:
        """Wait until two pictures in a row are the same: everything was drawn."""
        before = b""
        for _ in range(100):
            now = self.picture()
            if now == before:
                return now
            before = now
        raise AssertionError("the window never came to rest")

    def picture(self) -> bytes:
        image_grab = pytest.importorskip("PIL.ImageGrab")
        return image_grab.grab(xdisplay=self.display).tobytes()

    def keys(self, *names: str) -> None:
        self.xdotool("key", "--delay", "30", *names)

    def type(self, text: str) -> None:
        self.xdotool("type", "--delay", "30", text)

    def until_asked_again(self) -> None:
        """Wait for the next question: while the card works, a digit changes nothing on the window."""
        for _ in range(200):
            before = self.settle()
            self.keys("1")
            if self.settle() != before:
                self.keys("BackSpace", "BackSpace")
                return
        raise AssertionError("the window never asked again")

    def answer(self) -> Any:
        assert self.process.stdout
        data = self.process.stdout.read()
        assert self.process.wait(PATIENCE) == 0
        (length,) = struct.unpack("=I", data[:4])
        assert length == len(data) - 4
        return json.loads(data[4:])


Open = Callable[..., Window]


@pytest.fixture
def ask(display: str, image: CardImage, tmp_path: Path) -> Iterator[Open]:
    opened: list[Window] = []
    card = tmp_path / "sara.card"

    def begin(
        command: str = "authenticate", *, tries: int = 3, awake: bool = True, **arguments: str
    ) -> Window:
        state = image.snapshot()
        state.pins["identity"].tries_left = tries
        state.save(card)
        process = subprocess.Popen(
            [sys.executable, "-m", "smartid", "--reader", f"mock:{card}", "agent", "run", CALLER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "DISPLAY": display, "PYTHONPATH": str(ROOT)},
        )
        opened.append(Window(process, display, card))
        assert process.stdin
        assert process.stdout
        (length,) = struct.unpack("=I", process.stdout.read(4))
        process.stdout.read(length)
        given = {"origin": "https://bank.example.ir", **arguments}
        if command == "authenticate":
            given["challengeNonce"] = base64.b64encode(os.urandom(32)).decode()
        body = json.dumps({"command": command, "arguments": given}).encode()
        process.stdin.write(struct.pack("=I", len(body)) + body)
        process.stdin.flush()
        if awake:
            opened[-1].wait()
        return opened[-1]

    yield begin
    for window in opened:
        window.process.kill()
        window.process.wait()
        for stream in (window.process.stdin, window.process.stdout, window.process.stderr):
            assert stream
            stream.close()


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_a_login_with_keys_alone(ask: Open, lang: str) -> None:
    window = ask(lang=lang)
    window.type(PINS["identity"])
    window.keys("Return")
    assert window.answer()["format"] == "web-eid:1.0"


def test_persian_digits_and_a_mistake_that_is_taken_back(ask: Open) -> None:
    window = ask()
    window.type("۴۰۷x")
    window.keys("9", "BackSpace")
    window.type("۱")
    window.keys("Return")
    assert window.answer()["format"] == "web-eid:1.0"


def test_a_wrong_pin_is_asked_again_in_the_same_window(ask: Open) -> None:
    window = ask(lang="en")
    first = window.settle()
    window.type("9999")
    window.keys("Return")
    window.until_asked_again()
    assert CardImage.load(window.card).pins["identity"].tries_left == 2
    assert window.settle() != first
    window.type(PINS["identity"])
    window.keys("Return")
    assert window.answer()["format"] == "web-eid:1.0"


@pytest.mark.parametrize("command", ["authenticate", "get-signing-certificate"])
def test_what_was_typed_for_another_window_is_not_taken(ask: Open, command: str) -> None:
    """A page chooses when the window comes up: over a number that somebody types, with Enter at its end."""
    window = ask(command, awake=False)
    window.xdotool("search", "--sync", "--onlyvisible", "--class", "smartid")
    for _ in range(3):
        window.keys(*"6219861034529007", "Return")
    assert window.process.poll() is None
    window.keys("Escape")
    assert window.answer()["error"]["reason"] == "cancelled"
    assert CardImage.load(window.card).pins["identity"].tries_left == 3


def test_the_last_try_wants_a_tick(ask: Open) -> None:
    window = ask(tries=1)
    window.type(PINS["identity"])
    window.keys("Return")
    window.settle()
    assert window.process.poll() is None
    window.keys("Tab", "space", "Tab", "Return")
    assert window.answer()["format"] == "web-eid:1.0"


@pytest.mark.parametrize(
    "keys", [("Escape",), ("Tab", "Return"), ("4", "0", "7", "1", "Tab", "Tab", "space")]
)
def test_the_holder_says_no(ask: Open, keys: list[str]) -> None:
    """Escape, and the second button, which Tab reaches past the first while that one cannot be used."""
    window = ask()
    window.keys(*keys)
    answer = window.answer()["error"]
    assert (answer["code"], answer["reason"]) == ("ERR_WEBEID_USER_CANCELLED", "cancelled")
    assert CardImage.load(window.card).pins["identity"].tries_left == 3


def test_a_certificate_wants_consent_and_a_signature_its_own_pin(ask: Open) -> None:
    window = ask("get-signing-certificate")
    window.keys("Return")
    certificate = window.answer()["certificate"]
    digest = base64.b64encode(bytes(range(48))).decode()
    window = ask("sign", certificate=certificate, hash=digest, hashFunction="SHA-384", lang="en")
    window.type(PINS["signature"])
    window.keys("Return")
    assert len(base64.b64decode(window.answer()["signature"])) == 96


def test_the_browser_goes_away(ask: Open) -> None:
    window = ask()
    window.type("40")
    assert window.process.stdin
    window.process.stdin.close()
    assert window.answer()["error"]["reason"] == "cancelled"


def test_the_process_is_ended(ask: Open) -> None:
    window = ask()
    window.process.send_signal(signal.SIGTERM)
    assert window.answer()["error"]["reason"] == "cancelled"
    assert window.process.stderr
    assert window.process.stderr.read() == b""


def test_the_host_stands_at_the_same_place_and_a_deceiving_one_looks_different(ask: Open) -> None:
    pictures = []
    for host in ("apple.com", "xn--80ak6aa92e.com"):
        window = ask(origin=f"https://{host}", lang="en")
        pictures.append(window.settle())
        window.keys("Escape")
        window.answer()
    assert pictures[0] != pictures[1]


def test_no_display_has_a_reason(image: CardImage, tmp_path: Path) -> None:
    pytest.importorskip("tkinter")
    image.save(tmp_path / "sara.card")
    body = json.dumps(
        {"command": "get-signing-certificate", "arguments": {"origin": "https://bank.example.ir"}}
    ).encode()
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    with subprocess.Popen(
        [sys.executable, "-m", "smartid", "--reader", f"mock:{tmp_path}/sara.card", "agent", "run", CALLER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**environment, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(struct.pack("=I", len(body)) + body)
        process.stdin.flush()
        said = process.stdout.read()
    (first,) = struct.unpack("=I", said[:4])
    answer = json.loads(said[8 + first :])
    assert answer["error"]["reason"] == "no_window"
    assert "python3-tk" in answer["error"]["message"]
