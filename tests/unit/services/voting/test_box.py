from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartid.errors import ElectionInvalid, GatewayUnavailable, Refused
from smartid.services.voting.acceptance import Acceptance, open_key
from smartid.services.voting.ballot import make_ballot
from smartid.services.voting.ballot_statement import BallotStatement, HistoryRequest
from smartid.services.voting.board.board import Board
from smartid.services.voting.box import BallotBox
from smartid.services.voting.casting import MAX_BALLOT
from smartid.services.voting.checking import check_receipt, find_ballot
from smartid.services.voting.closing import require_closed, require_count_follows
from smartid.services.voting.compact import sha256_base64
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.evidence import LOG
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.log import read_log
from smartid.services.voting.polling import pinned_key
from smartid.services.voting.receipts import verify_receipt
from smartid.services.voting.rehearsal import publish_sum
from smartid.services.voting.revocations import Revocations
from smartid.services.voting.values import EventType
from tests.election_world import ANYBODY, GROUP, UUID, Vote, World, moved, rewrite, signed

ZAHRA, SARA, ALI, MINA, _ = ANYBODY


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("election") / "e")
    world.freeze()
    return world


@pytest.fixture
def world(frozen: World, tmp_path: Path) -> World:
    return moved(frozen, tmp_path / "e")


@pytest.fixture
def box(world: World) -> Iterator[BallotBox]:
    box = world.box()
    yield box
    box.shut()


def ballots(path: Path) -> list[str]:
    with Board.open(path) as board:
        return [event.payload for event, _ in board.events() if event.type is EventType.BALLOT]


def reason(box: BallotBox, vote: Vote, world: World) -> str:
    """A refusal leaves no trace: not in the evidence, not on the board, not in the acceptance log."""
    files = (world.places.whole_board(), box._log.path, world.places.acceptance / "acceptance.log")
    before = [path.read_bytes() for path in files]
    with pytest.raises(Refused) as refused:
        box.cast(*vote.as_tuple(), world.now)
    assert [path.read_bytes() for path in files] == before
    return refused.value.reason


def changed(world: World, vote: Vote, number: str = ZAHRA, **changes: object) -> Vote:
    """The same ballot under another statement, signed."""
    found = replace(BallotStatement.parse(vote.statement), **changes)
    made = BallotStatement.make(
        world.election,
        credential=found.credential,
        tracker=found.tracker,
        sequence=found.sequence,
        register_version=found.register_version,
    ).encode()
    return Vote(vote.ballot, made, signed(world.people[number].signer, made))


def test_a_ballot_is_cast_and_stands_everywhere(world: World, box: BallotBox) -> None:
    vote = world.vote(world.people[ZAHRA])
    receipt = box.cast(*vote.as_tuple(), world.now)
    assert receipt.tracker == sha256_base64(vote.ballot)
    with Board.open(world.places.archive) as board:
        assert board.record(board.head.payload) == vote.ballot
        assert (board.head.height, board.head_hash) == (receipt.height, receipt.event)
    lines = list(read_log(world.places.restricted / LOG))
    assert [line.body["kind"] for line in lines] == ["election", "ballot"]
    assert lines[1].body["ballot"].encode() == vote.ballot
    assert verify_receipt(receipt, world.places.archive, world.keys).counted


def test_the_public_files_name_nobody(world: World, box: BallotBox) -> None:
    world.cast(box, ZAHRA)
    public = [world.places.archive, world.places.acceptance / "acceptance.log"]
    for path in public:
        text = path.read_bytes()
        assert not any(number.encode() in text for number in ANYBODY)
        assert "کریمی".encode() not in text
    assert world.places.restricted.stat().st_mode & 0o777 == 0o700
    for path in world.places.restricted.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path.name


def test_asking_again_gives_the_same_receipt(world: World, box: BallotBox) -> None:
    vote = world.vote(world.people[ZAHRA])
    first = box.cast(*vote.as_tuple(), world.now)
    world.cast(box, SARA)
    resigned = signed(world.people[ZAHRA].signer, vote.statement)
    assert box.cast(vote.ballot, vote.statement, resigned, world.now + timedelta(hours=2)) == first
    box.close(world.now)
    assert box.cast(*vote.as_tuple(), world.now) == first
    assert len(ballots(world.places.archive)) == 2


def test_the_last_of_several_counts(world: World, box: BallotBox) -> None:
    first, second = world.cast(box, ZAHRA), world.cast(box, ZAHRA)
    world.cast(box, SARA)
    found = verify_receipt(first, world.places.archive, world.keys)
    assert (found.counted, found.superseded_by) == (False, second.height)
    assert verify_receipt(second, world.places.archive, world.keys).counted
    assert box.next_sequence(ZAHRA) == 3


