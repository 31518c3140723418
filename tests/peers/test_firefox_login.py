"""The whole way in Firefox: ``smartid agent install``, our add-on, pcscd, mock card, and back to the site.

Runs where Debian's firefox-esr is installed; ``./dev peers`` does not install it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartid.agent.callers import FIREFOX
from tests.peers.chromium import EXTENSION
from tests.peers.login_world import PIN, World, login_world
from tests.peers.node import node, node_modules
from tests.peers.servers import ROOT

pytestmark = pytest.mark.peers_heavy

SCRIPTS = Path(__file__).parent / "firefox"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if shutil.which("firefox-esr") is None:
        pytest.skip("firefox-esr is not installed (apt-get install firefox-esr)")
    with login_world(tmp_path_factory.mktemp("firefox"), in_chromium=False) as made:
        _install(made)
        yield made
        made.remove()


def _install(world: World) -> None:
    """Install the agent as a user does; then the test's launcher, which knows the PIN, takes its place."""
    variables = {**os.environ, "HOME": str(world.folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "smartid", "agent", "install", "--browser", "firefox", "--json"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True, timeout=60)
    (installed,) = json.loads(done.stdout)["browsers"]
    shutil.copy(world.folder / "host", installed["launcher"])


def _addon(folder: Path) -> Path:
    """Our add-on with the manifest that Firefox wants, under the id that the agent knows."""
    place = folder / "addon"
    shutil.copytree(EXTENSION, place)
    manifest = json.loads((place / "manifest.json").read_text())
    del manifest["key"], manifest["minimum_chrome_version"]
    manifest["background"] = {"scripts": ["background.js"], "type": "module"}
    manifest["host_permissions"] = ["*://*/*"]
    manifest["browser_specific_settings"] = {"gecko": {"id": FIREFOX[0]}}
    (place / "manifest.json").write_text(json.dumps(manifest))
    return place


def _log_in(world: World, folder: Path) -> Any:
    program, modules = node(), node_modules(SCRIPTS)
    variables = {
        **os.environ,
        "HOME": str(world.folder),
        "FIREFOX": shutil.which("firefox-esr") or "",
        "NODE_MODULES": str(modules),
    }
    command = [program, str(SCRIPTS / "login.mjs"), world.origin, str(_addon(folder))]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_citizen_logs_in(world: World, tmp_path: Path) -> None:
    world.pin_file.write_text(f"{PIN}\n")
    world.insert()
    told = _log_in(world, tmp_path)
    assert (told["path"], told["problem"]) == ("/", None)
    assert told["told"] == world.site.people[-1] != ""
    world.remove()


def test_a_wrong_pin_tells_how_many_tries_are_left(world: World, tmp_path: Path) -> None:
    world.pin_file.write_text("9999\n")
    card = world.insert()
    told = _log_in(world, tmp_path)
    assert told["path"] == "/auth/"
    assert "۲" in told["problem"]
    assert card.image.pins["identity"].tries_left == 2
    world.remove()
