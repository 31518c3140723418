"""Elections that the program held, one of each for all tests of a process."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from smartid.services.voting.groups.named import named
from tests.peers.voting import tool
from tests.peers.voting.boards import Board, Numbers
from tests.peers.voting.forgeries import Finished

PERSIAN = "انتخابات انجمن دانش‌آموزان"
QUESTIONS = (
    {"answers": ["آری", 'نه "هرگز" \\ 🗳'], "min": 0, "max": 1, "question": "آیا موافقید؟"},
    {"answers": ["x", "y", "z"], "blank": True, "min": 1, "max": 2, "question": "Who?"},
)


@pytest.fixture(scope="session")
def numbers() -> Numbers:
    """The group as plain integers."""
    group = named(tool.GROUP)
    return Numbers(p=int(group.modulus), q=group.order, g=int(group.generator))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, numbers: Numbers) -> Finished:
    """A whole election, and the same one with two ballots less."""
    place = tmp_path_factory.mktemp("finished")
    theirs = tool.Theirs.make(
        place / "whole", QUESTIONS, name=PERSIAN, voters=4, mandatory=2, groups=[(2, 3)]
    )
    theirs.vote(theirs.voters[0], [[1, 0], [0, 1, 1, 0]])
    theirs.vote(theirs.voters[1], [[0, 1], [0, 0, 1, 0]])
    shutil.copytree(theirs.folder, place / "shorter")
    shorter = dataclasses.replace(theirs, folder=place / "shorter")
    theirs.vote(theirs.voters[2], [[0, 1], [1, 0, 0, 0]])
    theirs.vote(theirs.voters[0], [[0, 0], [1, 0, 0, 0]])
    theirs.finish()
    shorter.finish()

    def finish(board: Board) -> Board:
        """Let the program count a board that stops before the tally."""
        other = dataclasses.replace(theirs, folder=tmp_path_factory.mktemp("forged"))
        other.archive.write_bytes(board.encode())
        other.tally()
        other.decrypt()
        other.result()
        return Board.read(other.archive)

    return Finished(
        board=Board.read(theirs.archive),
        shorter=Board.read(shorter.archive),
        finish=finish,
        uuid=theirs.uuid,
        texts=tuple(theirs.voters),
        keys=tuple(int(secret.read_text().strip('"\n')) for secret in theirs.mandatory),
        spare=(5, theirs.share_of_group(5, *theirs.groups[0].keys[2]).splitlines()[0]),
        numbers=numbers,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for an archive."""
    made = tmp_path / "forged"
    made.mkdir()
    return made
