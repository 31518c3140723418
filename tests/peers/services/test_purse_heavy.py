"""Many purse operations with everything going wrong, and the crash matrix in PostgreSQL.

``SMARTID_PURSE_OPERATIONS`` says how many: 20,000 when it says nothing; 100,000 take some minutes.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from smartid.services.demo.crash import Crashes, crash_matrix
from smartid.services.demo.frame import Outcome, World
from smartid.services.demo.purse import scenario
from smartid.services.demo.runner import run_demo
from tests.peers.servers import Server
from tests.services.purse import test_crashes
from tests.services.purse.shop import Gate, Shop

pytestmark = pytest.mark.peers_heavy
OPERATIONS = int(os.environ.get("SMARTID_PURSE_OPERATIONS", "20000"))
PROCESSES = 2
_NUMBERS = itertools.count()


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory: what is tried is the end of programs, which memory survives."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)


@pytest.mark.timeout(1800)
def test_no_rial_is_created_or_lost(memory: Path) -> None:
    def share(seed: int) -> Outcome:
        folder = memory / str(seed)
        folder.mkdir()
        world = World(database=f"sqlite:///{folder}/book.db", folder=folder, seed=seed, faults=True)
        return run_demo("purse", world, OPERATIONS // PROCESSES)

    with ThreadPoolExecutor(PROCESSES) as pool:
        for outcome in pool.map(share, range(1, PROCESSES + 1)):
            tally = outcome.tally
            assert (tally.value_created, tally.value_lost) == (0, 0)
            assert tally.balanced
            assert tally.detected == outcome.injected > 0
            assert min(tally.torn, tally.replayed, tally.killed) > 0


@pytest.mark.parametrize(
    "verb", [test_crashes.load, test_crashes.unload, test_crashes.cancel, test_crashes.hand_in]
)
def test_killed_at_every_seam(tmp_path: Path, verb: Callable[[Shop], None]) -> None:
    test_crashes.kill_at_every_seam(tmp_path, verb)


@pytest.mark.parametrize("verb", [test_crashes.load, test_crashes.unload, test_crashes.cancel])
def test_torn_at_every_command(tmp_path: Path, verb: Callable[[Shop], None]) -> None:
    test_crashes.tear_at_every_command(tmp_path, verb)


def test_a_forger_who_was_killed_on_his_way_is_reported_all_the_same(memory: Path) -> None:
    world = World(
        database=f"sqlite:///{memory}/book.db", folder=memory, seed=1, faults=True, crashes=Crashes()
    )
    demo = scenario(world)
    try:
        demo.setup()
        demo.notes.forged(b"what no card has made")
        demo.finish()
        found = demo.audit()
    finally:
        demo.close()
    assert (found.detected, found.injected, found.balanced) == (1, 1, True)


@pytest.mark.parametrize("verb", [test_crashes.load, test_crashes.unload, test_crashes.hand_in])
def test_killed_at_every_seam_in_postgresql(
    tmp_path: Path, postgres_service: Server, verb: Callable[[Shop], None]
) -> None:
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")

    def fresh() -> tuple[Path, str]:
        schema = f"purse_{next(_NUMBERS)}"
        with psycopg.connect(postgres_service.url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}")
        url = f"{postgres_service.url}&options={quote(f'-csearch_path={schema}')}"
        return test_crashes.begin(tmp_path / schema, url), url

    def operate(place: tuple[Path, str], crashes: Crashes) -> None:
        gate = Gate(crashes)
        with Shop(place[0], crashes=gate, database=place[1]) as shop:
            gate.open = True
            verb(shop)

    def recover(place: tuple[Path, str]) -> None:
        with Shop(place[0], database=place[1]) as shop:
            test_crashes.settle(shop)

    def check(place: tuple[Path, str], seam: str) -> None:
        with Shop(place[0], database=place[1]) as shop:
            test_crashes.check_shop(shop, seam)

    assert "before commit" in crash_matrix(fresh, operate, recover, check)
