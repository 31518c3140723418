"""The demo of the cash machine as people run it: processes, SIGKILL, both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.peers.servers import ROOT

pytestmark = pytest.mark.peers_heavy


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_hundred_customers(request, tmp_path, database):
    url = f"sqlite:///{tmp_path}/machine.db"
    if database == "postgresql":
        psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
        server = request.getfixturevalue("postgres_service")
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE atmdemo")
        url = server.url.replace("/postgres?", "/atmdemo?")
    command = [
        "-m",
        "smartid",
        "service",
        "demo",
        "atm",
        "--operations",
        "100",
        "--faults",
        "--seed",
        "5",
        "--json",
        "--database",
    ]
    done = subprocess.run(
        [sys.executable, *command, url],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["killed"] >= 5
    assert told["torn"] > 0
    assert told["replayed"] > 0
    assert (told["value_created"], told["value_lost"], told["balanced"]) == (0, 0, True)
