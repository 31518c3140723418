"""A visit to the pool, from the offer to the settlement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartid.errors import Refused
from smartid.identity.transaction import MAX_NUMBER, displayed
from smartid.services.journal.journal import verify_receipt
from smartid.services.ledger.values import Outcome
from smartid.services.reasons import Reason
from smartid.services.spine.denylist import Denylist
from smartid.services.spine.limits import Limit, Rule
from smartid.services.spine.outbox import Message, Outbox, Reply
from smartid.services.spine.states import State, Step
from smartid.services.spine.values import Assurance
from tests.unit.services.spine.world import (
    JOURNAL_KEY,
    NOW,
    Clock,
    Pool,
    World,
    agree,
    card,
    desk_of,
    refused,
    world,
)


def test_a_visit(pool: World) -> None:
    prepared = pool.desk.prepare(100, pool.holder(), lang="en")
    transaction = prepared.transaction
    assert (transaction.amount, transaction.terminal, transaction.terminal_counter) == (100, "gate-1", 1)
    assert transaction.display == displayed("Entry to the pool: 100 rial")
    case = pool.desk.reserve(pool.desk.authorize(prepared, agree(transaction)), key="k1")
    assert (case.state, case.reserved, case.replayed) == (State.RESERVED, 100, False)
    assert pool.money() == (999_900, 0)
    receipt = pool.desk.complete(case.id, 60)
    assert (receipt.state, receipt.amount, receipt.case) == (State.COMPLETED, 60, case.id)
    assert verify_receipt(receipt.body, JOURNAL_KEY.public_key(), signature=receipt.signature).amount == 60
    assert pool.money() == (999_940, 60)
    assert pool.desk.case(case.id).completed == 60


def test_a_reservation_is_resolved_once(pool: World) -> None:
    case = pool.desk.reserve(pool.authorized(), key="k1")
    first = pool.desk.complete(case.id, 60)
    again = pool.desk.complete(case.id, 60)
    assert (again.id, again.number, again.replayed) == (first.id, first.number, True)
    with refused(Reason.CONFLICT):
        pool.desk.complete(case.id, 61)
    for call in (
        lambda: pool.desk.void(case.id, why="too late"),
        lambda: pool.desk.suspend(case.id, message=None),
        lambda: pool.desk.uphold(case.id),
    ):
        with refused(Reason.WRONG_STATE):
            call()
    assert pool.desk.expire(NOW + timedelta(days=1)) == []
    assert pool.money() == (999_940, 60)


def test_void_returns_all(pool: World) -> None:
    case = pool.desk.reserve(pool.authorized(), key="k1")
    first = pool.desk.void(case.id, why="closed")
    assert first.state is State.VOIDED
    assert pool.desk.void(case.id, why="closed").replayed
    assert pool.desk.case(case.id).facts == {"why": "closed"}
    with refused(Reason.WRONG_STATE):
        pool.desk.complete(case.id)
    assert pool.money() == (1_000_000, 0)


def test_reservations_expire_when_their_time_is_over(pool: World) -> None:
    early = pool.desk.reserve(pool.authorized(), key="k1")
    pool.clock.wait(minutes=6)
    late = pool.desk.reserve(pool.authorized(), key="k2")
    pool.clock.wait(minutes=5)
    receipts = pool.desk.expire()
    assert [receipt.case for receipt in receipts] == [early.id]
    assert pool.desk.case(early.id).state is State.EXPIRED
    assert pool.desk.case(late.id).state is State.RESERVED
    assert pool.money() == (999_900, 0)


@pytest.mark.parametrize("amount", [0, -1, 101, MAX_NUMBER + 1, True])
def test_an_amount_that_cannot_be_completed(pool: World, amount: int) -> None:
    case = pool.desk.reserve(pool.authorized(), key="k1")
    with refused(Reason.INVALID_REQUEST):
        pool.desk.complete(case.id, amount)
    assert pool.desk.case(case.id).state is State.RESERVED


@pytest.mark.parametrize("amount", [-1, MAX_NUMBER + 1])
def test_an_amount_that_cannot_be_offered(pool: World, amount: int) -> None:
    with refused(Reason.INVALID_REQUEST):
        pool.desk.prepare(amount, pool.holder())


def test_an_offer_expires(pool: World) -> None:
    prepared = pool.prepared()
    agreed = agree(prepared.transaction)
    authorized = pool.desk.authorize(prepared, agreed)
    pool.clock.wait(minutes=5)
    with refused(Reason.QUOTE_EXPIRED):
        pool.desk.authorize(prepared, agreed)
    with refused(Reason.QUOTE_EXPIRED):
        pool.desk.reserve(authorized, key="k1")


def test_a_replay_is_answered_after_the_offer_expired(pool: World) -> None:
    authorized = pool.authorized()
    case = pool.desk.reserve(authorized, key="k1")
    pool.clock.wait(days=400)
    again = pool.desk.reserve(authorized, key="k1")
    assert (again.id, again.replayed, again.opened) == (case.id, True, case.opened)


def test_an_offer_from_the_future_is_refused(pool: World) -> None:
    authorized = pool.authorized()
    pool.clock.wait(minutes=-6)
    with refused(Reason.QUOTE_EXPIRED):
        pool.desk.reserve(authorized, key="k1")


def test_a_clock_that_was_set_back_does_not_make_a_case_younger(pool: World) -> None:
    case = pool.desk.reserve(pool.authorized(), key="k1")
    pool.clock.wait(hours=-2)
    pool.desk.complete(case.id)
    assert pool.desk.case(case.id).changed == case.opened


def test_the_same_key_for_another_transaction(pool: World) -> None:
    pool.desk.reserve(pool.authorized(), key="k1")
    with refused(Reason.CONFLICT):
        pool.desk.reserve(pool.authorized(), key="k1")
    assert pool.money() == (999_900, 0)


def test_one_agreement_is_carried_out_under_one_key(pool: World) -> None:
    authorized = pool.authorized()
    pool.desk.reserve(authorized, key="k1")
    with refused(Reason.CONFLICT):
        pool.desk.reserve(authorized, key="k2")
    with refused(Reason.CONFLICT):
        pool.desk.commit(authorized, key="k3")
    assert pool.money() == (999_900, 0)


def test_what_does_not_fit_the_account_leaves_no_trace(pool: World) -> None:
    authorized = pool.authorized(1_000_001)
    with refused(Reason.INSUFFICIENT):
        pool.desk.reserve(authorized, key="k1")
    assert pool.desk.find("k1") is None
    assert pool.money() == (1_000_000, 0)


def test_an_instant_service_needs_no_reservation(pool: World) -> None:
    authorized = pool.authorized()
    first = pool.desk.commit(authorized, key="k1", facts={"door": 2})
    assert first.state is State.COMPLETED
    again = pool.desk.commit(authorized, key="k1")
    assert (again.id, again.replayed) == (first.id, True)
    assert pool.desk.case(first.case).facts == {"door": 2}
    assert pool.money() == (999_900, 100)


def test_commit_under_the_key_of_a_reservation(pool: World) -> None:
    authorized = pool.authorized()
    pool.desk.reserve(authorized, key="k1")
    with refused(Reason.CONFLICT):
        pool.desk.commit(authorized, key="k1")


def test_refunds_last_until_the_sum_is_back(pool: World) -> None:
    case = pool.desk.commit(pool.authorized(), key="k1").case
    first = pool.desk.refund(case, 30, key="r1")
    assert pool.desk.refund(case, 30, key="r1").id == first.id
    with refused(Reason.CONFLICT):
        pool.desk.refund(case, 31, key="r1")
    pool.desk.refund(case, 30, key="r2")
    with pytest.raises(Refused) as caught:
        pool.desk.refund(case, 41, key="r3")
    assert caught.value.remaining == 40
    pool.desk.refund(case, 40, key="r4")
    for amount in (0, -5, 1):
        with refused(Reason.INVALID_REQUEST):
            pool.desk.refund(case, amount, key="r5")
    assert pool.money() == (1_000_000, 0)
    assert pool.desk.case(case).refunded == 100


def test_a_dispute_is_decided_once(pool: World) -> None:
    upheld, rejected = (pool.desk.commit(pool.authorized(), key=key).case for key in ("k1", "k2"))
    pool.desk.refund(upheld, 30, key="r1")
    for case in (upheld, rejected):
        pool.desk.dispute(case, why="was not there")
        assert pool.desk.dispute(case, why="was not there").replayed
        with refused(Reason.WRONG_STATE):
            pool.desk.refund(case, 1, key=f"r-{case}")
    assert pool.desk.uphold(upheld).amount == 70
    assert pool.desk.uphold(upheld).replayed
    assert pool.desk.reject(rejected).state is State.REJECTED
    with refused(Reason.WRONG_STATE):
        pool.desk.uphold(rejected)
    with refused(Reason.WRONG_STATE):
        pool.desk.reject(upheld)
    assert pool.money() == (999_900, 100)


def test_an_unknown_outcome_is_a_state(tmp_path: Path) -> None:
    with world(tmp_path) as pool:
        case = pool.desk.reserve(pool.authorized(), key="k1")
        message = Message(queue="switch", key=f"{case.id}/reversal", repeat_of=case.id)
        receipt = pool.desk.suspend(case.id, message=message)
        assert (receipt.state, receipt.amount) == (State.UNKNOWN, 100)
        assert pool.desk.suspend(case.id, message=message).replayed
        assert pool.desk.expire(NOW + timedelta(days=9)) == []
        sent: list[tuple[Message, int]] = []

        def send(message: Message, attempt: int) -> Reply:
            sent.append((message, attempt))
            return Reply(content={"code": "00"})

        outbox = Outbox(pool.book)
        outbox.deliver("switch", send, NOW)
        outbox.deliver("switch", send, NOW)
        assert sent == [(message, 1)]
        assert pool.desk.void(case.id, why="reversed").state is State.VOIDED
        assert pool.money() == (1_000_000, 0)


def test_another_desk_waits_for_the_lease(pool: World) -> None:
    authorized = pool.authorized()
    case = pool.desk.reserve(authorized, key="k1", lease=timedelta(seconds=30))
    other, _ = desk_of(pool.book, pool.clock, pool.pool)
    with refused(Reason.IN_PROGRESS):
        other.reserve(authorized, key="k1")
    assert pool.desk.reserve(authorized, key="k1").replayed
    pool.clock.wait(seconds=30)
    assert other.reserve(authorized, key="k1", lease=timedelta(seconds=30)).id == case.id
    with refused(Reason.IN_PROGRESS):
        pool.desk.reserve(authorized, key="k1")
    other.complete(case.id)
    assert pool.desk.reserve(authorized, key="k1").state is State.COMPLETED


def test_a_typed_number_is_policy(tmp_path: Path) -> None:
    small = Limit(
        name="typed", rule=Rule.PER_TRANSACTION, maximum=50, assurance=Assurance.TYPED, source="sample"
    )
    with world(tmp_path, limits=(small,), typed_allowed=True) as pool:
        holder = pool.desk.typed_holder("0012345679")
        assert holder.pseudonym == pool.holder().pseudonym
        with refused(Reason.LIMIT_EXCEEDED):
            pool.desk.prepare(51, holder)
        assert pool.desk.prepare(51, pool.holder())
        authorized = pool.desk.authorize(pool.desk.prepare(50, holder), None)
        case = pool.desk.reserve(authorized, key="k1")
        reviews = pool.book.run(lambda entry: entry.find("pool/review", state="open"))
        assert [review.key for review in reviews] == [case.id]
        with refused(Reason.NEEDS_CONSENT):
            pool.desk.authorize(pool.prepared(), None)
        strict, _ = desk_of(pool.book, pool.clock)
        with refused(Reason.NEEDS_PIN):
            strict.prepare(1, holder)


def test_the_denylist_is_looked_at(pool: World) -> None:
    authorized = pool.authorized()
    names = [pool.holder().pseudonym]
    newer = Denylist(version=3, issued=NOW, max_age=timedelta(days=1), entries=names)
    pool.desk.renew_denylist(newer)
    pool.desk.renew_denylist(Denylist(version=2, issued=NOW, max_age=timedelta(days=1), entries=()))
    with refused(Reason.DENYLISTED):
        pool.desk.reserve(authorized, key="k1")
    with refused(Reason.DENYLISTED):
        pool.prepared()


def test_an_old_denylist_narrows_the_limits(tmp_path: Path) -> None:
    narrow = Limit(name="old list", rule=Rule.PER_TRANSACTION, maximum=10, stale=True)
    listed = Denylist(version=1, issued=NOW, max_age=timedelta(hours=1), entries=())
    with world(tmp_path, limits=(narrow,), denylist=listed) as pool:
        assert pool.prepared(100)
        pool.clock.wait(hours=1, seconds=1)
        with refused(Reason.LIMIT_EXCEEDED):
            pool.prepared(11)
        assert pool.prepared(10)


def test_what_was_not_drawn_is_not_counted(tmp_path: Path) -> None:
    daily = Limit(name="day", rule=Rule.SUM, maximum=100)
    with world(tmp_path, limits=(daily,)) as pool:
        case = pool.desk.reserve(pool.authorized(100), key="k1")
        with refused(Reason.LIMIT_EXCEEDED):
            pool.prepared(1)
        pool.desk.complete(case.id, 40)
        second = pool.desk.reserve(pool.authorized(60), key="k2")
        pool.desk.void(second.id, why="closed")
        assert pool.prepared(60)
        with refused(Reason.LIMIT_EXCEEDED):
            pool.prepared(61)


def test_messages_leave_with_the_step(tmp_path: Path) -> None:
    with world(tmp_path, Pool(telling=(Step.RESERVE, Step.COMPLETE))) as pool:
        case = pool.desk.reserve(pool.authorized(), key="k1")
        pool.desk.complete(case.id)
        pool.desk.complete(case.id)
        found = pool.book.run(lambda entry: entry.find("outbox/board"))
        assert [record.content["payload"]["state"] for record in found] == ["completed", "reserved"]


def test_many_at_once(pool: World) -> None:
    items = [pool.authorized(10) for _ in range(5)]
    assert pool.desk.commit_many(items[:4]) == [Outcome.POSTED] * 4
    assert pool.desk.commit_many(items[:4]) == [Outcome.EXISTS] * 4
    assert pool.desk.commit_many(items) == [Outcome.EXISTS] * 4 + [Outcome.POSTED]
    assert pool.money() == (999_950, 50)
    batch = pool.desk.settle(NOW.date())
    assert [(each.count, each.net) for each in batch.positions] == [(5, 50)]


def test_one_of_many_is_refused_alone(pool: World) -> None:
    items = [pool.authorized(10), pool.authorized(2_000_000), pool.authorized(10)]
    assert pool.desk.commit_many(items) == [Outcome.POSTED, Outcome.INSUFFICIENT, Outcome.POSTED]
    assert pool.money() == (999_980, 20)


def test_another_transaction_of_the_same_number(pool: World) -> None:
    item = pool.authorized(10)
    twin = World(pool.book, Clock(), desk_of(pool.book, pool.clock)[0], pool.proofs, pool.pool)
    pool.desk.commit_many([item])
    forged = twin.desk._counter.prepared(  # a terminal that forgot how far it had counted
        item.prepared.terms,
        item.prepared.holder,
        now=NOW,
        number=item.prepared.transaction.terminal_counter,
        nonce=bytes(16),
        lang="fa",
    )
    other = pool.desk.authorize(forged, agree(forged.transaction, card()))
    assert pool.desk.commit_many([other]) == [Outcome.CONFLICT]
    assert pool.money() == (999_990, 10)


def test_cases_are_found(pool: World) -> None:
    case = pool.desk.reserve(pool.authorized(), key="k1")
    assert pool.desk.find("k1") == case
    assert pool.desk.cases(State.RESERVED) == [case]
    with refused(Reason.UNKNOWN_CASE):
        pool.desk.case("00" * 16)


def test_what_has_begun_does_not_expire(pool: World) -> None:
    case = pool.desk.reserve(pool.authorized(), key="k1")
    assert pool.desk.begin(case.id).begun
    assert pool.desk.expire(NOW + timedelta(days=9)) == []
    assert pool.desk.complete(case.id, 60).amount == 60
    assert pool.money() == (999_940, 60)


def test_one_of_two_begins_the_effect(pool: World) -> None:
    case = pool.desk.reserve(pool.authorized(), key="k1")
    pool.desk.begin(case.id)
    with refused(Reason.WRONG_STATE):
        pool.desk.begin(case.id)
    gone = pool.desk.reserve(pool.authorized(), key="k2")
    pool.clock.wait(minutes=11)
    pool.desk.expire()
    with refused(Reason.WRONG_STATE):
        pool.desk.begin(gone.id)


def test_what_is_being_reversed_is_not_completed(pool: World) -> None:
    case = pool.desk.reserve(pool.authorized(), key="k1")
    pool.desk.suspend(case.id, message=Message(queue="bank", key=f"{case.id}/reversal"))
    with refused(Reason.WRONG_STATE):
        pool.desk.complete(case.id)
    assert pool.desk.void(case.id, why="reversed").state is State.VOIDED


@pytest.mark.parametrize("key", ["", "k" * 201, "a\0b", "a\nb", "\ud800"])
def test_a_key_is_printable_and_has_a_length(pool: World, key: str) -> None:
    authorized = pool.authorized()
    for call in (pool.desk.reserve, pool.desk.commit):
        with refused(Reason.INVALID_REQUEST):
            call(authorized, key=key)
    with refused(Reason.INVALID_REQUEST):
        pool.desk.find(key)
    paid = pool.desk.commit(authorized, key="کلید ۱").case
    with refused(Reason.INVALID_REQUEST):
        pool.desk.refund(paid, 1, key=key)
    assert pool.money() == (999_900, 100)


@pytest.mark.parametrize("case_id", ["", "\0", "\ud800", "0" * 31 + "G", "0" * 1_000_000])
def test_any_text_names_a_case_or_none(pool: World, case_id: str) -> None:
    with refused(Reason.UNKNOWN_CASE):
        pool.desk.case(case_id)


@pytest.mark.parametrize("key", ["mine", "gate-1#1"])
def test_one_agreement_is_carried_out_alone_or_among_many(pool: World, key: str) -> None:
    first, second = pool.authorized(10), pool.authorized(10)
    assert pool.desk.commit_many([first]) == [Outcome.POSTED]
    for call in (pool.desk.commit, pool.desk.reserve):
        with refused(Reason.CONFLICT):
            call(first, key=key)
    pool.desk.commit(second, key="other")
    assert pool.desk.commit_many([second]) == [Outcome.CONFLICT]
    assert pool.desk.commit_many([first, second]) == [Outcome.EXISTS, Outcome.CONFLICT]
    assert pool.money() == (999_980, 20)
    [position] = pool.desk.settle(NOW.date()).positions
    assert (position.count, position.net) == (2, 20)


def test_an_agreement_at_one_terminal_is_none_at_another(pool: World, tmp_path: Path) -> None:
    authorized = pool.authorized()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with world(elsewhere, terminal="gate-2") as other:
        for call in (other.desk.commit, other.desk.reserve):
            with refused(Reason.BAD_PROOF):
                call(authorized, key="k1")
        assert other.money() == (1_000_000, 0)


def test_a_reversal_is_queued_although_the_case_was_suspended_before(pool: World) -> None:
    case = pool.desk.reserve(pool.authorized(), key="k1")
    pool.desk.suspend(case.id, message=None)
    message = Message(queue="switch", key=f"{case.id}/reversal", repeat_of=case.id)
    assert pool.desk.suspend(case.id, message=message).replayed
    assert len(pool.book.run(lambda entry: entry.find("outbox/switch"))) == 1
    with refused(Reason.WRONG_STATE):
        pool.desk.complete(case.id)
    pool.desk.void(case.id, why="reversed")
    with refused(Reason.WRONG_STATE):
        pool.desk.suspend(case.id, message=replace(message, key="too late"))
    assert pool.desk.suspend(case.id, message=None).replayed
    assert len(pool.book.run(lambda entry: entry.find("outbox/switch"))) == 1
