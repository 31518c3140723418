"""Replays over several processes, and a thousand tampered transactions."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from smartid.errors import Refused
from smartid.services.ledger.opening import open_book
from smartid.services.spine.values import Authorized
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


def test_a_thousand_replays_of_four_processes_post_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with world(tmp_path) as pool:
        authorized = pool.authorized()
        answers = context.Queue()
        url = f"sqlite:///{tmp_path}/pool.db"
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


def test_a_thousand_tampered_transactions(tmp_path: Path) -> None:
    with world(tmp_path) as pool:
        seen = []

        @settings(max_examples=1000, deadline=None, database=None)
        @given(offer=offers())
        def tamper(offer: dict[str, Any]) -> None:
            seen.append(refuse_every_change(pool, offer))

        tamper()
        assert len(seen) >= 900
