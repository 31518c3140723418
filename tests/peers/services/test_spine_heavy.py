"""Replays over several processes, and a thousand tampered transactions."""

from __future__ import annotations

import multiprocessing
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import Phase, given, settings

from smartid.errors import Refused
from smartid.services.ledger.opening import open_book
from smartid.services.spine.values import Authorized
from tests.peers.servers import Server
from tests.services.spine.test_crashes import HEAVY, survive
from tests.unit.services.spine.tampering import offers, refuse_every_change
from tests.unit.services.spine.world import Clock, desk_of, world

pytestmark = pytest.mark.peers_heavy
PROCESSES, CALLS = 4, 250


def replay(url: str, authorized: Authorized, answers: Any) -> None:
    """One process of several, with a desk of its own."""
    clock = Clock()
    with open_book(url, clock=clock) as book:
        desk, _ = desk_of(book, clock)
        for _ in range(CALLS):
            try:
                receipt = desk.commit(authorized, key="k1")
                answers.put((receipt.id, receipt.number, receipt.replayed))
            except Refused as refused:
                answers.put((refused.reason, 0, True))


def database(postgres: Server) -> str:
    """A schema of its own on the PostgreSQL server."""
    import psycopg

    schema = f"spine_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return f"{postgres.url}&options={quote(f'-csearch_path={schema}')}"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_thousand_replays_of_four_processes_post_once(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    context = multiprocessing.get_context("spawn")
    url = f"sqlite:///{tmp_path}/pool.db"
    if kind == "postgresql":
        url = database(request.getfixturevalue("postgres_service"))
    with world(url) as pool:
        authorized = pool.authorized()
        answers = context.Queue()
        processes = [
            context.Process(target=replay, args=(url, authorized, answers)) for _ in range(PROCESSES)
        ]
        for process in processes:
            process.start()
        found = [answers.get(timeout=60) for _ in range(PROCESSES * CALLS)]
        for process in processes:
            process.join(30)
            assert process.exitcode == 0
        assert {(id_, number) for id_, number, _ in found} == {(found[0][0], 1)}
        assert [replayed for _, _, replayed in found].count(False) == 1
        assert pool.money() == (999_900, 100)


@pytest.mark.parametrize("name", HEAVY)
def test_nothing_is_lost_or_done_twice(tmp_path: Path, name: str) -> None:
    survive(tmp_path, name)


@pytest.mark.parametrize("name", ["part", "suspend", "refund"])
def test_nothing_is_lost_or_done_twice_on_postgresql(
    tmp_path: Path, name: str, postgres_service: Server
) -> None:
    survive(tmp_path, name, lambda place: database(postgres_service))


def test_a_thousand_tampered_transactions(tmp_path: Path) -> None:
    with world(f"sqlite:///{tmp_path}/pool.db") as pool:
        seen = []

        @settings(max_examples=1000, phases=[Phase.generate], deadline=None, database=None)
        @given(offer=offers())
        def tamper(offer: dict[str, Any]) -> None:
            seen.append(refuse_every_change(pool, offer))

        tamper()
        assert len(seen) >= 900
