"""Kill the ballot box at every seam: no accepted vote is lost, none counts twice, receipts stay the same."""

from __future__ import annotations

import os
import resource
import signal
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from smartid.errors import GatewayUnavailable, StoreUnavailable
from smartid.services.demo.crash import die
from smartid.services.far_side.process import FarSide
from smartid.services.journal.keys import load_public_key
from smartid.services.testing import Crashes, crash_matrix
from smartid.services.voting.acceptance import PUBLIC, AcceptanceLink
from smartid.services.voting.audit import AuditReport
from smartid.services.voting.board.board import Board
from smartid.services.voting.box import BallotBox
from smartid.services.voting.evidence import LOG
from smartid.services.voting.log import read_log
from smartid.services.voting.receipts import BallotReceipt, verify_receipt
from smartid.services.voting.revocations import Revocations
from smartid.services.voting.values import EventType
from tests.election_world import ANYBODY, UUID, Vote, World, moved, rewrite

ZAHRA, SARA, ALI, *_ = ANYBODY
MODULE = "smartid.services.voting.acceptance"


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Zahra voted before; the votes that follow are always the same bytes."""
    world = World(tmp_path_factory.mktemp("election") / "e")
    world.freeze()
    box = world.box()
    world.cast(box, ZAHRA)
    box.shut()
    return world


@pytest.fixture
def votes(frozen: World) -> list[Vote]:
    people = {number: replace(person) for number, person in frozen.people.items()}
    return [frozen.vote(people[number]) for number in (ZAHRA, SARA)]


@pytest.fixture
def fresh(frozen: World, tmp_path: Path) -> Callable[[], World]:
    def make() -> World:
        return moved(frozen, tmp_path / f"e{len(list(tmp_path.iterdir()))}")

    return make


def torn(crashes: Crashes, write: Callable[[bytes], None], file: int, end: Callable[[], int]) -> Callable:
    """A write with three seams: before, half written, after."""

    def writing(raw: bytes) -> None:
        crashes.reach("before a write")
        os.pwrite(file, raw[: len(raw) // 2], end())
        crashes.reach("half written")
        write(raw)
        crashes.reach("after a write")

    return writing


def through_seams(box: BallotBox, crashes: Crashes) -> BallotBox:
    log, board = box._log, box._board
    log._write = torn(crashes, log._write, log._file, lambda: log._end)
    board._write = torn(crashes, board._write, board._file.fileno(), lambda: board._end)
    box._acceptance.accept = crashes.around("acceptance", box._acceptance.accept)
    return box


def cast_all(world: World, box: BallotBox, votes: list[Vote]) -> list[BallotReceipt]:
    return [box.cast(*vote.as_tuple(), world.now) for vote in votes]


def recover(world: World) -> None:
    box = world.box()
    box.recover()
    box.shut()


def on_board(path: Path) -> list[str]:
    with Board.open(path) as board:
        return [event.payload for event, _ in board.events() if event.type is EventType.BALLOT]


def accepted(world: World) -> list[str]:
    lines = read_log(world.places.restricted / LOG)
    return [str(line.body["statement"]) for line in lines if line.body["kind"] == "ballot"]


def test_at_every_seam_of_casting(fresh: Callable[[], World], votes: list[Vote]) -> None:
    def operate(world: World, crashes: Crashes) -> None:
        box = through_seams(world.box(), crashes)
        try:
            cast_all(world, box, votes)
        finally:
            box.shut()

    def check(world: World, seam: str) -> None:
        before = accepted(world)
        assert len(on_board(world.places.archive)) == len(before), seam
        box = world.box()
        receipts = cast_all(world, box, votes)
        assert cast_all(world, box, votes) == receipts
        box.shut()
        assert accepted(world)[: len(before)] == before, seam
        assert [receipt.sequence for receipt in receipts] == [2, 1]
        assert len(set(on_board(world.places.archive))) == len(on_board(world.places.archive)) == 3
        assert all(verify_receipt(one, world.places.archive, world.keys).counted for one in receipts)
        assert world.audit().ballots == 3

    seams = crash_matrix(fresh, operate, recover, check)
    assert len(seams) == 2 * (3 + 2 + 3 + 2), seams


def test_at_every_seam_of_the_end(fresh: Callable[[], World]) -> None:
    """Zahra and Ali vote on paper; Zahra voted here before."""

    def operate(world: World, crashes: Crashes) -> None:
        box = world.box()
        try:
            through_seams(box, crashes)
            box.paper(ZAHRA, world.now)
            box.paper(ALI, world.now)
            box._board.copy_ballots_without = crashes.around("copy", box._board.copy_ballots_without)
            box.close(world.now)
        finally:
            box.shut()

    def finish(world: World) -> None:
        recover(world)
        papers = [
            line.body["person"]
            for line in read_log(world.places.restricted / LOG)
            if line.body["kind"] == "paper"
        ]
        box = world.box()
        for number in (ZAHRA, ALI):
            if number not in papers:
                box.paper(number, world.now)
        box.close(world.now)
        box.shut()

    def check(world: World, seam: str) -> None:
        found = Revocations.load(world.places.revocations, world.collector.public_key())
        assert found.credentials == {world.people[ZAHRA].secret.public}, seam
        assert len(on_board(world.places.closed_board(UUID))) == 1, seam
        assert len(on_board(world.places.archive)) == 0, seam
        report = world.audit()
        assert (report.ballots, report.on_paper, report.revoked) == (1, 2, 1), seam

    assert len(crash_matrix(fresh, operate, finish, check)) >= 14


def child(work: Callable[[], None]) -> int:
    """Run something in a forked process; give its number."""
    number = os.fork()
    if number == 0:
        failed = True
        try:
            work()
            failed = False
        finally:
            if failed:
                traceback.print_exc()
            os._exit(failed)
    return number


def in_child(work: Callable[[], None]) -> int:
    """Run something in a forked process; give how it ended."""
    return os.waitpid(child(work), 0)[1]


def test_killed_in_earnest(fresh: Callable[[], World], votes: list[Vote]) -> None:
    """SIGKILL at each seam of one vote; the next process finishes it."""
    for seam in range(1, 11):
        world = fresh()

        def work(world: World = world, seam: int = seam) -> None:
            box = through_seams(world.box(), Crashes([seam], end=die))
            box.cast(*votes[0].as_tuple(), world.now)

        assert os.WTERMSIG(in_child(work)) == signal.SIGKILL, seam
        box = world.box()
        receipt = box.cast(*votes[0].as_tuple(), world.now)
        box.shut()
        assert receipt.height == 2
        assert len(on_board(world.places.archive)) == 2
        assert world.audit().ballots == 2


@pytest.fixture
def running(fresh: Callable[[], World]) -> Iterator[tuple[World, FarSide, AcceptanceLink]]:
    """An election whose acceptance log is a process of its own."""
    world = fresh()
    with FarSide(MODULE, database=str(world.places.acceptance)) as log:
        key = load_public_key(world.places.acceptance / PUBLIC)
        with closing(AcceptanceLink(log.port, key, world.collector)) as link:
            yield world, log, link


def audited(world: World) -> AuditReport:
    """Audit an election whose cards live in another year than the clock of the log's process."""
    log = world.places.acceptance / "acceptance.log"
    rewrite(log, lambda bodies: [body.update(time=int(world.now.timestamp())) for body in bodies])
    return world.audit()


