"""The frame of the demos, with a till that is careful or careless."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from smartid.errors import ServiceError
from smartid.services.demo.crash import Crashes, Killed, crash_matrix
from smartid.services.demo.frame import Audit, World, outcome_of
from smartid.services.demo.plan import plan
from smartid.services.demo.run import operations_of
from smartid.services.demo.runner import run_demo, run_inside
from tests.unit.services.demo.till import NOTES, Till

TILL = "tests.unit.services.demo.till"


def world(folder: Path, *, seed: int = 1, faults: bool = True) -> World:
    return World(database=f"file:{folder / 'till.json'}", folder=folder, seed=seed, faults=faults)


def test_a_careful_till_survives_every_kill(tmp_path: Path) -> None:
    for seed in range(20):
        seen: list[int] = []
        outcome = run_inside(Till, world(tmp_path, seed=seed), 60, progress=seen.append)
        assert outcome.passed
        assert outcome.tally.killed >= 3
        assert outcome.tally.operations == 60
        assert sorted(seen) == list(range(1, 61))


def test_the_same_seed_is_the_same_run(tmp_path: Path) -> None:
    one, two = (run_inside(Till, world(tmp_path, seed=5), 60) for _ in range(2))
    assert one == two


def test_a_careless_till_is_found_out(tmp_path: Path) -> None:
    outcomes = [run_inside(lambda w: Till(w, careless=True), world(tmp_path, seed=s), 60) for s in range(10)]
    lost = [outcome for outcome in outcomes if outcome.tally.value_lost]
    assert lost
    assert not any(outcome.passed for outcome in lost)


def test_without_faults_nobody_is_killed(tmp_path: Path) -> None:
    outcome = run_inside(Till, world(tmp_path, faults=False), 20)
    assert (outcome.tally.killed, outcome.tally.torn, outcome.passed) == (0, 20, True)


def test_a_process_is_killed_and_started_again(tmp_path: Path) -> None:
    inside = run_inside(Till, world(tmp_path, seed=3), 30)
    outside = run_demo(TILL, world(tmp_path, seed=3), 30)
    assert outside.passed
    assert outside.tally == inside.tally
    assert outside.tally.killed >= 1
    assert operations_of(TILL) == 30


def test_a_demo_that_breaks_off_says_why(tmp_path: Path) -> None:
    nowhere = replace(world(tmp_path), database="file:/nowhere/at/all")
    with pytest.raises(ServiceError, match="nowhere"):
        run_demo(TILL, nowhere, 3)


def test_a_recovery_that_never_ends_is_given_up(tmp_path: Path) -> None:
    class Endless(Till):
        def recover(self) -> None:
            raise Killed("recovery")

    with pytest.raises(ServiceError, match="does not get on"):
        run_inside(Endless, world(tmp_path), 30)


def test_kills_are_planned_by_the_seed() -> None:
    assert plan(1, 1000) == plan(1, 1000) != plan(2, 1000)
    assert len(plan(1, 1000)) == 10
    assert len(plan(1, 5)) == 1
    assert any(kill.recovery for kill in plan(1, 1000))


def audit_of(
    value_lost: int = 0, value_created: int = 0, *, balanced: bool = True, detected: int = 2
) -> Audit:
    return Audit(
        value_created=value_created, value_lost=value_lost, balanced=balanced, detected=detected, injected=2
    )


@pytest.mark.parametrize(
    ("audit", "passed"),
    [
        (audit_of(), True),
        (audit_of(value_lost=1), False),
        (audit_of(value_created=1), False),
        (audit_of(balanced=False), False),
        (audit_of(detected=1), False),
        (audit_of(detected=3), False),
    ],
)
def test_the_verdict(audit: Audit, passed: bool) -> None:
    outcome = outcome_of(audit, Counter(torn=2), operations=9, killed=1)
    assert outcome.passed is passed
    assert list(outcome.tally.as_dict()) == [
        "operations",
        "torn",
        "replayed",
        "killed",
        "detected",
        "value_created",
        "value_lost",
        "balanced",
    ]


def test_the_matrix_kills_at_every_seam_and_finds_the_careless(tmp_path: Path) -> None:
    def fresh() -> Till:
        till = Till(world(tmp_path))
        till.setup()
        return till

    def operate(till: Till, crashes: Crashes) -> None:
        till.world = replace(till.world, crashes=crashes)
        till.step(1)

    def check(till: Till, seam: str) -> None:
        assert till.audit().balanced, seam

    def recover(till: Till) -> None:
        till.world = replace(till.world, crashes=Crashes())
        till.recover()

    seams = crash_matrix(fresh, operate, recover, check)
    assert seams == ["before commit", "after commit"] * 2

    def forget(till: Till) -> None:
        till.careless = True
        recover(till)

    with pytest.raises(AssertionError, match="after commit"):
        crash_matrix(fresh, operate, forget, check)
    assert NOTES > 0


def test_what_another_thread_does_is_no_seam() -> None:
    crashes = Crashes([1])
    with ThreadPoolExecutor(1) as pool:
        pool.submit(crashes.reach, "late reply").result()
    assert crashes.reached == 0
    with pytest.raises(Killed):
        crashes.reach("commit")


@pytest.mark.parametrize(("created", "lost"), [(1, 0), (0, 1)])
def test_what_was_created_or_lost_is_not_balanced(created: int, lost: int) -> None:
    audit = Audit(value_created=created, value_lost=lost, balanced=True)
    found = outcome_of(audit, Counter(), operations=1, killed=0)
    assert not found.tally.balanced
    assert not found.passed
