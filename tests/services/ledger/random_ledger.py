"""Random histories of a book, compared with the model after every step."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from smartid.errors import Refused
from smartid.services.ledger import open_book
from smartid.services.ledger.values import MAX_AMOUNT, Kind, Outcome, Posting, Transfer, transfer_id
from tests.services.ledger.model import Model
from tests.services.ledger.rules import ACCOUNTS, Clock

NAMES = st.sampled_from([account.name for account in ACCOUNTS] + ["nobody"])
IDS = st.integers(0, 30).map(lambda n: transfer_id("random", n))


@st.composite
def transfers(draw: st.DrawFn) -> Transfer:
    debit, credit = draw(st.lists(NAMES, min_size=2, max_size=2, unique=True))
    kind = draw(st.sampled_from(Kind))
    return Transfer(
        id=draw(IDS),
        debit=debit,
        credit=credit,
        amount=draw(st.integers(1, 60) | st.just(MAX_AMOUNT)),
        kind=kind,
        pending=draw(IDS) if kind > Kind.PENDING else b"",
        expires=Clock().now + timedelta(seconds=draw(st.integers(-1, 2))) if kind is Kind.PENDING else None,
        note=draw(st.sampled_from(["", "نان"])),
    )


GROUPS = st.lists(transfers(), min_size=1, max_size=3).map(tuple)


class RandomLedger(RuleBasedStateMachine):
    """A subclass gives ``address()``: where the next book is."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.url = self.address()
        self.book = open_book(self.url, clock=self.clock)
        self.book.run(lambda entry: entry.open_account(*ACCOUNTS))
        self.model = Model(ACCOUNTS)

    def address(self) -> str:
        raise AssertionError("a subclass knows")

    def expect(self, groups: list[Posting]) -> list[Outcome]:
        return [self.model.post(group, self.clock.now) for group in groups]

    @rule(groups=st.lists(GROUPS, min_size=1, max_size=4))
    def post(self, groups: list[Posting]) -> None:
        assert self.book.post(groups) == self.expect(groups)

    @rule(group=GROUPS)
    def submit(self, group: Posting) -> None:
        assert [self.book.submit(group).result()] == self.expect([group])

    @rule(first=GROUPS, second=GROUPS)
    def run(self, first: Posting, second: Posting) -> None:
        before = dict(self.model.transfers)
        expected = self.expect([first, second])
        if set(expected) <= {Outcome.POSTED, Outcome.EXISTS}:
            done = self.book.run(lambda entry: [entry.post(*first), entry.post(*second)])
            assert done == expected
            return
        self.model.transfers = before
        try:
            self.book.run(lambda entry: [entry.post(*first), entry.post(*second)])
        except Refused:
            return
        raise AssertionError("it was to be refused")

    @rule(source=st.data())
    def resolve(self, source: st.DataObject) -> None:
        open_ = [each for each in self.model.transfers.values() if each.kind is Kind.PENDING]
        if open_:
            old = source.draw(st.sampled_from(open_))
            kind = source.draw(st.sampled_from([Kind.POST, Kind.VOID, Kind.EXPIRE]))
            amount = source.draw(st.integers(1, old.amount))
            new = Transfer(
                id=source.draw(IDS),
                debit=old.debit,
                credit=old.credit,
                amount=amount,
                kind=kind,
                pending=old.id,
            )
            assert self.book.post([(new,)]) == self.expect([(new,)])

    @rule()
    def wait(self) -> None:
        self.clock.now += timedelta(seconds=1)

    @rule()
    def open_again(self) -> None:
        self.book.close()
        self.book = open_book(self.url, clock=self.clock)

    @invariant()
    def balances_are_those_of_the_model(self) -> None:
        for name, balance in self.book.balances():
            found = (balance.debits, balance.credits, balance.pending_debits, balance.pending_credits)
            assert found == self.model.sums(name)

    def teardown(self) -> None:
        self.book.verify()
        self.book.close()
