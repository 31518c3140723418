"""Programs of npm for tests, named by a package.json: installed once, into a folder of the repository."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.peers.servers import ROOT

CACHE = ROOT / ".peers" / "node"
_NETWORK = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network")
_MINUTES = 5


def node(*, at_least: int = 20) -> str:
    """Give the path of Node.js; skips when it is absent or older."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed (apt-get install nodejs)")
    told = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    major = int(told.lstrip("v").split(".")[0])
    if major < at_least:
        pytest.skip(f"node is {told.strip()}, and this needs version {at_least} or newer (nodejs.org has it)")
    return program


def node_modules(folder: Path, *, at_least: int = 20) -> Path:
    """Install what ``folder``/package.json names and give the folder that holds ``node_modules``.

    Scripts of packages are not run. What is installed stays, under the digest of the package.json, so later
    runs need no network. Skips without node or npm, or when there is nothing installed and no network.
    """
    node(at_least=at_least)
    wanted = (folder / "package.json").read_bytes()
    place = CACHE / hashlib.sha256(wanted).hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second test process waits for the first
        if not (place / "complete").is_file():
            (place / "package.json").write_bytes(wanted)
            _install(place)
            (place / "complete").touch()
    return place


def _install(place: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed (apt-get install npm)")
    quiet = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1")
    done = subprocess.run(
        [npm, "install", *quiet],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        timeout=_MINUTES * 60,
    )
    if done.returncode and _NETWORK.search(done.stderr):
        pytest.skip(
            f"npm reaches no registry, and the packages were never installed here: {done.stderr[-300:]}"
        )
    assert done.returncode == 0, done.stderr
