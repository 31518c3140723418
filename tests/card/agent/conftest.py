"""A browser for tests: it starts the host, speaks frames, and reads what comes back."""

from __future__ import annotations

import base64
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smartid.agent.attendant import Attendant
from smartid.agent.native_host import serve
from smartid.card.card import Card
from smartid.card.connect import connect
from smartid.mockcard.card import MockCard
from smartid.mockcard.image import CardImage
from tests.card.conftest import PINS

CALLER = "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/"
ORIGIN = "https://site.example"
ROOT = Path(__file__).resolve().parents[3]


def nonce() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def frame(message: Any) -> bytes:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack("=I", len(body)) + body


def frames(data: bytes) -> list[Any]:
    """Everything that was said, and nothing may stand between frames or after them."""
    found = []
    while data:
        (length,) = struct.unpack("=I", data[:4])
        assert len(data) >= 4 + length, data
        found.append(json.loads(data[4 : 4 + length]))
        data = data[4 + length :]
    return found


def command(name: str, **arguments: Any) -> dict[str, Any]:
    return {"command": name, "arguments": {"origin": ORIGIN, **arguments}}


def login(**arguments: Any) -> dict[str, Any]:
    return command("authenticate", **{"challengeNonce": nonce(), **arguments})


@dataclass
class Host:
    """A running host with the write end of the pipe for PINs."""

    process: subprocess.Popen[bytes]
    pin_pipe: int
    environment: dict[str, str]

    def say(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def hear(self) -> Any:
        """The next frame."""
        assert self.process.stdout
        (length,) = struct.unpack("=I", self.process.stdout.read(4))
        return json.loads(self.process.stdout.read(length))

    def type(self, text: str) -> None:
        os.write(self.pin_pipe, text.encode())

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()

    def rest(self) -> tuple[list[Any], str]:
        """What else it says until it ends, and its standard error; it ends with status 0."""
        assert self.process.stdout
        assert self.process.stderr
        said, errors = self.process.stdout.read(), self.process.stderr.read().decode()
        assert self.process.wait(20) == 0, errors
        return frames(said), errors


Start = Callable[..., Host]


@pytest.fixture
def card_file(issue: Callable[..., MockCard], tmp_path: Path) -> Path:
    path = tmp_path / "sara.card"
    issue("sara").image.save(path)
    return path


@pytest.fixture
def start(card_file: Path) -> Iterator[Start]:
    """Start the host with a mock card."""
    running: list[Host] = []

    def begin(
        *options: str, callers: Sequence[str] = (CALLER,), reader: str = "", **environment: str
    ) -> Host:
        read_end, write_end = os.pipe()
        words = [sys.executable, "-m", "smartid", "--reader", reader or f"mock:{card_file}", "agent", "run"]
        process = subprocess.Popen(
            [*words, "--pin-fd", str(read_end), *options, *callers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[read_end],
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )
        os.close(read_end)
        running.append(Host(process, write_end, environment))
        return running[-1]

    yield begin
    for host in running:
        os.close(host.pin_pipe)
        host.process.kill()
        host.process.wait()
        for stream in (host.process.stdin, host.process.stdout, host.process.stderr):
            with suppress(BrokenPipeError):
                stream and stream.close()


def image_of(path: Path) -> CardImage:
    return CardImage.load(path)


def pin(name: str = "identity") -> str:
    return PINS[name]


def wrong(name: str = "identity") -> str:
    return PINS[name][:-1] + str((int(PINS[name][-1]) + 1) % 10)


Serve = Callable[..., Any]


@pytest.fixture
def serve_here() -> Iterator[Serve]:
    """Serve one request in this process: the answer, None when there is none."""
    opened: list[int] = []

    def serve_one(
        request: Any, card: MockCard | Callable[[], Card], *pins: str, open_end: bool = True, **options: Any
    ) -> Any:
        stdin, browser = os.pipe()
        source, typed = os.pipe()
        listening, frames_out = os.pipe()
        opened.extend((stdin, source, listening))
        os.write(browser, request if isinstance(request, bytes) else frame(request))
        os.write(typed, "".join(f"{pin}\n" for pin in pins).encode())
        left_open = [typed, frames_out, *([browser] if open_end else [])]
        if not open_end:
            os.close(browser)
        lend = (lambda: closing(connect(transport=card.insert()))) if isinstance(card, MockCard) else card
        last_try = options.pop("last_try", False)
        person = options.pop("person", None) or (lambda: Attendant(source, last_try=last_try))
        try:
            serve(frames_out, lend, person, test=False, stdin=stdin, **options)
        finally:
            for descriptor in left_open:
                os.close(descriptor)
        with os.fdopen(os.dup(listening), "rb") as stream:
            said = frames(stream.read())
        assert len(said) <= 1
        return said[0] if said else None

    yield serve_one
    for descriptor in opened:
        os.close(descriptor)
