"""Any order of calls against a model in a few lines: nothing is posted twice, nothing resolved twice."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from smartid.errors import Refused
from smartid.services.ledger.opening import open_book
from smartid.services.spine.states import State
from smartid.services.spine.values import Authorized
from tests.unit.services.spine.world import Clock, agree, card, desk_of, fund

NUMBER = "0012345679"


@dataclass
class Model:
    """One case as it should be."""

    authorized: Authorized
    amount: int
    state: State = State.RESERVED
    completed: int = 0
    refunded: int = 0

    @property
    def held(self) -> int:
        return self.amount if self.state in {State.RESERVED, State.UNKNOWN} else 0


class DeskMachine(RuleBasedStateMachine):
    cases = Bundle("cases")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp())
        self.clock = Clock()
        self.book = open_book(f"sqlite:///{self.folder}/pool.db", clock=self.clock)
        fund(self.book, 1000)
        self.desk, _ = desk_of(self.book, self.clock)
        self.model: dict[str, Model] = {}
        self.opened = 0
        self.refunds = 0

    def teardown(self) -> None:
        self.book.verify()
        self.book.close()
        shutil.rmtree(self.folder)

    def attempt(self, allowed: bool, call: object, *args: object, **named: object) -> bool:
        """Call; what the model does not allow has to be refused, and the other way round."""
        try:
            call(*args, **named)  # type: ignore[operator]
        except Refused as refused:
            assert not allowed, refused.message
            return False
        assert allowed
        return True

    @rule(target=cases, amount=st.integers(1, 400))
    def reserve(self, amount: int) -> str:
        prepared = self.desk.prepare(amount, self.desk.holder(card(NUMBER).certificate))
        authorized = self.desk.authorize(prepared, agree(prepared.transaction, card(NUMBER)))
        self.opened += 1
        key = f"k{self.opened}"
        if self.attempt(amount <= self.left(), self.desk.reserve, authorized, key=key):
            self.model[key] = Model(authorized, amount)
        return key

    @rule(key=cases)
    def replay(self, key: str) -> None:
        if key in self.model:
            case = self.desk.reserve(self.model[key].authorized, key=key)
            assert case.replayed
            assert case.state is self.model[key].state

    @rule(key=cases, part=st.integers(0, 400))
    def complete(self, key: str, part: int) -> None:
        case = self.model.get(key)
        if case is None:
            return
        fits = 0 < part <= case.amount
        done = case.completed > 0
        again = done and part == case.completed
        if (
            self.attempt((case.held > 0 and fits) or again, self.desk.complete, self.id(key), part)
            and not done
        ):
            case.state, case.completed = State.COMPLETED, part

    @rule(key=cases)
    def void(self, key: str) -> None:
        case = self.model.get(key)
        if case is None:
            return
        allowed = case.held > 0 or case.state is State.VOIDED
        if self.attempt(allowed, self.desk.void, self.id(key), why="closed"):
            case.state = State.VOIDED

    @rule(key=cases)
    def suspend(self, key: str) -> None:
        case = self.model.get(key)
        if case is None or case.state not in {State.RESERVED, State.UNKNOWN}:
            return
        self.desk.suspend(self.id(key), message=None)
        case.state = State.UNKNOWN

    @rule(key=cases, amount=st.integers(0, 400))
    def refund(self, key: str, amount: int) -> None:
        case = self.model.get(key)
        if case is None:
            return
        self.refunds += 1
        fits = 0 < amount <= case.completed - case.refunded
        open_ = case.state in {State.COMPLETED, State.REFUNDED, State.SETTLED}
        if self.attempt(fits and open_, self.desk.refund, self.id(key), amount, key=f"r{self.refunds}"):
            case.state, case.refunded = State.REFUNDED, case.refunded + amount

    @rule(key=cases, upheld=st.booleans())
    def dispute(self, key: str, upheld: bool) -> None:
        case = self.model.get(key)
        if case is None or case.state not in {State.COMPLETED, State.REFUNDED, State.SETTLED}:
            return
        self.desk.dispute(self.id(key), why="was not there")
        if upheld:
            self.desk.uphold(self.id(key))
            case.state, case.refunded = State.UPHELD, case.completed
        else:
            self.desk.reject(self.id(key))
            case.state = State.REJECTED

    @rule(minutes=st.integers(0, 7))
    def expire(self, minutes: int) -> None:
        self.clock.wait(minutes=minutes)
        gone = {receipt.case for receipt in self.desk.expire()}
        for key, case in self.model.items():
            if self.id(key) in gone:
                assert case.state is State.RESERVED
                case.state = State.EXPIRED

    @rule(days=st.integers(0, 1))
    def settle(self, days: int) -> None:
        self.clock.wait(days=days)
        batch = self.desk.settle(self.clock().date())
        if not batch.replayed:
            for case in self.model.values():
                case.state = State.SETTLED if case.state is State.COMPLETED else case.state

    @invariant()
    def the_book_agrees(self) -> None:
        visitors = self.book.balance("pool/visitors")
        assert visitors.available == self.left()
        assert visitors.pending_debits == sum(case.held for case in self.model.values())
        paid = sum(case.completed - case.refunded for case in self.model.values())
        assert self.book.balance("pool/pool-tehran").posted == paid

    @invariant()
    def the_cases_agree(self) -> None:
        for key, model in self.model.items():
            case = self.desk.find(key)
            assert case is not None
            assert (case.state, case.completed, case.refunded) == (
                model.state,
                model.completed,
                model.refunded,
            )

    def left(self) -> int:
        return 1000 - sum(case.held + case.completed - case.refunded for case in self.model.values())

    def id(self, key: str) -> str:
        case = self.desk.find(key)
        assert case is not None
        return case.id


DeskMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestDesk = DeskMachine.TestCase
