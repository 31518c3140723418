"""The voter's own computer against a ballot box that lies: a named error each time, and no endless loop."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from smartid import GatewayUnavailable, Refused
from smartid.errors import ElectionInvalid, SmartIDError
from smartid.services.journal.keys import public_pem
from smartid.services.voting.board.board import Board
from tests.election_world import ANYBODY, World

REMOTE = Path(__file__).resolve().parents[2] / "examples" / "remote_voting"
ZAHRA, SARA, *_ = ANYBODY


@pytest.fixture(scope="module")
def far():
    """The modules ``far`` and ``kept``."""
    pytest.importorskip("nacl")
    sys.path.insert(0, str(REMOTE))
    try:
        yield importlib.import_module("far")
    finally:
        sys.path.remove(str(REMOTE))
        for name in ("far", "kept"):
            del sys.modules[name]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, list[Any]]:
    world = World(tmp_path_factory.mktemp("election") / "e")
    world.freeze()
    box = world.box()
    receipts = [world.cast(box, number) for number in (ZAHRA, SARA, ZAHRA)]
    box.shut()
    return world, receipts


class Answers(dict[str, Any]):
    """What a ballot box says to each address; every question is counted."""

    asked = 0

    def __call__(self, method: str, path: str, body: bytes = b"") -> bytes:
        self.asked += 1
        assert self.asked < 20, "it asks for ever"
        told = self[path.split("?")[0]]
        if isinstance(told, Exception):
            raise told
        return told if isinstance(told, bytes) else json.dumps(told).encode()


def events(world: World) -> list[dict[str, Any]]:
    with Board.open(world.places.archive) as board:
        names = ("parent", "height", "type", "payload")
        return [{name: getattr(event, name) for name in names} for event, _ in board.events()]


@pytest.fixture
def answers(held: tuple[World, list[Any]]) -> Answers:
    world, _ = held
    pems = {name: public_pem(getattr(world.keys, name)).decode() for name in ("collector", "acceptance")}
    return Answers(
        {
            "/api/election": world.election.raw,
            "/api/state": {"open": True, "register_version": 1},
            "/api/keys": pems,
            "/api/events": {"events": events(world)[1:]},
            "/api/history": {"ballots": []},
        }
    )


def station(far: ModuleType, answers: Answers, folder: Path) -> Any:
    class Asked(far.FarStation):
        _ask = staticmethod(answers)

    return Asked("http://127.0.0.1:1", far.Kept(folder))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/api/state", {}),
        ("/api/state", {"register_version": "1"}),
        ("/api/keys", {}),
        ("/api/keys", {"collector": "x", "acceptance": "y"}),
        ("/api/keys", {"collector": 1, "acceptance": None}),
        ("/api/keys", []),
        ("/api/election", b"{}"),
    ],
)
def test_a_station_that_is_none(far, answers: Answers, tmp_path: Path, path: str, told: Any) -> None:
    answers[path] = told
    with pytest.raises(SmartIDError):
        station(far, answers, tmp_path)


GOOD = {"tracker": "A" * 43, "sequence": 1, "time": 1_800_000_000, "height": 1, "counts": True}


@pytest.mark.parametrize(
    "told",
    [{}, {"ballots": 1}, {"ballots": [1]}, {"ballots": [{}]}]
    + [{"ballots": [GOOD | change]} for change in ({"time": 10**18}, {"time": "x"}, {"counts": 1}, {"x": 1})],
)
def test_a_history_that_is_none(far, answers: Answers, tmp_path: Path, told: Any) -> None:
    asked = station(far, answers, tmp_path)
    answers["/api/history"] = {"ballots": [GOOD]}
    assert [asdict(one) for one in asked.history(b"{}", b"")] == [GOOD]
    answers["/api/history"] = told
    with pytest.raises(GatewayUnavailable):
        asked.history(b"{}", b"")


def test_receipts_are_compared_with_the_board_and_with_no_more(far, held, answers, tmp_path) -> None:
    world, receipts = held
    asked = station(far, answers, tmp_path)
    for receipt in receipts:
        asked._kept.keep(receipt)
    asked.require_kept()
    listed = events(world)[1:]
    for told in (
        {"events": listed[:2]},
        {"events": [listed[0], listed[0]]},
        {"events": [listed[1], listed[0], listed[2]]},
        {"events": [listed[0] | {"payload": "00" * 32}, *listed[1:]]},
        {"events": [{}]},
    ):
        answers["/api/events"] = told
        with pytest.raises(ElectionInvalid):
            asked.require_kept()
    for told in ({}, {"events": 1}, {"events": [1]}):
        answers["/api/events"] = told
        with pytest.raises(GatewayUnavailable):
            asked.require_kept()


def test_no_number_is_signed_below_one_that_was_signed(far, held, answers, tmp_path) -> None:
    """The box invents a ballot, refuses the next one, then knows of none: the refused one could come last."""
    world, _ = held
    asked = station(far, answers, tmp_path)
    answers["/api/history"] = {"ballots": [GOOD]}
    asked.history(b"{}", b"")
    assert asked.sequence("", "") == 2
    vote = world.vote(replace(world.people[SARA], sequence=1))
    answers["/api/ballots"] = Refused("The ballot box refused.", reason="out_of_sequence")
    with pytest.raises(Refused):
        asked.cast(*vote.as_tuple())
    assert asked.sequence("", "") == 2, "the same number again is no harm: one of the two can be cast"
    answers["/api/history"] = {"ballots": []}
    asked.history(b"{}", b"")
    for one in (asked, station(far, answers, tmp_path)):
        with pytest.raises(Refused, match="backwards"):
            one.sequence("", "")


def test_a_receipt_for_another_ballot_is_none(far, held, answers, tmp_path) -> None:
    world, receipts = held
    asked = station(far, answers, tmp_path)
    vote = world.vote(replace(world.people[SARA]))
    for receipt in (receipts[1], replace(receipts[1], sequence=2).sign(world.collector)):
        answers["/api/ballots"] = receipt.as_dict()
        with pytest.raises(GatewayUnavailable, match="another ballot"):
            asked.cast(*vote.as_tuple())
        assert asked._kept.pending() is not None, "it waits for an honest answer"
