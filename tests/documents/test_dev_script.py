"""./dev and .ci/run are what a newcomer and the build machine type first."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / "dev"
PROMISED = {"demo", "test", "check", "peers", "bench", "fuzz", "docs", "fmt", "help"}


def run_dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([DEV, *arguments], capture_output=True, text=True, check=False, cwd="/")


def test_help_lists_every_command() -> None:
    done = run_dev("help")
    listed = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")}
    assert listed == PROMISED
    assert done.returncode == 0


def test_no_command_at_all_shows_the_help() -> None:
    assert run_dev().stdout == run_dev("help").stdout


def test_an_unknown_command_is_wrong_usage() -> None:
    done = run_dev("tset")
    assert done.returncode == 2
    assert "there is no command 'tset'; ./dev help lists them." in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("script", ["dev", ".ci/run"])
def test_the_scripts_are_sound_bash(script: str) -> None:
    done = subprocess.run(["bash", "-n", ROOT / script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "set -euo pipefail" in (ROOT / script).read_text(encoding="utf-8")
