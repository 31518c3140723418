"""smartid verifies elections that belenios-tool held, at every stage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smartid.services.voting.tally import compute_result
from smartid.services.voting.verify.tally_of import encrypted_tally
from smartid.services.voting.verify.verify import verify_archive
from tests.peers.voting import tool
from tests.peers.voting.boards import Board as Parts
from tests.peers.voting.shapes import ODD, VOTES, counted, template

pytestmark = pytest.mark.peers_heavy
TRUSTEES: dict[str, tuple[int, list[tuple[int, int]]]] = {
    "two mandatory": (2, []),
    "1 of 1": (0, [(1, 1)]),
    "one mandatory and 3 of 5": (1, [(3, 5)]),
}


@pytest.mark.parametrize("kind", TRUSTEES)
def test_questions_of_every_kind_at_every_stage(tmp_path: Path, kind: str) -> None:
    mandatory, groups = TRUSTEES[kind]
    theirs = tool.Theirs.make(tmp_path / "election", template(), name=ODD, mandatory=mandatory, groups=groups)
    stages = [verify_archive(theirs.archive).stage]
    for voter, votes in ((0, VOTES[0]), (1, VOTES[1]), (2, VOTES[2]), (0, VOTES[2])):
        theirs.vote(theirs.voters[voter], votes)
    stages.append(verify_archive(theirs.archive, workers=2).stage)
    for step in (theirs.close, theirs.tally, theirs.decrypt, theirs.result):
        step()
        report = verify_archive(theirs.archive)
        stages.append(report.stage)
    assert list(map(str, stages)) == ["setup", "voting", "closed", "tallied", "decrypted", "result"]
    assert (report.name, report.ballots, report.counted, report.voters) == (ODD, 4, 3, 3)
    assert [list(row) for row in report.result or ()] == counted(VOTES[1], VOTES[2], VOTES[2])


@pytest.mark.parametrize("ballots", [0, 1, 12])
def test_their_tally_and_their_result_are_ours_byte_for_byte(tmp_path: Path, ballots: int) -> None:
    theirs = tool.Theirs.make(
        tmp_path / "election", template()[:2], voters=max(1, ballots), mandatory=1, groups=[(2, 3)]
    )
    for voter in range(ballots):
        theirs.vote(theirs.voters[voter], VOTES[voter % 3][:2])
    theirs.finish()
    parts = Parts.read(theirs.archive)
    tally = parts.steps[parts.places("EncryptedTally")[0]]
    computed = encrypted_tally(theirs.archive)
    assert (computed.raw,) == tally.records
    assert (computed.num_tallied, computed.total_weight) == tally.numbers
    assert compute_result(theirs.archive) == parts.steps[-1].records[0]
    report = verify_archive(theirs.archive)
    assert report.ballots == len(tool.ballot_hashes(theirs.folder)) == ballots
    assert json.loads(parts.steps[-1].records[0])["result"] == [list(row) for row in report.result or ()]
