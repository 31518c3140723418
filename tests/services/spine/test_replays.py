"""One key, many callers: threads and books of one file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from smartid.errors import Refused
from smartid.services.ledger.opening import open_book
from smartid.services.reasons import Reason
from smartid.services.spine.casefile import case_id
from smartid.services.spine.values import Authorized, Case, Receipt
from tests.unit.services.spine.world import desk_of, world

CALLS = 300


def test_replays_of_one_key_post_once(tmp_path: Path) -> None:
    with world(tmp_path) as pool, open_book(f"sqlite:///{tmp_path}/pool.db", clock=pool.clock) as second:
        authorized, other = pool.authorized(), pool.authorized()
        desks = [pool.desk, desk_of(second, pool.clock)[0]]

        def call(number: int) -> Case | Receipt | str:
            desk = desks[number % 2]
            try:
                if number % 7 == 3:
                    return desk.reserve(other, key="k1")
                return desk.reserve(authorized, key="k1")
            except Refused as refused:
                return refused.reason

        pool.desk.reserve(authorized, key="k1")  # so that the conflict is always the other one's
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(call, range(CALLS)))
        conflicts = [answer for answer in answers if answer == Reason.CONFLICT]
        cases = [answer for answer in answers if isinstance(answer, Case)]
        assert len(conflicts) == sum(number % 7 == 3 for number in range(CALLS))
        assert len(cases) + len(conflicts) == CALLS
        assert len({case.id for case in cases}) == 1
        assert all(case.replayed and case == cases[0] for case in cases)
        assert pool.money() == (999_900, 0)


def test_a_race_of_first_calls_has_one_winner(tmp_path: Path) -> None:
    with world(tmp_path) as pool, open_book(f"sqlite:///{tmp_path}/pool.db", clock=pool.clock) as second:
        desks = [pool.desk, desk_of(second, pool.clock)[0]]
        for turn in range(10):
            authorized = pool.authorized(10)

            def call(number: int, each: Authorized = authorized, key: str = f"k{turn}") -> Receipt:
                return desks[number % 2].commit(each, key=key)

            with ThreadPoolExecutor(8) as threads:
                receipts = list(threads.map(call, range(16)))
            assert len({receipt.id for receipt in receipts}) == 1
            assert [receipt.replayed for receipt in receipts].count(False) == 1
        assert pool.money() == (999_900, 100)


def test_the_last_rial_is_spent_once(tmp_path: Path) -> None:
    with world(tmp_path) as pool:
        offers = [pool.authorized(300_000) for _ in range(8)]

        def call(number: int) -> str:
            try:
                return pool.desk.reserve(offers[number], key=f"k{number}").state
            except Refused as refused:
                return refused.reason

        with ThreadPoolExecutor(8) as threads:
            answers = sorted(threads.map(call, range(8)))
        assert answers == ["insufficient"] * 5 + ["reserved"] * 3


def test_a_case_is_resolved_by_one_of_many(tmp_path: Path) -> None:
    with world(tmp_path) as pool:
        for turn in range(6):
            case = pool.desk.reserve(pool.authorized(100), key=f"k{turn}")

            def call(number: int, id_: str = case.id) -> str:
                try:
                    if number % 2:
                        return pool.desk.void(id_, why="closed").state
                    return pool.desk.complete(id_, 100).state
                except Refused as refused:
                    return refused.reason

            with ThreadPoolExecutor(8) as threads:
                answers = set(threads.map(call, range(8)))
            assert answers in ({"completed", "wrong_state"}, {"voided", "wrong_state"})
        visitors, paid = pool.money()
        assert visitors + paid == 1_000_000
        assert paid == 100 * sum(case.completed > 0 for case in map(pool.desk.case, _ids(6)))


def _ids(count: int) -> list[str]:
    return [case_id("pool", f"k{number}") for number in range(count)]
