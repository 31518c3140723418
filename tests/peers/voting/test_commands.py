"""The commands of elections as a user types them, beside belenios-tool on the same files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peers.voting import tool
from tests.peers.voting.boards import Board
from tests.peers.voting.forgeries import Finished

pytestmark = pytest.mark.peers_heavy
ROOT = Path(__file__).resolve().parents[3]


def election(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """Run a command; give its exit status and its JSON."""
    command = [sys.executable, "-m", "smartid", "election", *map(str, arguments), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=100)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_demo_leaves_an_archive_that_the_program_believes(tmp_path: Path) -> None:
    """With twelve voters one of them changes an electronic vote for one on paper: it does not count."""
    folder = tmp_path / "demo"
    status, told = election("demo", folder, "--voters", "12", "--seed", "4")
    assert (status, told["verified"], told["paper"]) == (0, True, 1)
    [archive] = folder.glob("*.bel")
    assert tool.verify(folder).accepted
    hashes = tool.ballot_hashes(folder)
    board = Board.read(archive)
    assert len(board.ballots()) == len(hashes)
    assert json.loads(board.steps[-1].records[0])["result"] == told["result"]
    whole = folder / "board"
    assert tool.verify(whole).accepted
    assert len(tool.ballot_hashes(whole)) > len(hashes)


def test_the_command_verifies_an_archive_of_the_program(finished: Finished, folder: Path) -> None:
    archive = folder / f"{finished.uuid}.bel"
    archive.write_bytes(finished.board.encode())
    status, told = election("verify", archive, "--workers", "2")
    assert (status, told["valid"], told["result"]) == (0, True, [[0, 2], [2, 0, 1, 0]])
    assert told["ballots"] == len(tool.ballot_hashes(folder))


def test_the_command_refuses_what_the_program_lets_pass(finished: Finished, folder: Path) -> None:
    archive = folder / f"{finished.uuid}.bel"
    archive.write_bytes(finished.board.insert(3, finished.board.steps[2]).encode())
    assert tool.verify(folder).accepted
    status, told = election("verify", archive)
    assert (status, told["valid"], told["check"]) == (1, False, "ballot-repeated")
