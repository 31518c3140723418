"""The purchase at length: killed processes, both databases, a thousand replays from several desks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smartid.errors import Refused
from smartid.services.demo.frame import World as DemoWorld
from smartid.services.demo.runner import run_demo
from smartid.services.purchase.service import Purchases
from smartid.services.spine.states import State
from tests.peers.servers import Server
from tests.services.purchase_world import SHOP, Holder, World

pytestmark = [pytest.mark.peers_heavy, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def sara() -> Iterator[Holder]:
    holder = Holder("sara")
    yield holder
    holder.close()


def test_a_service_that_is_killed_again_and_again_keeps_the_books_even(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'service.db'}"
    outcome = run_demo("purchase", DemoWorld(database=database, folder=tmp_path, seed=1, faults=True), 120)
    assert outcome.passed, json.dumps(outcome.tally.as_dict())
    assert outcome.tally.killed >= 5
    assert outcome.tally.detected >= 8


def test_the_same_on_postgresql(tmp_path: Path, postgres_service: Server) -> None:
    world = DemoWorld(database=postgres_service.url, folder=tmp_path, seed=3, faults=True)
    outcome = run_demo("purchase", world, 40)
    assert outcome.passed, json.dumps(outcome.tally.as_dict())


def test_a_thousand_replays_at_several_desks_take_the_money_once(tmp_path: Path, sara: Holder) -> None:
    world = World(tmp_path)
    others = [Purchases(world.desk, world.line, clock=world.clock) for _ in range(4)]
    intent = world.purchases.ask(SHOP.id, 1000, "A-1", key="k")
    agreed = world.signed(sara, intent.id)

    def replay(number: int) -> State | None:
        try:
            return others[number % 4].authorise(intent.id, agreed).state
        except Refused as error:
            assert error.reason in {"in_progress", "conflict"}
            return None

    with ThreadPoolExecutor(16) as pool:
        states = set(pool.map(replay, range(1000)))
    assert states <= {State.COMPLETED, None}
    assert world.taken() == world.recorded() == 1000
    world.close()
