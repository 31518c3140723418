"""Trustees of both sides in one record: keys, groups, shares and results by either."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smartid.services.voting.board.board import Board
from smartid.services.voting.groups.named import named
from smartid.services.voting.tally import compute_result
from smartid.services.voting.trustees.keys import TrusteeKey
from smartid.services.voting.trustees.record import Trustees
from smartid.services.voting.trustees.safe import TrusteeFolder
from smartid.services.voting.trustees.shares import decrypt_share
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.verify import verify_archive
from tests.peers.voting import tool
from tests.peers.voting.boards import Board as Parts
from tests.peers.voting.ours import Ours
from tests.peers.voting.shapes import QUESTIONS, VOTES, counted, template
from tests.unit.services.voting.forge import Step, stored

pytestmark = pytest.mark.peers_heavy


def share_of_ours(theirs: tool.Theirs, key: TrusteeFolder) -> bytes:
    """What the program takes for an event: the share, and the line that says whose it is."""
    made = decrypt_share(key, theirs.archive)
    step = Step(type="PartialDecryption", numbers=(made.owner,), records=(made.raw,))
    return b"\n".join(stored(step)) + b"\n"


def test_a_trustee_of_ours_in_an_election_of_theirs(tmp_path: Path) -> None:
    own = TrusteeFolder.create(tmp_path / "own", minimum=0)
    public = json.dumps(own.make_key(named(tool.GROUP)), separators=(",", ":")).encode()
    theirs = tool.Theirs.make(
        tmp_path / "election", template(), mandatory=1, publics=[public], groups=[(2, 3)]
    )
    for voter, votes in zip(theirs.voters, VOTES, strict=True):
        theirs.vote(voter, votes)
    theirs.close()
    theirs.tally()
    theirs.add("PartialDecryption", theirs.share(1, theirs.mandatory[0]))
    theirs.add("PartialDecryption", share_of_ours(theirs, own))
    for owner, (key, others) in enumerate(theirs.groups[0].keys[1:], 4):
        theirs.add("PartialDecryption", theirs.share_of_group(owner, key, others))
    computed = compute_result(theirs.archive)
    theirs.result()
    assert tool.verify(theirs.folder).accepted
    assert Parts.read(theirs.archive).steps[-1].records == (computed,)
    assert [list(row) for row in verify_archive(theirs.archive).result or ()] == counted(*VOTES)


def test_trustees_of_theirs_in_an_election_of_ours(tmp_path: Path) -> None:
    """A mandatory trustee and a group of theirs beside a mandatory trustee and a group of ours."""
    secret, public = tool.make_mandatory(tmp_path / "their-trustee")
    group = tool.make_pedersen(tmp_path / "their-group", threshold=2, members=3)
    record = b'[["Single",' + public + b'],["Pedersen",' + group.record + b"]]"
    ours = Ours.make(
        tmp_path / "election",
        QUESTIONS,
        mandatory=1,
        group=(2, 3),
        foreign=Trustees.parse(record, named(tool.GROUP)).items,
    )
    ours.vote(*enumerate(VOTES))
    ours.close()
    ours.decrypt()
    theirs = tool.Theirs(folder=ours.folder, uuid=ours.election.uuid)
    theirs.add("PartialDecryption", theirs.share(5, secret))
    for owner, (key, others) in ((6, group.keys[0]), (8, group.keys[2])):
        theirs.add("PartialDecryption", theirs.share_of_group(owner, key, others))
    result = ours.result()
    assert json.loads(result)["result"] == counted(*VOTES)
    told = tool.verify(ours.folder)
    assert told.accepted, told.said
    assert tool.do(ours.folder, "election", "compute-result").strip() == result
    assert verify_archive(ours.archive).stage == "result"


def test_a_key_of_theirs_in_our_hands_opens_what_it_opens_in_theirs(tmp_path: Path) -> None:
    theirs = tool.Theirs.make(tmp_path / "election", template()[:1], mandatory=1)
    theirs.vote(theirs.voters[0], VOTES[0][:1])
    theirs.close()
    theirs.tally()
    own = TrusteeFolder.create(tmp_path / "own", minimum=0)
    own.adopt(TrusteeKey.from_text(theirs.mandatory[0].read_text(), named(tool.GROUP)))
    made, told = decrypt_share(own, theirs.archive), theirs.share(1, theirs.mandatory[0])
    factors = [json.loads(share)["decryption_factors"] for share in (made.raw, told.splitlines()[0])]
    assert factors[0] == factors[1]
    with Board.open(theirs.archive) as board:
        board.append_share(made.owner, made.raw)
        board.append(EventType.RESULT, compute_result(theirs.archive))
    assert tool.verify(theirs.folder).accepted
