"""The whole fault matrix of the cash machine, and its kills as processes, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartid.services.atm.simulated import Behaviour
from smartid.services.far_side import switch_bank
from smartid.services.far_side.frame import FarSide, Fault
from smartid.services.ledger import open_book
from tests.peers.servers import ROOT, Server
from tests.services.atm.matrix import Cell, rows, run_cell, settle_and_check
from tests.services.atm.world import BALANCE, BASE_KEY, NOON, OTHER, PIN, Clock, opened

pytestmark = pytest.mark.peers_heavy

KILLED = [
    ("withdraw", Behaviour.TAKEN, None),
    ("withdraw", Behaviour.BLIND_KEPT, None),
    ("withdraw", Behaviour.PARTIAL, None),
    ("withdraw", Behaviour.TAKEN, Fault.LOSE_REPLY),
    ("deposit", Behaviour.TAKEN, None),
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("operation", ["withdraw", "deposit", "transfer"])
def test_every_cell(tmp_path, operation):
    """In process: what is done × the shutter × the messages × a power cut at every seam."""
    for number, row in enumerate(row for row in rows() if row[0] == operation):
        whole = tmp_path / f"{number}"
        whole.mkdir()
        seams = run_cell(whole, Cell(*row)).seams
        assert len(seams) >= 5
        for kill in range(1, len(seams) + 1):
            folder = tmp_path / f"{number}-{kill}"
            folder.mkdir()
            assert len(run_cell(folder, Cell(*row, kill)).seams) == kill


@dataclass
class Site:
    """One switch as a process, and a process that forks lives."""

    folder: Path
    switch: FarSide
    bank: str
    lives: subprocess.Popen[str]
    urls: Any
    accounts: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def live(self, row: tuple[str, Behaviour, Fault | None], kill: int) -> int:
        """One cell; gives the number of seams, 0 when it was killed."""
        operation, behaviour, fault = row
        number = next(self.accounts)
        folder, account = self.folder / str(number), f"60379911{number:08}"
        folder.mkdir()
        with open_book(self.bank) as bank:
            switch_bank.set_up(bank, base_key=BASE_KEY, accounts={account: (PIN, BALANCE), OTHER: (PIN, 0)})
        common = {
            "port": self.switch.port,
            "bank_url": self.bank,
            "account": account,
            "url": self.urls(number),
        }
        clock = Clock(NOON + timedelta(minutes=number))
        if fault is not None:
            self.switch.inject(fault)
        order = {**common, "bank": self.bank, "folder": str(folder), "operation": operation}
        order |= {"behaviour": behaviour, "number": number, "kill": kill}
        self.lives.stdin.write(json.dumps(order) + "\n")
        self.lives.stdin.flush()
        ended = json.loads(self.lives.stdout.readline())["signal"]
        assert ended == (signal.SIGKILL if kill else 0)
        with opened(folder, clock=clock, **common) as world:
            cell = Cell(operation, behaviour, str(fault), kill)
            settle_and_check(world, cell)
        return 0 if kill else int((folder / "seams").read_text())


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    bank = f"sqlite:///{tmp_path}/switch.db"
    urls = lambda number: ""  # noqa: E731
    if request.param == "postgresql":
        urls = _databases(request.getfixturevalue("postgres_service"))
    lives = subprocess.Popen(
        [sys.executable, "-m", "tests.services.atm.lives"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with open_book(bank):
        pass
    with FarSide("smartid.services.far_side.switch", database=bank) as switch, lives:
        yield Site(tmp_path, switch, bank, lives, urls)
        lives.stdin.close()


def _databases(server: Server):
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")

    def fresh(number: int) -> str:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE atm{number}")
        return server.url.replace("/postgres?", f"/atm{number}?")

    return fresh


@pytest.mark.timeout(600)
def test_sigkill_at_every_seam(site):
    for row in KILLED:
        seams = site.live(row, 0)
        assert seams >= 6
        for kill in range(1, seams + 1):
            site.live(row, kill)
