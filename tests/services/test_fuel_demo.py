"""The fuel service with torn cards, kills at its seams, lost answers, forged logs: no drop is missing."""

from __future__ import annotations

from smartid.services.demo import fuel
from smartid.services.demo.frame import World
from smartid.services.demo.runner import run_inside


def run(tmp_path, seed: int, operations: int):
    world = World(database=f"sqlite:///{tmp_path / 'service.db'}", folder=tmp_path, seed=seed, faults=True)
    return run_inside(fuel.scenario, world, operations)


def test_no_drop_is_made_or_lost(tmp_path) -> None:
    found = run(tmp_path, 3, 25)
    assert found.passed, found
    assert found.tally.killed
    assert found.tally.torn


def test_fuel_that_no_ledger_heard_of_is_noticed(tmp_path, monkeypatch) -> None:
    """The check of the demo can fail: a drop flows beside the books when they are compared."""
    audit = fuel.FuelScenario.audit

    def leaking(self):
        fuel.FileMeter(tmp_path / "offline.meter").turn(1)
        return audit(self)

    monkeypatch.setattr(fuel.FuelScenario, "audit", leaking)
    world = World(database=f"sqlite:///{tmp_path / 's.db'}", folder=tmp_path, seed=3, faults=False)
    found = run_inside(fuel.scenario, world, 3)
    assert (found.passed, found.tally.value_created, found.tally.balanced) == (False, 1, False)
