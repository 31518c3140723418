"""Many files: every one has its result, whatever the others do to their processes."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import smartid
from smartid.signing.batch import BatchResult, verify_many
from smartid.trust.policy import Policy


@pytest.fixture(scope="module")
def evidence(test_pki) -> bytes:
    from smartid.mockcard.card import MockCard
    from smartid.mockcard.citizens import CITIZENS
    from smartid.mockcard.personalize import issue_citizen
    from smartid.profiles.national_reference import NATIONAL_REFERENCE

    with MockCard(issue_citizen(CITIZENS["sara"], NATIONAL_REFERENCE, test_pki)) as mock:
        with smartid.connect(transport=mock.insert()) as card:
            return card.read_identity().evidence.to_json().encode()


@pytest.fixture
def folder(tmp_path: Path, evidence: bytes) -> Path:
    for number in range(6):
        (tmp_path / f"{number}.json").write_bytes(evidence)
    (tmp_path / "broken.json").write_bytes(evidence[:-1])
    (tmp_path / "plain.txt").write_bytes(b"plain")
    return tmp_path


def _outcomes(results: Iterator[BatchResult]) -> dict[str, str]:
    return {
        one.path.name: one.failure.kind if one.failure else ("passed" if one.passed else "not passed")
        for one in results
    }


EXPECTED = {f"{number}.json": "passed" for number in range(6)} | {
    "broken.json": "EncodingError",
    "plain.txt": "EncodingError",
    "missing": "OSError",
}


@pytest.mark.parametrize("workers", [1, 2])
def test_every_file_has_its_result_and_bad_ones_stop_nothing(folder, test_policy, workers: int) -> None:
    paths = [*sorted(folder.iterdir()), folder / "missing"]
    assert _outcomes(verify_many(paths, test_policy, workers=workers)) == EXPECTED


def test_without_anchors_nothing_passes(folder) -> None:
    found = _outcomes(verify_many([folder / "0.json"], Policy(), workers=1))
    assert found == {"0.json": "not passed"}


def test_results_come_while_paths_are_still_being_named(folder, test_policy) -> None:
    taken = []

    def endless() -> Iterator[Path]:
        for number in itertools.count():
            taken.append(number)
            yield folder / f"{number % 6}.json"

    results = verify_many(endless(), test_policy, workers=2)
    assert all(next(results).passed for _ in range(10))
    assert len(taken) < 200
    results.close()
    assert not multiprocessing.active_children()


def deadly_clock() -> datetime:
    """Give the time, but kill the process that asks for it because of certain files."""
    path = sys._getframe(1).f_locals.get("document")
    if isinstance(path, Path) and (path.name == "deadly" or (path.name == "unlucky" and _first_time(path))):
        os.kill(os.getpid(), signal.SIGKILL)
    return datetime.now(UTC)


def _first_time(path: Path) -> bool:
    try:
        path.with_suffix(".seen").mkdir()
    except FileExistsError:
        return False
    return True


def test_a_file_that_kills_its_worker_twice_is_given_up_and_no_other(folder, test_policy) -> None:
    (folder / "deadly").write_bytes(b"plain")
    policy = replace(test_policy, clock=deadly_clock)
    found = _outcomes(verify_many(sorted(folder.iterdir()), policy, workers=2))
    assert found == {name: kind for name, kind in EXPECTED.items() if name != "missing"} | {
        "deadly": "WorkerDied"
    }


def test_a_file_that_was_only_near_a_death_is_tried_again(folder, test_policy) -> None:
    (folder / "unlucky").write_bytes(b"plain")
    policy = replace(test_policy, clock=deadly_clock)
    found = _outcomes(verify_many(sorted(folder.iterdir()), policy, workers=2))
    assert found["unlucky"] == "EncodingError"
    assert len(found) == 9
    assert (folder / "unlucky.seen").is_dir()


def test_a_pipe_and_a_device_hold_nobody_up(folder, test_policy) -> None:
    os.mkfifo(folder / "pipe")
    found = _outcomes(verify_many([folder / "pipe", Path("/dev/zero"), folder], test_policy, workers=1))
    assert found == dict.fromkeys(("pipe", "zero", folder.name), "OSError")


def test_results_travel_between_processes(folder, test_policy) -> None:
    result = next(verify_many([folder / "0.json"], test_policy, workers=2))
    assert result.report
    assert pickle.loads(pickle.dumps(result)) == result


def test_a_policy_that_cannot_travel_is_told_at_once(folder) -> None:
    policy = Policy(clock=lambda: datetime.now().astimezone())
    with pytest.raises((AttributeError, pickle.PicklingError)):
        verify_many([folder / "0.json"], policy, workers=2)


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"at": datetime(2026, 1, 1)}])
def test_what_makes_no_sense_is_refused_at_once(wrong) -> None:
    with pytest.raises(ValueError, match="worker"):
        verify_many([], Policy(), **wrong)


def test_no_paths_no_results() -> None:
    assert list(verify_many([], Policy(), workers=2)) == []


def test_a_cluster_does_the_same_work(folder, test_policy, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            dashboard_address=None,
            local_directory=str(tmp_path / "dask"),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        paths = [*sorted(path for path in folder.iterdir() if path.is_file()), folder / "missing"]
        assert _outcomes(verify_many(paths, test_policy, cluster=client)) == EXPECTED
