"""The demo of the purchase: it passes under kills and faults, and its audit finds what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smartid.errors import GatewayUnavailable
from smartid.services.demo.crash import Killed
from smartid.services.demo.frame import World as DemoWorld
from smartid.services.demo.purchase import scenario
from smartid.services.demo.purchase_audit import compare
from smartid.services.demo.runner import run_inside
from tests.services.purchase_world import SHOP, Holder, World


def test_a_short_run_with_everything_going_wrong_keeps_the_books_even(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'service.db'}"
    outcome = run_inside(scenario, DemoWorld(database=database, folder=tmp_path, seed=11, faults=True), 16)
    assert outcome.passed
    assert outcome.tally.killed >= 1
    assert outcome.injected >= 1


def test_the_audit_sees_money_that_only_one_book_knows(tmp_path: Path) -> None:
    world, sara = World(tmp_path), Holder("sara")
    intent = world.purchases.ask(SHOP.id, 1000, "A-1", key="k")
    agreed = world.signed(sara, intent.id)
    world.line.lose = ["reply"]
    with pytest.raises(GatewayUnavailable):
        world.purchases.authorise(intent.id, agreed)
    found = compare(world.book, world.bank_book, world.desk)
    assert (found.created, found.lost, found.balanced) == (0, 1000, False)
    case = world.purchases.case_of(intent.id)
    assert case
    world.desk.void(case.id, why="somebody forgot the reversal")
    assert compare(world.book, world.bank_book, world.desk).lost == 1000
    world.purchases.deliver()
    assert compare(world.book, world.bank_book, world.desk).balanced
    sara.close()
    world.close()


def _killed(*_: object) -> Any:
    raise Killed("before card")


def test_frauds_that_a_kill_interrupted_are_committed_again(tmp_path: Path) -> None:
    made = DemoWorld(database=f"sqlite:///{tmp_path / 'service.db'}", folder=tmp_path, seed=1, faults=True)
    demo = scenario(made)
    demo.setup()
    agree, demo._agree = demo._agree, _killed  # type: ignore[method-assign]
    for number in range(6):
        with pytest.raises(Killed):
            demo._cheat(number, made.random(number))
    demo._agree = agree  # type: ignore[method-assign]
    demo.finish()
    found = demo.audit()
    demo.close()
    assert (found.detected, found.injected) == (6, 6)
