"""Ballots of both sides on one board: we verify theirs, they verify ours, and either counts both."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from smartid.errors import ElectionInvalid
from smartid.services.voting.ballot import (
    Ballot,
    BallotContext,
    Maker,
    check_opening,
    make_ballot,
    verify_ballot,
)
from smartid.services.voting.credentials import derive_2_0
from smartid.services.voting.election import Election
from smartid.services.voting.groups.named import named
from smartid.services.voting.roll import parse_credentials
from tests.peers.voting import tool
from tests.peers.voting.boards import Board
from tests.peers.voting.shapes import ODD, QUESTIONS, VOTES, counted, template

pytestmark = pytest.mark.peers_heavy


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> tool.Theirs:
    """An election of the program with questions of every kind, before the first ballot."""
    place = tmp_path_factory.mktemp("ballots") / "election"
    return tool.Theirs.make(place, template(), name=ODD, description=ODD, voters=6)


@pytest.fixture(scope="module")
def election(theirs: tool.Theirs) -> Election:
    return Election.parse(Board.read(theirs.archive).steps[0].records[0])


def test_the_election_record_is_read_as_it_was_meant(election: Election) -> None:
    assert election.name == election.description == ODD
    assert election.questions == QUESTIONS


def test_a_credential_code_gives_the_same_credential(theirs: tool.Theirs) -> None:
    [*_, (_, _, credentials)] = [Board.read(theirs.archive).steps[0].records]
    listed = {entry.credential for entry in parse_credentials(credentials, named(tool.GROUP))}
    assert {derive_2_0(theirs.uuid, text).public for text in theirs.voters} == listed


@pytest.mark.parametrize("votes", VOTES)
def test_we_verify_their_ballot(
    theirs: tool.Theirs, election: Election, votes: tuple[tuple[int, ...], ...]
) -> None:
    group = named(tool.GROUP)
    raw = theirs.ballot(theirs.voters[0], votes)
    ballot = Ballot.parse(raw, election, group)
    verify_ballot(ballot, BallotContext(election))
    assert ballot.credential == derive_2_0(theirs.uuid, theirs.voters[0]).public


@pytest.mark.parametrize("damaged", ["individual_proofs", "overall_proof", "blank_proof", "signature"])
def test_we_refuse_their_ballot_when_a_number_is_another(
    theirs: tool.Theirs, election: Election, damaged: str
) -> None:
    found = json.loads(theirs.ballot(theirs.voters[0], VOTES[0]))
    part = found["signature"]["proof"] if damaged == "signature" else found["answers"][1][damaged][0]
    proof = part[0] if isinstance(part, list) else part
    proof["response"] = str(int(proof["response"]) ^ 1)
    raw = json.dumps(found, separators=(",", ":")).encode()
    ballot = Ballot.parse(raw, election, named(tool.GROUP))
    with pytest.raises(ElectionInvalid, match="ballot-signature|ballot-proof"):
        verify_ballot(ballot, BallotContext(election))


def test_they_count_ballots_of_both(theirs: tool.Theirs, election: Election) -> None:
    secrets = [derive_2_0(theirs.uuid, text) for text in theirs.voters]
    many = Maker(election)
    theirs.add("Ballot", many.make(secrets[0], VOTES[0]).cast().raw)
    theirs.vote(theirs.voters[1], VOTES[1])
    theirs.add("Ballot", make_ballot(election, secrets[2], VOTES[2]).cast().raw)
    assert tool.verify(theirs.folder).accepted
    theirs.vote(theirs.voters[0], VOTES[1])  # voted by us, voted over by them
    theirs.add("Ballot", many.make(secrets[1], VOTES[2]).cast().raw)  # and the other way round
    theirs.finish()
    told = tool.verify(theirs.folder)
    assert told.accepted, told.said
    board = Board.read(theirs.archive)
    assert json.loads(board.steps[-1].records[0])["result"] == counted(VOTES[1], VOTES[2], VOTES[2])
    group, context = named(tool.GROUP), BallotContext(election)
    read = [Ballot.parse(raw, election, group) for raw in board.ballots()]
    for ballot in read:
        verify_ballot(ballot, context)
    hashes = [base64.b64decode(ballot.tracker + "=").hex() for ballot in read]
    assert sorted(hashes) == sorted(tool.ballot_hashes(theirs.folder))


def test_they_count_what_an_opening_says(tmp_path: Path) -> None:
    theirs = tool.Theirs.make(tmp_path / "one", template(), voters=1)
    election = Election.parse(Board.read(theirs.archive).steps[0].records[0])
    opened = make_ballot(election, derive_2_0(theirs.uuid, theirs.voters[0]), VOTES[0]).audit()
    ballot = Ballot.parse(opened.raw, election, named(tool.GROUP))
    theirs.add("Ballot", opened.raw)
    theirs.finish()
    result = json.loads(Board.read(theirs.archive).steps[-1].records[0])["result"]
    assert [list(answer) for answer in check_opening(ballot, opened.opening, election)] == result
