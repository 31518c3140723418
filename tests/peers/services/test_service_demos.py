"""The demos as a user starts them, killed with SIGKILL, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peers.servers import Server

pytestmark = pytest.mark.peers_heavy
ROOT = Path(__file__).resolve().parents[3]
NAMES = ("purse", "purchase", "atm", "fuel")
OPERATIONS = "60"
MEMBERS = [
    "operations",
    "torn",
    "replayed",
    "killed",
    "detected",
    "value_created",
    "value_lost",
    "balanced",
]


def demo(*arguments: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "smartid", "service", "demo", *arguments, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def check(outcome: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    status, tally = outcome
    assert list(tally) == MEMBERS, tally
    assert (tally["value_created"], tally["value_lost"], tally["balanced"]) == (0, 0, True)
    assert (status, tally["operations"]) == (0, int(OPERATIONS))
    return tally


@pytest.mark.parametrize("seed", ["1", "2"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_created_or_lost_when_everything_goes_wrong(name: str, seed: str) -> None:
    tally = check(demo(name, "--operations", OPERATIONS, "--faults", "--seed", seed))
    assert tally["killed"] >= 1


@pytest.mark.parametrize("name", NAMES)
def test_without_faults_nothing_goes_wrong(name: str) -> None:
    tally = check(demo(name, "--operations", OPERATIONS, "--seed", "3"))
    assert (tally["torn"], tally["killed"], tally["detected"]) == (0, 0, 0)


@pytest.mark.parametrize("name", NAMES)
def test_on_postgresql(name: str, postgres_service: Server) -> None:
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
    with psycopg.connect(postgres_service.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE demo_{name}")
    url = postgres_service.url.replace("/postgres?", f"/demo_{name}?")
    check(demo(name, "--operations", OPERATIONS, "--faults", "--seed", "4", "--database", url))
