"""What a book does, on any database: a module gives the fixture ``address``, and the tests run there."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from smartid.errors import Refused, SignatureInvalid, StoreUnavailable
from smartid.services.ledger import open_book
from smartid.services.ledger.book import Record
from smartid.services.ledger.group_commit import GroupBook
from smartid.services.ledger.values import (
    MAX_AMOUNT,
    Account,
    Balance,
    Guard,
    Head,
    Kind,
    Outcome,
    Transfer,
    transfer_id,
)

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
ACCOUNTS = (
    Account(name="bank", unit="IRR", guard=Guard.NONE),
    Account(name="purse/1", unit="IRR"),
    Account(name="purse/2", unit="IRR"),
    Account(name="loan", unit="IRR", guard=Guard.NO_SURPLUS),
    Account(name="tank", unit="ml"),
)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def move(
    id_: object, debit: str, credit: str, amount: int, kind: Kind = Kind.POSTED, **more: object
) -> Transfer:
    pending = transfer_id(str(more.pop("pending"))) if "pending" in more else b""
    return Transfer(
        id=transfer_id(str(id_)),
        debit=debit,
        credit=credit,
        amount=amount,
        kind=kind,
        pending=pending,
        **more,
    )


def one(book: GroupBook, *transfers: Transfer) -> Outcome:
    return book.post([transfers])[0]


class BookRules:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def book(self, address: str, clock: Clock) -> Iterator[GroupBook]:
        with open_book(address, clock=clock) as book:
            book.run(lambda entry: entry.open_account(*ACCOUNTS))
            book.post([(move("load", "bank", "purse/1", 100),)])
            yield book
            book.verify()
            assert all(given == taken for given, taken in book.totals().values())

    def test_a_transfer_moves_its_amount(self, book: GroupBook) -> None:
        assert one(book, move(1, "purse/1", "purse/2", 30, note="نان")) is Outcome.POSTED
        assert book.balance("purse/1") == Balance(unit="IRR", credits=100, debits=30)
        assert book.balance("purse/2").available == 30
        assert book.totals() == {"IRR": (130, 130), "ml": (0, 0)}

    def test_the_same_id_is_carried_out_once(self, book: GroupBook) -> None:
        again = move("load", "bank", "purse/1", 100)
        assert one(book, again) is Outcome.EXISTS
        assert book.run(lambda entry: entry.post(again)) is Outcome.EXISTS
        assert book.balance("purse/1").posted == 100

    @pytest.mark.parametrize(
        "other",
        [
            move("x", "purse/2", "bank", 5, Kind.PENDING, expires=NOON, note="n"),
            move("x", "purse/1", "purse/2", 5, Kind.PENDING, expires=NOON, note="n"),
            move("x", "purse/1", "bank", 6, Kind.PENDING, expires=NOON, note="n"),
            move("x", "purse/1", "bank", 5, note="n"),
            move("x", "purse/1", "bank", 5, Kind.PENDING, expires=NOON + timedelta(microseconds=1), note="n"),
            move("x", "purse/1", "bank", 5, Kind.PENDING, note="n"),
            move("x", "purse/1", "bank", 5, Kind.PENDING, expires=NOON, note="m"),
            move("x", "purse/1", "nobody", 5, Kind.PENDING, expires=NOON, note="n"),
        ],
    )
    def test_an_id_with_any_other_content_is_a_conflict(self, book: GroupBook, other: Transfer) -> None:
        first = move("x", "purse/1", "bank", 5, Kind.PENDING, expires=NOON, note="n")
        assert one(book, first) is Outcome.POSTED
        assert one(book, other) is Outcome.CONFLICT
        assert book.post([(first,), (other,)]) == [Outcome.EXISTS, Outcome.CONFLICT]
        with pytest.raises(Refused) as caught:
            book.run(lambda entry: entry.post(other))
        assert caught.value.reason == "conflict"

    def test_guards_hold(self, book: GroupBook) -> None:
        assert one(book, move(1, "purse/1", "purse/2", 101)) is Outcome.INSUFFICIENT
        assert one(book, move(2, "bank", "loan", 1)) is Outcome.INSUFFICIENT
        assert one(book, move(3, "loan", "bank", 7)) is Outcome.POSTED
        assert one(book, move(4, "bank", "loan", 7)) is Outcome.POSTED
        assert one(book, move(5, "purse/1", "purse/2", 100)) is Outcome.POSTED
        assert book.balance("purse/1").available == 0

    def test_pending_counts_as_if_it_were_posted(self, book: GroupBook) -> None:
        assert one(book, move(1, "purse/1", "purse/2", 60, Kind.PENDING)) is Outcome.POSTED
        assert book.balance("purse/1") == Balance(unit="IRR", credits=100, pending_debits=60)
        assert book.balance("purse/2") == Balance(unit="IRR", pending_credits=60)
        assert one(book, move(2, "purse/1", "purse/2", 41)) is Outcome.INSUFFICIENT
        assert one(book, move(3, "purse/2", "purse/1", 1)) is Outcome.INSUFFICIENT
        assert one(book, move(4, "purse/1", "purse/2", 40)) is Outcome.POSTED

    @pytest.mark.parametrize(
        ("kind", "amount", "left", "given"),
        [(Kind.POST, 60, 40, 60), (Kind.POST, 1, 99, 1), (Kind.VOID, 0, 100, 0), (Kind.EXPIRE, 0, 100, 0)],
    )
    def test_pending_is_resolved_once(
        self, book: GroupBook, kind: Kind, amount: int, left: int, given: int
    ) -> None:
        one(book, move(1, "purse/1", "purse/2", 60, Kind.PENDING, expires=NOON))
        assert one(book, move(2, "purse/1", "purse/2", amount, kind, pending=1)) is Outcome.POSTED
        assert book.balance("purse/1").available == left
        assert book.balance("purse/2").available == given
        assert book.balance("purse/2").pending_credits == 0
        for other in (Kind.POST, Kind.VOID, Kind.EXPIRE):
            assert one(book, move(other.name, "purse/1", "purse/2", 1, other, pending=1)) is Outcome.RESOLVED
        assert one(book, move(2, "purse/1", "purse/2", amount, kind, pending=1)) is Outcome.EXISTS
        with pytest.raises(Refused) as caught:
            book.run(lambda entry: entry.post(move(9, "purse/1", "purse/2", 0, Kind.VOID, pending=1)))
        assert caught.value.reason == "wrong_state"

    def test_what_a_resolution_may_not(self, book: GroupBook, clock: Clock) -> None:
        one(book, move(1, "purse/1", "purse/2", 60, Kind.PENDING, expires=NOON + timedelta(seconds=1)))
        one(book, move(2, "purse/1", "purse/2", 10, Kind.PENDING))
        cases = {
            move(3, "purse/1", "purse/2", 61, Kind.POST, pending=1): Outcome.EXCEEDS_PENDING,
            move(4, "purse/2", "purse/1", 60, Kind.POST, pending=1): Outcome.UNKNOWN_PENDING,
            move(5, "purse/1", "purse/2", 60, Kind.POST, pending="none"): Outcome.UNKNOWN_PENDING,
            move(6, "bank", "purse/1", 60, Kind.POST, pending="load"): Outcome.UNKNOWN_PENDING,
            move(7, "purse/1", "purse/2", 0, Kind.EXPIRE, pending=1): Outcome.NOT_DUE,
            move(8, "purse/1", "purse/2", 0, Kind.EXPIRE, pending=2): Outcome.NOT_DUE,
        }
        assert book.post([(each,) for each in cases]) == list(cases.values())
        clock.now += timedelta(seconds=1)
        assert one(book, move(7, "purse/1", "purse/2", 0, Kind.EXPIRE, pending=1)) is Outcome.POSTED

    def test_what_cannot_be(self, book: GroupBook) -> None:
        assert one(book, move(1, "purse/1", "nobody", 1)) is Outcome.UNKNOWN_ACCOUNT
        assert one(book, move(2, "purse/1", "tank", 1)) is Outcome.UNIT_MISMATCH
        assert one(book, move(3, "bank", "purse/2", MAX_AMOUNT)) is Outcome.OVERFLOW
        book.run(lambda entry: entry.open_account(Account(name="other", unit="IRR", guard=Guard.NONE)))
        assert one(book, move(4, "other", "purse/2", MAX_AMOUNT)) is Outcome.POSTED
        assert one(book, move(5, "purse/1", "purse/2", 1)) is Outcome.OVERFLOW
        one(book, move(6, "purse/2", "other", MAX_AMOUNT, Kind.PENDING))
        assert one(book, move(7, "bank", "other", 1)) is Outcome.OVERFLOW
        for reason, transfer in (
            ("unknown_case", move(1, "purse/1", "nobody", 1)),
            ("invalid_request", move(2, "purse/1", "tank", 1)),
            ("insufficient", move(8, "purse/1", "bank", 101)),
        ):
            with pytest.raises(Refused) as caught:
                book.run(lambda entry, transfer=transfer: entry.post(transfer))
            assert caught.value.reason == reason

    def test_a_group_is_whole_or_not_at_all(self, book: GroupBook) -> None:
        group = (move(1, "purse/1", "purse/2", 50), move(2, "purse/2", "bank", 51))
        assert one(book, *group) is Outcome.INSUFFICIENT
        assert book.balance("purse/1").posted == 100
        group = (move(1, "purse/1", "purse/2", 50), move(2, "purse/2", "bank", 50))
        assert one(book, *group) is Outcome.POSTED
        assert one(book, *group) is Outcome.EXISTS
        assert one(book, group[0], move(3, "purse/1", "bank", 1)) is Outcome.CONFLICT
        assert one(book, move(4, "purse/1", "bank", 1), move(4, "purse/1", "bank", 1)) is Outcome.CONFLICT
        assert book.balance("purse/1").posted == 50

    def test_a_group_may_reserve_and_resolve(self, book: GroupBook) -> None:
        group = (
            move(1, "purse/1", "purse/2", 50, Kind.PENDING),
            move(2, "purse/1", "purse/2", 20, Kind.POST, pending=1),
            move(3, "purse/2", "bank", 21),
        )
        assert one(book, *group) is Outcome.INSUFFICIENT
        assert book.balance("purse/1") == Balance(unit="IRR", credits=100)
        assert one(book, *group[:2]) is Outcome.POSTED
        assert book.balance("purse/1").available == 80

    def test_in_a_batch_later_groups_see_earlier_ones(self, book: GroupBook) -> None:
        outcomes = book.post(
            [
                (move(1, "purse/2", "bank", 1),),
                (move(2, "purse/1", "purse/2", 1),),
                (move(3, "purse/2", "bank", 1),),
                (move(3, "purse/2", "bank", 1),),
                (move(3, "purse/2", "bank", 2),),
                (move("load", "bank", "purse/1", 100),),
                (move(4, "purse/1", "nobody", 1),),
                (move(5, "purse/1", "purse/2", 9, Kind.PENDING),),
                (move(6, "purse/1", "purse/2", 9, Kind.POST, pending=5),),
                (move(7, "purse/1", "purse/2", 9, Kind.VOID, pending=5),),
            ]
        )
        names = "INSUFFICIENT POSTED POSTED EXISTS CONFLICT EXISTS UNKNOWN_ACCOUNT POSTED POSTED RESOLVED"
        assert " ".join(each.name for each in outcomes) == names

    def test_a_replay_is_answered_even_when_money_is_short(self, book: GroupBook) -> None:
        all_ = move(1, "purse/1", "purse/2", 100)
        assert one(book, all_) is Outcome.POSTED
        assert one(book, all_) is Outcome.EXISTS

    def test_transfers_come_back_as_they_were(self, book: GroupBook) -> None:
        first = move(
            1, "purse/1", "purse/2", 5, Kind.PENDING, expires=NOON + timedelta(microseconds=7), note="نان"
        )
        second = move(2, "purse/1", "purse/2", 0, Kind.VOID, pending=1)
        assert book.post([(first,), (second,)]) == [Outcome.POSTED] * 2
        assert book.run(lambda entry: entry.transfer(first.id)) == first
        assert book.run(lambda entry: (entry.transfer(second.id), entry.transfer(bytes(16)))) == (
            second,
            None,
        )

    def test_accounts_are_opened_once(self, book: GroupBook) -> None:
        book.run(lambda entry: entry.open_account(*ACCOUNTS))
        for other in (Account(name="tank", unit="IRR"), Account(name="tank", unit="ml", guard=Guard.NONE)):
            with pytest.raises(Refused) as caught:
                book.run(lambda entry, other=other: entry.open_account(Account(name="new", unit="ml"), other))
            assert caught.value.reason == "conflict"
        assert [name for name, _ in book.balances("purse/")] == ["purse/1", "purse/2"]
        assert [name for name, _ in book.balances()] == sorted(account.name for account in ACCOUNTS)
        for ask in (book.balance, lambda name: book.run(lambda entry: entry.balance(name))):
            with pytest.raises(Refused, match="new"):
                ask("new")

    def test_an_entry_is_whole_or_not_at_all(self, book: GroupBook) -> None:
        head = book.head()

        def work(entry: object) -> None:
            entry.open_account(Account(name="new", unit="IRR"))
            entry.post(move(1, "purse/1", "new", 10))
            entry.keep(Record(kind="case", key="1", content={}))
            assert entry.balance("new").posted == 10
            assert entry.transfer(transfer_id("1")) is not None
            assert entry.next_number("receipt") == 1
            raise KeyError("the service changed its mind")

        with pytest.raises(KeyError):
            book.run(work)
        assert book.head() == head
        assert book.run(lambda entry: (entry.load("case", "1"), entry.next_number("receipt"))) == (None, 1)

    def test_a_refusal_undoes_the_entry_even_when_it_is_swallowed(self, book: GroupBook) -> None:
        def work(entry: object) -> str:
            entry.keep(Record(kind="case", key="1", content={}))
            try:
                entry.post(move(1, "purse/1", "purse/2", 1000))
            except Refused:
                return "never mind"
            return "done"

        with pytest.raises(Refused):
            book.run(work)
        assert book.run(lambda entry: entry.load("case", "1")) is None

    def test_an_entry_ends_with_its_work(self, book: GroupBook) -> None:
        kept = []
        book.run(kept.append)
        with pytest.raises(RuntimeError, match="over"):
            kept[0].balance("bank")

    def test_the_book_is_not_used_within_an_entry(self, book: GroupBook) -> None:
        for ask in (lambda: book.run(lambda _: 1), lambda: book.submit(()), lambda: book.post([])):
            with pytest.raises(RuntimeError, match="wait for itself"):
                book.run(lambda _, ask=ask: ask())

    def test_records(self, book: GroupBook) -> None:
        content = {"متن": "نان", "n": [1, True, None, {"a": -(2**70)}], "empty": {}}
        records = [
            Record(kind="case", key=f"{n}", state="open" if n % 2 else "done", due=10 * n, content=content)
            for n in range(6)
        ]

        def work(entry: object) -> None:
            entry.keep(Record(kind="case", key="3", state="old", content={}), *records)
            entry.keep(Record(kind="other", key="1", content={"x": 1}))
            assert entry.load("case", "3") == records[3]
            entry.forget("case", "5")

        book.run(work)
        found = book.run(
            lambda entry: (
                entry.load_many("case", ["1", "2", "5", "9"]),
                entry.find("case"),
                entry.find("case", state="open"),
                entry.find("case", due=20),
                entry.find("case", state="done", due=20, limit=1),
                entry.load("other", "2"),
            )
        )
        assert found[0] == {"1": records[1], "2": records[2]}
        assert [[each.key for each in some] for some in found[1:5]] == [
            list("01234"),
            ["1", "3"],
            ["1", "2"],
            ["2"],
        ]
        assert found[5] is None

    @pytest.mark.parametrize(
        "content", [{"a": 1.0}, {1: "a"}, {"a": [float("nan")]}, {"a": b"x"}, {"a": {2: 1}}]
    )
    def test_records_hold_no_fractions_nor_surprises(self, book: GroupBook, content: dict) -> None:
        with pytest.raises(ValueError, match="record"):
            book.run(lambda entry: entry.keep(Record(kind="case", key="1", content=content)))

    def test_numbers_have_no_gaps(self, book: GroupBook) -> None:
        def fail(entry: object) -> None:
            entry.next_number("receipt")
            raise KeyError

        numbers = [book.run(lambda entry: entry.next_number("receipt"))]
        with pytest.raises(KeyError):
            book.run(fail)
        numbers += book.run(lambda entry: [entry.next_number("receipt"), entry.next_number("receipt")])
        assert numbers == [1, 2, 3]
        assert book.run(lambda entry: entry.next_number("other")) == 1

    def test_the_chain_grows_with_the_ledger_only(self, book: GroupBook) -> None:
        head = book.head()
        book.run(lambda entry: entry.keep(Record(kind="case", key="1", content={})))
        one(book, move(1, "purse/1", "purse/2", 1000))
        assert book.head() == head
        one(book, move(2, "purse/1", "purse/2", 1))
        assert book.head().height == head.height + 1
        assert book.contains(head)
        assert book.contains(Head(height=0, hash=bytes(32)))
        assert not book.contains(Head(height=head.height, hash=bytes(32)))
        assert not book.contains(Head(height=99, hash=head.hash))

    def test_signed_heads(self, book: GroupBook) -> None:
        key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        first = book.sign_head(key)
        one(book, move(2, "purse/1", "purse/2", 1))
        book.sign_head(other)
        assert book.signed_heads()[0] == first
        assert len(book.signed_heads()) == 2
        assert book.contains(first.head)
        first.verify(key.public_key().public_bytes_raw())
        with pytest.raises(SignatureInvalid):
            first.verify(other.public_key().public_bytes_raw())

    def test_two_books_on_one_database_see_each_other(self, book: GroupBook, address: str) -> None:
        with open_book(address) as other:
            assert one(other, move(1, "purse/1", "purse/2", 60)) is Outcome.POSTED
            assert one(book, move(2, "purse/1", "purse/2", 60)) is Outcome.INSUFFICIENT
            assert one(book, move(3, "purse/1", "purse/2", 40)) is Outcome.POSTED
            assert one(other, move(3, "purse/1", "purse/2", 40)) is Outcome.EXISTS
            assert other.head() == book.head()

    def test_a_thousand_at_once_post_once(self, book: GroupBook) -> None:
        def by_run(entry: object) -> tuple[Outcome, int]:
            return entry.post(move("once", "purse/1", "purse/2", 7)), entry.next_number("calls")

        with ThreadPoolExecutor(32) as pool:
            ran = [pool.submit(book.run, by_run) for _ in range(500)]
            handed_in = [
                pool.submit(book.submit, (move("once", "purse/1", "purse/2", 7),)) for _ in range(500)
            ]
            outcomes = [each.result()[0] for each in ran] + [each.result().result() for each in handed_in]
        assert sorted(outcomes) == [Outcome.EXISTS] * 999 + [Outcome.POSTED]
        assert sorted(each.result()[1] for each in ran) == list(range(1, 501))
        assert book.balance("purse/2").posted == 7

    def test_what_waits_is_committed_together(self, book: GroupBook) -> None:
        height = book.head().height
        begun, go_on = threading.Event(), threading.Event()

        def hold(_: object) -> None:
            begun.set()
            assert go_on.wait(20)

        with ThreadPoolExecutor(1) as pool:
            holding = pool.submit(book.run, hold)
            assert begun.wait(20)
            futures = [book.submit((move(n, "bank", "purse/2", 1),)) for n in range(200)]
            bad = book.submit((move("bad", "purse/1", "purse/2", 10**6),))
            go_on.set()
            holding.result()
        wait_for([*futures, bad])
        assert {future.result() for future in futures} == {Outcome.POSTED}
        assert bad.result() is Outcome.INSUFFICIENT
        assert book.head().height == height + 1

    def test_one_callers_nonsense_hinders_no_other(self, book: GroupBook) -> None:
        begun, go_on = threading.Event(), threading.Event()

        def hold(_: object) -> None:
            begun.set()
            assert go_on.wait(20)

        with ThreadPoolExecutor(4) as pool:
            holding = pool.submit(book.run, hold)
            assert begun.wait(20)
            good = book.submit((move(1, "purse/1", "purse/2", 1),))
            nonsense = book.submit((object(),))
            closures = [pool.submit(book.run, lambda entry: entry.balance("nobody"))]
            more = book.submit((move(2, "purse/1", "purse/2", 1),))
            go_on.set()
            holding.result()
            with pytest.raises(AttributeError):
                nonsense.result()
            with pytest.raises(Refused):
                closures[0].result()
        assert good.result() is Outcome.POSTED
        assert more.result() is Outcome.POSTED
        assert one(book, move(3, "purse/1", "purse/2", 1)) is Outcome.POSTED

    def test_a_closed_book_says_so(self, address: str) -> None:
        book = open_book(address)
        book.run(lambda entry: entry.open_account(*ACCOUNTS))
        future = book.submit((move(1, "bank", "purse/1", 1),))
        book.close()
        assert future.result() is Outcome.POSTED
        with pytest.raises(StoreUnavailable, match="closed"):
            book.run(lambda _: None)

    def test_a_fork_is_told_to_open_its_own(self, book: GroupBook, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: 1)
            with pytest.raises(StoreUnavailable, match="fork"):
                book.post([])