def test_the_acceptance_log_dies_and_comes_back(
    running: tuple[World, FarSide, AcceptanceLink], votes: list[Vote]
) -> None:
    world, log, link = running
    box = world.box(link)
    first = box.cast(*votes[0].as_tuple(), world.now)
    log.kill()
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            box.cast(*votes[1].as_tuple(), world.now)
    assert len(on_board(world.places.archive)) == 2, "no ballot gets past the acceptance log"
    log.restart()
    second = box.cast(*votes[1].as_tuple(), world.now)
    assert box.cast(*votes[0].as_tuple(), world.now) == first
    assert (second.height, second.acceptance.number) == (3, 3)
    box.shut()
    assert audited(world).ballots == 3


def test_many_at_once_from_processes_and_threads(
    running: tuple[World, FarSide, AcceptanceLink],
) -> None:
    """Two processes with four threads each send the same votes; every vote is accepted once."""
    world, log, _ = running
    people = [world.people[number] for number in (ZAHRA, SARA, ALI)]
    rounds = [
        [world.vote(replace(person, sequence=person.sequence + n)) for n in range(2)] for person in people
    ]

    def crowd() -> None:
        key = load_public_key(world.places.acceptance / PUBLIC)
        with closing(AcceptanceLink(log.port, key, world.collector, timeout=30)) as own:
            box = world.box(own)
            with ThreadPoolExecutor(4) as pool:
                for number in range(2):
                    sent = [one[number] for one in rounds for _ in range(3)]
                    receipts = list(pool.map(lambda vote: box.cast(*vote.as_tuple(), world.now), sent))
                    assert len({receipt.tracker for receipt in receipts}) == 3
                    assert len(set(receipts)) == 3
            box.shut()

    children = [child(crowd) for _ in range(2)]
    assert [os.waitpid(one, 0)[1] for one in children] == [0, 0]
    assert len(on_board(world.places.archive)) == 1 + 6
    report = audited(world)
    assert (report.ballots, report.voters) == (7, 3)


def test_a_full_disk_refuses_and_forgets(fresh: Callable[[], World], votes: list[Vote]) -> None:
    """A file size limit of the kernel stands for the full disk."""
    world = fresh()
    evidence = world.places.restricted / LOG

    def work() -> None:
        box = world.box()
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        before = evidence.read_bytes()
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 1000, hard))
        with pytest.raises(StoreUnavailable):
            box.cast(*votes[0].as_tuple(), world.now)
        assert evidence.read_bytes() == before
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        box.cast(*votes[0].as_tuple(), world.now)

    assert in_child(work) == 0
    assert len(on_board(world.places.archive)) == 2
    assert world.audit().ballots == 2


def test_a_board_that_cannot_grow_loses_no_vote(
    fresh: Callable[[], World], votes: list[Vote], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = fresh()
    box = world.box()

    def full(raw: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(box._board, "_write", full)
    with pytest.raises(StoreUnavailable, match="board"):
        box.cast(*votes[0].as_tuple(), world.now)
    monkeypatch.undo()
    assert box.cast(*votes[1].as_tuple(), world.now).height == 3, "the one before is finished first"
    assert box.cast(*votes[0].as_tuple(), world.now).height == 2
    box.shut()
    assert world.audit().ballots == 3