def test_before_the_freeze_nothing_is_open(tmp_path: Path) -> None:
    world = World(tmp_path / "e")
    with pytest.raises(Refused) as refused:
        world.box()
    assert refused.value.reason == "not_open"


def test_after_the_end_nothing_is_cast(world: World, box: BallotBox) -> None:
    box.close(world.now)
    box.close(world.now + timedelta(hours=1))
    assert reason(box, world.vote(world.people[ZAHRA]), world) == "voting_closed"
    with pytest.raises(Refused, match="over"):
        box.paper(ZAHRA, world.now)
    again = world.box()
    assert reason(again, world.vote(world.people[ZAHRA]), world) == "voting_closed"
    again.shut()


def test_a_board_that_ended_without_the_box_takes_nothing(world: World, box: BallotBox) -> None:
    with Board.open(world.places.archive) as board:
        board.append(EventType.END_BALLOTS)
    box.shut()
    again = world.box()
    assert reason(again, world.vote(world.people[ZAHRA]), world) == "voting_closed"
    again.shut()


def test_statements_that_do_not_fit(world: World, box: BallotBox) -> None:
    vote, other = world.vote(world.people[ZAHRA]), world.vote(world.people[SARA])
    assert (
        reason(box, Vote(b"x" * (MAX_BALLOT + 1), vote.statement, vote.signature), world) == "invalid_request"
    )
    assert reason(box, Vote(other.ballot, vote.statement, vote.signature), world) == "invalid_request"
    assert reason(box, Vote(vote.ballot, b"{}", vote.signature), world) == "invalid_request"
    assert reason(box, Vote(vote.ballot, vote.statement, other.signature), world) == "bad_proof"
    assert reason(box, changed(world, vote, register_version=2), world) == "invalid_request"


def test_somebody_elses_credential(world: World, box: BallotBox) -> None:
    vote = world.vote(world.people[SARA])
    assert reason(box, changed(world, vote), world) == "not_eligible"


def test_who_did_not_register_or_is_not_in_the_register(frozen: World, tmp_path: Path) -> None:
    world = World(tmp_path / "e", frozen.country)
    world.freeze((ZAHRA, SARA))
    mina = world.meet(MINA)
    box = world.box()
    assert reason(box, world.vote(mina), world) == "not_eligible"
    assert reason(box, world.vote(world.people[ALI]), world) == "not_eligible"
    box.shut()


def test_a_ballot_of_another_credential_or_a_broken_one(world: World, box: BallotBox) -> None:
    zahra = world.people[ZAHRA]
    stranger = make_ballot(world.election, CredentialSecret.new(GROUP), [(1, 0)]).cast()
    vote = world.vote(zahra, tracker=stranger.tracker)
    assert reason(box, Vote(stranger.raw, vote.statement, vote.signature), world) == "ballot_invalid"
    for old, new in ((b'"response":"1', b'"response":"2'), (b'"answers"', b'"Answers"'), (b"{", b" {")):
        raw = make_ballot(world.election, zahra.secret, [(0, 1)]).cast().raw
        raw = raw.replace(old, new, 1) if old in raw else raw[:-1]
        vote = world.vote(zahra, tracker=sha256_base64(raw), sequence=1)
        assert reason(box, Vote(raw, vote.statement, vote.signature), world) == "ballot_invalid"


def test_an_old_ballot_does_not_come_back(world: World, box: BallotBox) -> None:
    first = world.vote(world.people[ZAHRA])
    box.cast(*first.as_tuple(), world.now)
    world.cast(box, ZAHRA)
    assert reason(box, changed(world, first, sequence=3), world) == "ballot_repeated"
    assert box.cast(*first.as_tuple(), world.now).sequence == 1, "the very same again is no new vote"
    assert len(ballots(world.places.archive)) == 2


@pytest.mark.parametrize("sequence", [1, 3, 2**52])
def test_the_number_follows_the_last_one(world: World, box: BallotBox, sequence: int) -> None:
    world.cast(box, ZAHRA)
    assert reason(box, world.vote(world.people[ZAHRA], sequence=sequence), world) == "out_of_sequence"
    world.people[ZAHRA].sequence = 1
    world.cast(box, ZAHRA)


