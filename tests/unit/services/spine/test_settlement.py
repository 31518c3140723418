from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from smartid.services.ledger.values import Account, Guard, Transfer
from smartid.services.spine import settlement
from smartid.services.spine.legs import leg
from smartid.services.spine.reconciliation import StatementLine, reconcile
from smartid.services.spine.states import State, Step
from smartid.services.spine.values import Case
from tests.unit.services.spine.world import NOW, Pool, World, world

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)


@dataclass
class PaidPool(Pool):
    """Settlement moves what the pool is owed to its bank."""

    def accounts(self, case: Case) -> Sequence[Account]:
        return [*super().accounts(case), Account(name="bank/out", unit="IRR", guard=Guard.NONE)]

    def transfers(self, case: Case, step: Step, amount: int) -> Sequence[Transfer]:
        if step is not Step.SETTLE:
            return super().transfers(case, step, amount)
        debit, credit = f"pool/{case.terms.payee}", "bank/out"
        if amount < 0:
            debit, credit = credit, debit
        id_ = leg(case, step, str(amount))
        return [Transfer(id=id_, debit=debit, credit=credit, amount=abs(amount))]


def completed(pool: World, key: str, amount: int = 100) -> str:
    return pool.desk.commit(pool.authorized(amount), key=key).case


def test_a_day_is_closed_once(pool: World) -> None:
    first, second = completed(pool, "k1"), completed(pool, "k2", 50)
    reserved = pool.desk.reserve(pool.authorized(), key="k3")
    pool.desk.refund(second, 20, key="r1")
    batch = pool.desk.settle(TODAY)
    (position,) = batch.positions
    assert (position.count, position.gross, position.returned, position.net) == (3, 150, 20, 130)
    assert not batch.replayed
    assert pool.desk.case(first).state is State.SETTLED
    assert pool.desk.case(second).state is State.REFUNDED
    assert pool.desk.case(reserved.id).state is State.RESERVED
    again = pool.desk.settle(TODAY)
    assert again.replayed
    assert again.positions == batch.positions


def test_what_comes_after_the_day_was_closed_is_in_the_next_batch(pool: World) -> None:
    completed(pool, "k1")
    pool.desk.settle(TODAY)
    late = completed(pool, "k2", 70)
    assert [item.case for item in settlement.waiting_items(pool.book, "pool")] == [late]
    assert pool.desk.settle(TODAY).positions[0].net == 100
    assert pool.desk.settle(TOMORROW).positions[0].net == 70
    batches = [settlement.batch_items(pool.book, "pool", day) for day in (TODAY, TOMORROW)]
    assert [[item.amount for item in batch] for batch in batches] == [[100], [70]]


def test_a_day_ends_at_midnight_in_iran(pool: World) -> None:
    pool.clock.wait(hours=8, minutes=29)  # NOW is noon in UTC: 23:59 in Tehran
    completed(pool, "k1", 10)
    pool.clock.wait(minutes=1)
    completed(pool, "k2", 20)
    assert pool.desk.settle(TODAY).positions[0].net == 10
    assert pool.desk.settle(TOMORROW).positions[0].net == 20


def test_a_refund_after_settlement_is_in_a_later_batch(tmp_path: Path) -> None:
    with world(tmp_path, PaidPool()) as pool:
        case = completed(pool, "k1")
        other = completed(pool, "k2", 1000)
        pool.desk.settle(TODAY)
        assert pool.book.balance("bank/out").posted == 1100
        pool.desk.dispute(other, why="was not there")
        pool.book.run(
            lambda entry: entry.post(
                Transfer(id=b"\1" * 16, debit="bank/out", credit="pool/pool-tehran", amount=1100)
            )
        )
        pool.desk.refund(case, 30, key="r1")
        pool.desk.uphold(other)
        (position,) = pool.desk.settle(TOMORROW).positions
        assert (position.gross, position.returned, position.net) == (0, 1030, -1030)
        assert pool.book.balance("bank/out").posted == -1030


def test_an_interrupted_settlement_is_taken_up_again(pool: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [completed(pool, f"k{number}", 1) for number in range(5)]
    settlement_end = int((NOW + timedelta(days=1)).timestamp())
    pool.book.run(lambda entry: settlement._begin(entry, "pool", TODAY))
    monkeypatch.setattr(settlement, "_AT_ONCE", 2)
    pool.book.run(lambda entry: settlement._settle_some(entry, pool.pool, TODAY, settlement_end, NOW))
    batch = pool.desk.settle(TODAY)
    assert [(each.count, each.net) for each in batch.positions] == [(5, 5)]
    assert {pool.desk.case(case).state for case in cases} == {State.SETTLED}


def test_a_statement_is_compared(pool: World) -> None:
    completed(pool, "k1")
    batch = pool.desk.settle(TODAY)
    good = StatementLine(reference=f"{batch.id}/pool-tehran", amount=60, unit="IRR")
    rest = StatementLine(reference=f"{batch.id}/pool-tehran", amount=40, unit="IRR")
    stray = StatementLine(reference="pool/1999-01-01/pool-tehran", amount=7, unit="IRR")
    later = batch.closed + timedelta(days=2)
    whole = reconcile(batch, [good, rest, stray], later)
    assert whole.matched == batch.positions
    (unknown,) = whole.exceptions
    assert (unknown.expected, unknown.found, unknown.age) == (None, 7, timedelta(days=2))
    (short,) = reconcile(batch, [good], later).exceptions
    assert (short.expected, short.found) == (100, 60)
    (missing,) = reconcile(batch, [], later).exceptions
    assert (missing.expected, missing.found) == (100, None)
