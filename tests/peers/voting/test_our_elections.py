"""belenios-tool verifies elections that smartid held: every kind of question, trustee and size."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from smartid.services.voting.board.prefix import is_prefix
from smartid.services.voting.election import Question
from smartid.services.voting.verify.verify import verify_archive
from tests.peers.voting import tool
from tests.peers.voting.boards import Board as Parts
from tests.peers.voting.ours import Ours
from tests.peers.voting.shapes import ODD, QUESTIONS, VOTES, counted

pytestmark = [pytest.mark.peers_heavy, pytest.mark.timeout(300)]
TRUSTEES = {
    "one mandatory": (1, (0, 0)),
    "three mandatory": (3, (0, 0)),
    "2 of 3": (0, (2, 3)),
    "one mandatory and 3 of 5": (1, (3, 5)),
}


def require_same(ours: Ours) -> None:
    """Both verify, see the same ballots, and the program computes the same tally and the same result."""
    told = tool.verify(ours.folder)
    assert told.accepted, f"belenios-tool {tool.version()}: {told.said}"
    report = verify_archive(ours.archive)
    parts = Parts.read(ours.archive)
    assert report.ballots == len(parts.ballots())
    assert report.result == tuple(map(tuple, json.loads(parts.steps[-1].records[0])["result"]))
    tally, *_ = tool.do(ours.folder, "election", "compute-encrypted-tally").splitlines()
    assert parts.steps[parts.places("EncryptedTally")[0]].records[0] == tally
    assert tool.do(ours.folder, "election", "compute-result").strip() == parts.steps[-1].records[0]


@pytest.mark.parametrize("kind", TRUSTEES)
def test_questions_of_every_kind_and_votes_that_are_voted_over(tmp_path: Path, kind: str) -> None:
    mandatory, group = TRUSTEES[kind]
    ours = Ours.make(tmp_path / "election", QUESTIONS, name=ODD, mandatory=mandatory, group=group)
    assert tool.verify(ours.folder).accepted
    ballots = ours.vote((0, VOTES[0]), (1, VOTES[1]))
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    shutil.copy(ours.archive, earlier)
    ballots += ours.vote((2, VOTES[2]), (0, VOTES[2]))
    told = tool.verify(ours.folder)
    assert told.accepted, told.said
    ours.finish()
    require_same(ours)
    report = verify_archive(ours.archive, earlier=earlier / ours.archive.name)
    assert (report.ballots, report.counted) == (4, 3)
    assert [list(row) for row in report.result or ()] == counted(VOTES[1], VOTES[2], VOTES[2])
    assert tool.verify_diff(earlier, ours.folder).accepted
    hashes = {base64.b64decode(ballot.tracker + "=").hex() for ballot in ballots}
    assert hashes == set(tool.ballot_hashes(ours.folder))


def test_a_board_that_was_written_anew_is_valid_and_differs_from_the_copy(tmp_path: Path) -> None:
    ours = Ours.make(tmp_path / "election", QUESTIONS[:1])
    ours.vote((0, [[1, 0]]), (1, [[1, 0]]))
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    shutil.copy(ours.archive, earlier)
    ours.archive.write_bytes(Parts.read(ours.archive).without(1).encode())
    ours.vote((2, [[0, 1]]))
    assert tool.verify(ours.folder).accepted
    assert verify_archive(ours.archive).ballots == 2
    assert not tool.verify_diff(earlier, ours.folder).accepted
    assert not is_prefix(earlier / ours.archive.name, ours.archive)


@pytest.mark.parametrize("ballots", [0, 1, 100])
def test_few_ballots_and_many(tmp_path: Path, ballots: int) -> None:
    ours = Ours.make(tmp_path / "election", QUESTIONS[:1], voters=max(ballots, 1))
    ours.vote(*((voter, VOTES[voter % 3][:1]) for voter in range(ballots)))
    ours.finish()
    require_same(ours)


def test_a_thousand_ballots(tmp_path: Path) -> None:
    question = Question(text="؟", answers=("الف", "ب"), minimum=0, maximum=1)
    ours = Ours.make(tmp_path / "election", [question], voters=990)
    ours.vote(*((voter, [[voter % 2, 0]]) for voter in range(990)))
    ours.vote(*((voter, [[0, 1]]) for voter in range(10)))
    ours.finish()
    told = tool.verify(ours.folder)
    assert told.accepted, told.said
    report = verify_archive(ours.archive, workers=2)
    assert (report.ballots, report.counted, report.result) == (1000, 990, ((490, 10),))