def test_refusals_come_in_their_order(world: World, box: BallotBox) -> None:
    """Each vote is wrong in one thing less than the one before."""
    zahra, sara = world.people[ZAHRA], world.people[SARA]
    raw = make_ballot(world.election, zahra.secret, [(0, 1)]).cast().raw[:-1]
    wrong = {"tracker": sha256_base64(raw), "sequence": 9}
    vote = world.vote(zahra, **wrong, credential=sara.secret.public)
    assert reason(box, Vote(raw, vote.statement[:-1], b""), world) == "invalid_request"
    assert reason(box, Vote(raw, vote.statement, b""), world) == "bad_proof"
    assert reason(box, Vote(raw, vote.statement, vote.signature), world) == "not_eligible"
    vote = world.vote(zahra, **wrong)
    assert reason(box, Vote(raw, vote.statement, vote.signature), world) == "ballot_invalid"
    assert reason(box, world.vote(zahra, sequence=9), world) == "out_of_sequence"
    box.paper(ZAHRA, world.now)
    assert reason(box, Vote(raw, vote.statement, vote.signature), world) == "voted_on_paper"
    box.close(world.now)
    assert reason(box, Vote(raw, vote.statement[:-1], b""), world) == "voting_closed"


def test_a_paper_vote_ends_electronic_voting_for_its_person(world: World, box: BallotBox) -> None:
    box.paper(ZAHRA, world.now)
    assert reason(box, world.vote(world.people[ZAHRA]), world) == "voted_on_paper"
    for number, wanted in ((ZAHRA, "voted_on_paper"), (MINA, "not_eligible")):
        with pytest.raises(Refused) as refused:
            box.paper(number, world.now)
        assert refused.value.reason == wanted
    world.cast(box, SARA)
    box.close(world.now)
    assert not world.places.revocations.exists(), "nobody voted both ways"
    assert not world.places.closed_board(UUID).exists()


def test_ballots_of_paper_voters_are_left_out_of_the_count(world: World, box: BallotBox) -> None:
    mine, kept = world.cast(box, ZAHRA), world.cast(box, SARA)
    world.cast(box, ZAHRA)
    box.paper(ZAHRA, world.now)
    box.close(world.now)
    box.close(world.now)
    revocations = Revocations.load(world.places.revocations, world.collector.public_key())
    assert revocations.credentials == {world.people[ZAHRA].secret.public}
    closed, counted = world.places.closed_board(UUID), world.places.archive
    assert (len(ballots(closed)), len(ballots(counted))) == (3, 1)
    require_count_follows(closed, counted, revocations)
    standing = verify_receipt(kept, closed, world.keys, revoked=revocations.credentials)
    assert standing.counted
    later = verify_receipt(mine, closed, world.keys, revoked=revocations.credentials)
    assert (later.counted, later.revoked) == (False, True)
    with Board.open(counted) as board:
        assert board.head.type is EventType.END_BALLOTS


def test_nobody_is_told_that_a_revoked_ballot_counts(world: World, box: BallotBox) -> None:
    mine, kept = world.cast(box, ZAHRA), world.cast(box, SARA)
    box.paper(ZAHRA, world.now)
    box.close(world.now)
    for receipt, revoked in ((mine, True), (kept, False)):
        standing = check_receipt(world.folder, receipt)
        assert (standing.revoked, standing.counted) == (revoked, not revoked)
        found = find_ballot(world.folder, receipt.tracker)
        assert found is not None
        assert (found.revoked, found.superseded_by) == (revoked, None)


