"""Any day at the polls: votes, repeats, old numbers, paper votes, crashes; the logs always agree."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.errors import Refused
from smartid.services.demo.crash import Killed
from smartid.services.testing import Crashes
from smartid.services.voting.board.board import Board
from smartid.services.voting.box import BallotBox
from smartid.services.voting.receipts import BallotReceipt, verify_receipt
from smartid.services.voting.revocations import Revocations
from smartid.services.voting.values import EventType
from tests.election_world import ANYBODY, Vote, World, moved

PEOPLE = ANYBODY[:3]
STEPS = st.one_of(
    st.tuples(st.just("vote"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("vote"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("repeat"), st.integers(0, 9)),
    st.tuples(st.just("old number"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("paper"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("crash"), st.integers(1, 4)),
)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("election") / "e")
    world.freeze()
    return world


@dataclass
class Day:
    """What the people at the polls know: it should be what the logs say."""

    world: World
    box: BallotBox = field(init=False)
    votes: list[tuple[str, Vote, BallotReceipt]] = field(default_factory=list)
    paper: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.box = self.world.box()

    def cast(self, number: str, vote: Vote) -> str:
        try:
            receipt = self.box.cast(*vote.as_tuple(), self.world.now)
        except Refused as refused:
            self.world.people[number].sequence -= 1
            return refused.reason
        self.votes.append((number, vote, receipt))
        return ""

    def step(self, kind: str, what: str | int) -> None:
        if kind == "vote":
            wanted = "voted_on_paper" if what in self.paper else ""
            assert self.cast(str(what), self.world.vote(self.world.people[str(what)])) == wanted
        elif kind == "repeat" and self.votes:
            _, vote, receipt = self.votes[int(what) % len(self.votes)]
            assert self.box.cast(*vote.as_tuple(), self.world.now) == receipt
        elif kind == "old number":
            person = self.world.people[str(what)]
            wanted = "voted_on_paper" if what in self.paper else "out_of_sequence"
            vote = self.world.vote(person, sequence=person.sequence + 2)
            assert self.cast(str(what), vote) == wanted
        elif kind == "paper":
            if what in self.paper:
                with pytest.raises(Refused, match="paper"):
                    self.box.paper(str(what), self.world.now)
            else:
                self.box.paper(str(what), self.world.now)
                self.paper.add(str(what))
        elif kind == "crash":
            self.crash(int(what))

    def crash(self, seam: int) -> None:
        """Somebody's vote is killed on its way; the voter asks again afterwards."""
        number = next((one for one in PEOPLE if one not in self.paper), "")
        if not number:
            return
        crashes = Crashes([seam])
        log, box = self.box._log, self.box
        log.append = crashes.around("evidence", log.append)  # type: ignore[method-assign]
        box._acceptance.accept = crashes.around("acceptance", box._acceptance.accept)  # type: ignore[method-assign]
        vote = self.world.vote(self.world.people[number])
        with pytest.raises(Killed):
            box.cast(*vote.as_tuple(), self.world.now)
        box.shut()
        self.box = self.world.box()
        assert self.cast(number, vote) == ""

    def end(self) -> None:
        self.box.close(self.world.now)
        self.box.shut()
        places, people = self.world.places, self.world.people
        report = self.world.audit()
        both = {number for number, *_ in self.votes} & self.paper
        assert (report.ballots, report.on_paper) == (len(self.votes), len(self.paper))
        assert (report.voters, report.revoked) == (len({one for one, *_ in self.votes}), len(both))
        revoked: frozenset[str] = frozenset()
        if both:
            revoked = Revocations.load(places.revocations, self.world.collector.public_key()).credentials
        assert revoked == {people[number].secret.public for number in both}
        last = {number: receipt for number, _, receipt in self.votes}
        for number, _, receipt in self.votes:
            found = verify_receipt(receipt, places.whole_board(), self.world.keys, revoked=revoked)
            assert found.counted == (number not in both and last[number] == receipt)
        with Board.open(places.archive) as board:
            counted = sum(event.type is EventType.BALLOT for event, _ in board.events())
        assert counted == sum(number not in both for number, *_ in self.votes)


@settings(max_examples=10)
@given(steps=st.lists(STEPS, min_size=3, max_size=9))
def test_whatever_happens_the_logs_agree(frozen: World, steps: list[tuple[str, str | int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        day = Day(moved(frozen, Path(folder) / "e"))
        for step in steps:
            day.step(*step)
        day.end()
