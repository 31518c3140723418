"""The second-device check of the examples under Node: a second implementation, on boards of both programs.

It was written from the specification, shares no code with the package, and computes with BigInt. What our
maker and belenios-tool make holds there; what is changed does not.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smartid.services.voting.acceptance import Acceptance
from smartid.services.voting.ballot import OpenedBallot, make_ballot
from smartid.services.voting.board.board import Board
from smartid.services.voting.receipts import BallotReceipt
from smartid.services.voting.values import EventType
from tests.peers.node import node
from tests.peers.voting import boards
from tests.peers.voting.forgeries import Finished
from tests.unit.services.voting.elections import World

pytestmark = pytest.mark.peers_heavy

PROGRAM = Path(__file__).with_name("second_device.mjs")
GROUPS = ("Ed25519", "BELENIOS-2048")
FIRST = [[1, 1, 0], [1, 0, 0]]
SECOND = [[0, 0, 0], [0, 0, 1]]


def ask(archive: Path, **question: Any) -> dict[str, Any]:
    """Ask the program one question about a board."""
    done = subprocess.run(
        [node(), PROGRAM],
        input=json.dumps({"archive": str(archive), **question}),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module", params=GROUPS)
def ours(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    """A board on which the first voter votes twice and the second one once."""
    world = World(group_name=request.param)
    path = tmp_path_factory.mktemp("ours") / f"{world.uuid}.bel"
    with Board.create(
        path,
        election=world.election.raw,
        trustees=world.trustees,
        credentials=world.roll,
        timestamp=1795364068,
    ) as board:
        for voter, choices in ((0, FIRST), (1, SECOND), (0, SECOND)):
            made = make_ballot(world.election, world.secrets[voter], choices)
            board.append(EventType.BALLOT, made.cast().raw)
        board.append(EventType.END_BALLOTS)
    return world, path


def trackers(path: Path) -> list[str]:
    return [boards.fingerprint(ballot) for ballot in boards.Board.read(path).ballots()]


def opened(world: World, choices: list[list[int]]) -> OpenedBallot:
    return make_ballot(world.election, world.secrets[2], choices).audit()


def question(found: OpenedBallot, change: Callable[[Any], None] = lambda _: None) -> dict[str, Any]:
    opening = json.loads(found.opening.to_json())
    change(opening)
    return {"ballot": base64.b64encode(found.raw).decode(), "opening": opening}


def receipt(path: Path, height: int, *, event: str = "") -> str:
    """The QR text of a receipt; signatures are not what is tried here."""
    with Board.open(path) as board:
        entry = board.entry(height)
        tracker = boards.fingerprint(entry.contents[0])
        accepted = Acceptance(
            election=path.stem, number=1, previous="0" * 64, time=1, tracker=tracker, signature=bytes(64)
        )
        return BallotReceipt(
            uuid=path.stem,
            tracker=tracker,
            height=height,
            event=event or entry.digest,
            sequence=1,
            time=1,
            acceptance=accepted,
            signature=bytes(64),
        ).qr


def test_it_proves_our_ballots_and_knows_which_one_counts(ours: tuple[World, Path]) -> None:
    world, path = ours
    told = ask(path, trackers=[*trackers(path), "A" * 43], all=True)
    assert told["fingerprint"] == world.election.fingerprint
    assert told["valid"] == [True] * 3
    assert told["trackers"] == [
        {"height": 1, "counted": False, "ballots": [1, 3]},
        {"height": 2, "counted": True, "ballots": [2]},
        {"height": 3, "counted": True, "ballots": [1, 3]},
        None,
    ]


def test_a_ballot_of_nobody_on_the_list_counts_for_nothing(ours: tuple[World, Path], tmp_path: Path) -> None:
    """A board that a liar made for one voter: the ballot is there, the credential was taken off the list."""
    world, path = ours
    listed = json.loads(world.roll)
    with Board.open(path) as board:
        ballot = board.entry(2).contents[0]
        listed.remove(json.loads(ballot)["credential"])
        forged = tmp_path / path.name
        with Board.create(
            forged,
            election=world.election.raw,
            trustees=world.trustees,
            credentials=boards.compact(listed),
            timestamp=board.timestamp,
        ) as made:
            made.append(EventType.BALLOT, ballot)
    assert [found["counted"] for found in ask(forged, trackers=trackers(forged))["trackers"]] == [False]


def test_it_proves_ballots_of_belenios_tool(finished: Finished, tmp_path: Path) -> None:
    path = tmp_path / f"{finished.uuid}.bel"
    path.write_bytes(finished.board.encode())
    told = ask(path, trackers=trackers(path), all=True)
    assert told["valid"] == [True] * 4
    assert [found["counted"] for found in told["trackers"]] == [False, True, True, True]


@pytest.mark.parametrize("choices", [FIRST, SECOND, [[0, 1, 1], [0, 1, 0]]])
def test_it_reads_an_opened_ballot(ours: tuple[World, Path], choices: list[list[int]]) -> None:
    world, path = ours
    assert ask(path, openings=[question(opened(world, choices))])["openings"] == [choices]


def _lie(opening: Any) -> None:
    opening["answers"][1]["choices"] = [0, 1, 0]


def _other_number(opening: Any) -> None:
    number = int(opening["answers"][0]["randomness"][2])
    opening["answers"][0]["randomness"][2] = str(number + 1)


def _other_ballot(opening: Any) -> None:
    opening["tracker"] = "A" * 43


def _two(opening: Any) -> None:
    opening["answers"][0]["choices"][0] = 2


def _shorter(opening: Any) -> None:
    del opening["answers"][0]["choices"][0]


def _nothing(opening: Any) -> None:
    opening["answers"] = None


def _no_list(opening: Any) -> None:
    opening["answers"][0]["choices"] = {"length": 3}


def _no_answer(opening: Any) -> None:
    opening["answers"][0] = None


LIES = [_lie, _other_number, _other_ballot, _two, _shorter, _nothing, _no_list, _no_answer]


@pytest.mark.parametrize("change", LIES)
def test_it_refuses_an_opening_that_lies(ours: tuple[World, Path], change: Callable[[Any], None]) -> None:
    world, path = ours
    assert "broken" in ask(path, openings=[question(opened(world, FIRST), change)])


def test_a_receipt_is_kept_by_this_board_and_by_no_shorter_one(
    ours: tuple[World, Path], tmp_path: Path
) -> None:
    _, path = ours
    texts = [receipt(path, 2), json.dumps({"qr": receipt(path, 2)}), receipt(path, 2, event="0" * 64)]
    assert ask(path, receipts=texts)["receipts"] == [True, True, False]
    shorter = tmp_path / path.name
    shorter.write_bytes(boards.Board.read(path).without(1).encode())
    assert ask(shorter, receipts=texts[:1])["receipts"] == [False]
    assert ask(path, receipts=["SVR1:" + "0" * 30]) == {"broken": "form"}


def _bump(proof: dict[str, str]) -> None:
    proof["response"] = str(int(proof["response"]) + 1)


CHANGES: dict[str, Callable[[Any], None]] = {
    "individual": lambda ballot: _bump(ballot["answers"][0]["individual_proofs"][1][0]),
    "overall": lambda ballot: _bump(ballot["answers"][0]["overall_proof"][1]),
    "overall-blank": lambda ballot: _bump(ballot["answers"][1]["overall_proof"][0]),
    "blank": lambda ballot: _bump(ballot["answers"][1]["blank_proof"][1]),
    "signature": lambda ballot: _bump(ballot["signature"]["proof"]),
    "identity": lambda ballot: ballot["answers"][0]["choices"][0].update(alpha="1"),
    "swapped": lambda ballot: ballot["answers"][0]["choices"].reverse(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_refuses_a_ballot_that_was_changed(ours: tuple[World, Path], change: str) -> None:
    world, path = ours
    ballot = json.loads(make_ballot(world.election, world.secrets[2], FIRST).cast().raw)
    CHANGES[change](ballot)
    if change != "signature":  # what is signed is what was changed
        body = {name: value for name, value in ballot.items() if name != "signature"}
        ballot["signature"]["hash"] = boards.fingerprint(boards.compact(body))
    told = ask(path, ballots=[base64.b64encode(boards.compact(ballot)).decode()])
    assert told.keys() == {"broken"}
    assert told["broken"] in {"proof", "signature", "element"}


@pytest.mark.parametrize("at", [0.1, 0.4, 0.7, 0.95])
def test_it_refuses_an_archive_with_a_changed_byte(
    ours: tuple[World, Path], tmp_path: Path, at: float
) -> None:
    _, path = ours
    data = bytearray(path.read_bytes())
    place = next(n for n in range(int(len(data) * at), len(data)) if chr(data[n]).isdigit())
    data[place] ^= 1
    changed = tmp_path / path.name
    changed.write_bytes(data)
    assert "broken" in ask(changed)


def test_it_refuses_another_order_of_events(ours: tuple[World, Path], tmp_path: Path) -> None:
    board = boards.Board.read(ours[1])
    for number, steps in enumerate(
        (
            (*board.steps, board.steps[1]),  # a ballot after the end
            (board.steps[0], *board.steps),  # two beginnings
            board.steps[1:],  # none
        )
    ):
        path = tmp_path / f"{number}.bel"
        path.write_bytes(boards.Board(time=board.time, steps=tuple(steps)).encode())
        assert ask(path) == {"broken": "order"}
