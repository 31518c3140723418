"""Chromium with a card through OpenSC's module, on a screen of memory: a program types the PIN."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from tests.peers.tls_site import Site, context, of_connection, site
from tests.peers.wallet import PIN, Plugged, Wallet, opensc, program

pytestmark = pytest.mark.peers_heavy

SECONDS = 60
MODULES = """library=
name=NSS Internal PKCS #11 Module
parameters=configdir='sql:{folder}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=
NSS=Flags=internal,critical

library={module}
name=OpenSC
"""
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-component-update",
    "--disable-quic",
    "--ignore-certificate-errors",
)


@pytest.fixture
def screen() -> Iterator[str]:
    """The name of a display of our own."""
    reader, writer = os.pipe()
    command = [program("Xvfb"), "-displayfd", str(writer), "-screen", "0", "1200x900x24"]
    with subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL) as process:
        os.close(writer)
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()
        try:
            assert number, "Xvfb did not begin"
            yield f":{number}"
        finally:
            process.terminate()


@contextmanager
def chromium(folder: Path, card: Plugged, screen: str, url: str) -> Iterator[dict[str, str]]:
    """A browser without a past whose key store has OpenSC's module; gives its environment."""
    home = folder / "home"
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    (store / "pkcs11.txt").write_text(MODULES.format(folder=store, module=opensc()))
    environment = {**card.environment, "DISPLAY": screen, "HOME": str(home)}
    command = [program("timeout"), str(SECONDS), program("chromium"), *OPTIONS]
    command += [f"--user-data-dir={folder / 'profile'}", url]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield environment
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(SECONDS)


def let_somebody_type(environment: dict[str, str], server: Site, folder: Path) -> None:
    """Type the PIN once where it is asked for, and take the certificate that is offered."""
    end, typed = time.monotonic() + SECONDS, False
    while time.monotonic() < end and not server.visitors:
        lock = _window(environment, "Unlock Security Device")
        page = _window(environment, "Chromium")
        if lock and not typed:
            typed = True
            _xdotool(environment, "windowfocus", "--sync", lock)
            _xdotool(environment, "type", "--delay", "50", PIN)
            _xdotool(environment, "key", "Return")
        elif page and typed and not lock:
            _xdotool(environment, "windowfocus", page)
            _xdotool(environment, "key", "Return")
        time.sleep(0.5)  # windows tell nobody that they are there
    assert typed, (folder / "log").read_text(errors="replace")[-3000:]


def _window(environment: dict[str, str], name: str) -> str:
    found = _xdotool(environment, "search", "--onlyvisible", "--name", name).split()
    return found[0] if found else ""


def _xdotool(environment: dict[str, str], *arguments: str) -> str:
    command = [program("xdotool"), *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=30, check=False
    ).stdout


def _visit(folder: Path, wallet: Wallet, card: Plugged, screen: str) -> Site:
    policy = Policy(anchors=TrustStore.from_folder(wallet.trust))
    with site(policy, of_connection, context(wallet)) as server:
        with chromium(folder, card, screen, f"https://localhost:{server.port}/") as environment:
            let_somebody_type(environment, server, folder)
    return server


@pytest.mark.parametrize("name", ["sara", "sara with RSA"])
def test_chromium_comes_in_with_the_card(tmp_path: Path, wallet: Wallet, screen: str, name: str) -> None:
    server = _visit(tmp_path, wallet, wallet[name], screen)
    assert server.visitors[:1] == ["9942400801"], server.failures
    assert wallet[name].tries_left == 3
