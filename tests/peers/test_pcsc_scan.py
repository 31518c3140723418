"""pcsc_scan, which knows nothing of us, sees our card come and go."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from smartid.errors import NoService
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.image import CardImage
from smartid.profiles.national_reference import NATIONAL_REFERENCE

pytestmark = pytest.mark.skipif(shutil.which("pcsc_scan") is None, reason="pcsc_scan is not installed")
SECONDS = 20


class Screen:
    """What a program writes on its terminal."""

    def __init__(self, command, environment):
        try:
            self._master, slave = pty.openpty()
        except OSError as error:
            pytest.skip(f"pcsc_scan needs a terminal, and this machine has none to give: {error}")
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, **environment},
            close_fds=True,
        )
        os.close(slave)
        self.text = ""

    def wait_for(self, words, *, after=0):
        """Read until ``words`` stand in the text behind position ``after``; where they end."""
        deadline = time.monotonic() + SECONDS
        while True:
            found = re.search(words, self.text[after:])
            if found:
                return after + found.end()
            rest = deadline - time.monotonic()
            assert rest > 0, f"{words!r} did not appear in {self.text!r}"
            if select.select([self._master], [], [], rest)[0]:
                self.text += os.read(self._master, 4096).decode(errors="replace")

    def close(self):
        self.process.terminate()
        self.process.wait(SECONDS)
        os.close(self._master)


@pytest.fixture
def service():
    try:
        with PrivatePCSC() as running:
            yield running
    except NoService as error:
        pytest.skip(str(error))


def test_insertion_and_removal_are_seen(service):
    screen = Screen(["pcsc_scan", "-n"], service.environment)
    card = MockCard(CardImage(profile=NATIONAL_REFERENCE))
    try:
        at = screen.wait_for("Card state: .*Card removed")
        for _ in range(2):
            with card.serve(service.ports[0]):
                at = screen.wait_for("Card state: .*Card inserted", after=at)
                at = screen.wait_for("ATR: .*" + " ".join(f"{byte:02X}" for byte in card.atr), after=at)
            at = screen.wait_for("Card state: .*Card removed", after=at)
    finally:
        screen.close()