def test_no_sum_is_made_before_paper_votes_took_their_ballots_out(
    world: World, box: BallotBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    world.cast(box, ZAHRA)
    box.paper(ZAHRA, world.now)
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr("smartid.services.voting.box.close_files", killed)
        box.close(world.now)
    with pytest.raises(Refused) as refused:
        publish_sum(world.places)
    assert refused.value.reason == "wrong_state"
    box.close(world.now)
    require_closed(world.places, UUID)


def test_two_boxes_see_each_others_end(world: World, box: BallotBox) -> None:
    vote, other = world.vote(world.people[ZAHRA]), world.box()
    receipt = other.cast(*vote.as_tuple(), world.now)
    other.close(world.now)
    other.shut()
    assert box.cast(*vote.as_tuple(), world.now) == receipt
    box.close(world.now)
    assert history(world, box, ZAHRA) == [(1, True)]


def test_a_box_does_not_go_on_behind_evidence_that_was_shortened(world: World, box: BallotBox) -> None:
    for number in (ZAHRA, SARA):
        world.cast(box, number)
    box.shut()
    rewrite(world.places.restricted / LOG, list.pop)
    with pytest.raises(ElectionInvalid) as error:
        world.box()
    assert error.value.check == "evidence-missing"
    (world.places.restricted / LOG).unlink()
    with pytest.raises(ElectionInvalid, match="shorter"):
        world.box()


def test_the_key_of_the_acceptance_log_stays_the_same(world: World, tmp_path: Path) -> None:
    published = world.places.keys / "acceptance.pem"
    published.unlink()
    assert pinned_key(world.places).public_bytes_raw() == world.keys.acceptance.public_bytes_raw()
    assert pinned_key(world.places).public_bytes_raw() == world.keys.acceptance.public_bytes_raw()
    (world.places.acceptance / "key.pem").unlink()
    open_key(world.places.acceptance)
    with pytest.raises(ElectionInvalid, match="another key"):
        pinned_key(world.places)


def test_secret_folders_are_closed_whoever_made_them(tmp_path: Path) -> None:
    (tmp_path / "restricted").mkdir(mode=0o755)
    ElectionFolder(tmp_path).make()
    for name in ("restricted", "acceptance", "voters", "trustees"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o700, name


def test_a_count_that_does_not_follow_is_told(world: World, box: BallotBox) -> None:
    world.cast(box, ZAHRA)
    world.cast(box, SARA)
    box.paper(ZAHRA, world.now)
    box.close(world.now)
    closed, counted = world.places.closed_board(UUID), world.places.archive
    good = Revocations.load(world.places.revocations, world.collector.public_key())
    sara = world.people[SARA].secret.public
    for wrong in (
        replace(good, credentials=frozenset()),
        replace(good, credentials=good.credentials | {sara}),
        replace(good, credentials=good.credentials | {"00"}),
        replace(good, board="0" * 64),
    ):
        with pytest.raises(ElectionInvalid) as error:
            require_count_follows(closed, counted, wrong)
        assert error.value.check == "count"
    with pytest.raises(ElectionInvalid):
        require_count_follows(closed, closed, good)


def history(world: World, box: BallotBox, number: str, late: int = 0) -> list[tuple[int, bool]]:
    request = HistoryRequest.make(world.election, time=int(world.now.timestamp())).encode()
    when = world.now + timedelta(seconds=late)
    signature = signed(world.people[number].signer, request)
    return [(one.sequence, one.counts) for one in box.history(request, signature, when)]


def test_a_person_sees_every_ballot_cast_in_their_name(world: World, box: BallotBox) -> None:
    assert history(world, box, ZAHRA) == []
    for number in (ZAHRA, SARA, ZAHRA):
        world.cast(box, number)
    assert history(world, box, ZAHRA) == [(1, False), (2, True)]
    assert history(world, box, SARA, late=299) == [(1, True)]
    box.paper(SARA, world.now)
    assert history(world, box, SARA) == [(1, False)]
    with pytest.raises(Refused, match="five minutes"):
        history(world, box, ZAHRA, late=301)


class Silent:
    """An acceptance log that does not answer."""

    def accept(self, election: str, tracker: str) -> Acceptance:
        raise GatewayUnavailable("No answer in time.", retry_after=1.0)


def test_without_the_acceptance_log_there_is_no_receipt_and_no_second_vote(world: World) -> None:
    box = world.box(Silent())
    vote = world.vote(world.people[ZAHRA])
    for _ in range(3):
        with pytest.raises(GatewayUnavailable):
            box.cast(*vote.as_tuple(), world.now)
    with pytest.raises(GatewayUnavailable):
        world.cast(box, SARA)
    assert ballots(world.places.archive) == []
    kinds = [line.body["kind"] for line in read_log(world.places.restricted / LOG)]
    assert kinds == ["election", "ballot"], "the first is written down once, the second not at all"
    box.shut()
    again = world.box()
    assert ballots(world.places.archive) != []
    assert again.cast(*vote.as_tuple(), world.now).height == 1
    assert len(ballots(world.places.archive)) == 1
    world.audit()
    again.shut()


def test_another_elections_logs_and_lists_are_refused(world: World, frozen: World, tmp_path: Path) -> None:
    other = moved(frozen, tmp_path / "other")
    other.election = replace(other.election, raw=other.election.raw + b" ")
    with pytest.raises(ElectionInvalid) as error:
        other.box()
    assert error.value.check == "evidence-election"
    world.snapshot = world.register(2, ANYBODY)
    with pytest.raises(ElectionInvalid) as error:
        world.box()
    assert error.value.check == "evidence-register"
