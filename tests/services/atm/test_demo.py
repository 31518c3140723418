"""The demo of the cash machine in this process: what is killed recovers, every rial is accounted for."""

from __future__ import annotations

from smartid.services.demo.atm import scenario
from smartid.services.demo.frame import World
from smartid.services.demo.runner import run_inside


def test_a_few_customers_with_trouble(tmp_path):
    world = World(database=f"sqlite:///{tmp_path}/machine.db", folder=tmp_path, seed=7, faults=True)
    outcome = run_inside(scenario, world, 12)
    assert outcome.passed, outcome
    assert (outcome.tally.operations, outcome.tally.killed) == (12, 1)


def test_a_few_customers_without(tmp_path):
    world = World(database=f"sqlite:///{tmp_path}/machine.db", folder=tmp_path, seed=7, faults=False)
    outcome = run_inside(scenario, world, 5)
    assert outcome.passed, outcome
    assert outcome.tally.killed == outcome.tally.replayed == outcome.tally.torn == 0
