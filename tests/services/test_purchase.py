"""Payments that a card signs, between our book and the acquirer's: nothing is created, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartid.errors import EncodingError, GatewayUnavailable, Refused, SignatureInvalid
from smartid.identity.transaction import Authorization, displayed
from smartid.services.far_side.faults import Fault
from smartid.services.messages.iban import make_iban
from smartid.services.messages.iso20022 import Party
from smartid.services.purchase.evidence import check_evidence, evidence_of
from smartid.services.purchase.payout import Payouts
from smartid.services.purchase.service import Purchases
from smartid.services.purchase.values import Capture
from smartid.services.reasons import Reason
from smartid.services.spine.periods import Period, day_of
from smartid.services.spine.states import State
from tests.services.purchase_world import PERSON, SHOP, Holder, World

SUM = 1_000_000


@pytest.fixture(scope="module")
def sara() -> Iterator[Holder]:
    holder = Holder("sara")
    yield holder
    holder.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def pay(
    world: World,
    holder: Holder,
    *,
    key: str,
    amount: int = SUM,
    capture: Capture = Capture.NOW,
    payee: str = SHOP.id,
) -> str:
    intent = world.purchases.ask(payee, amount, f"order {key}", key=key, capture=capture)
    world.purchases.authorise(intent.id, world.signed(holder, intent.id))
    return intent.id


def refused(reason: Reason, work: object, *args: object, **named: object) -> Refused:
    with pytest.raises(Refused) as caught:
        work(*args, **named)  # type: ignore[operator]
    assert caught.value.reason == reason
    return caught.value


def test_a_payment_is_taken_once_and_both_books_say_the_same(world: World, sara: Holder) -> None:
    intent = world.purchases.ask(SHOP.id, SUM, "A-1", key="k")
    agreed = world.signed(sara, intent.id)
    case = world.purchases.authorise(intent.id, agreed)
    again = world.purchases.authorise(intent.id, agreed)
    assert (case.state, case.completed, case.original) == (State.COMPLETED, SUM, "00")
    assert again.id == case.id
    assert world.taken() == world.recorded() == SUM
    assert len(world.line.asked) == 1
    assert world.journal.receipts_of(case.id)[0].amount == SUM


def test_what_the_holder_reads_is_what_the_card_signs(world: World, sara: Holder) -> None:
    intent = world.purchases.ask(SHOP.id, 1_250_000, "A-17", key="k")
    prepared = world.purchases.prepare(intent.id, sara.certificate)
    sentence = "۱٬۲۵۰٬۰۰۰ ریال به «فروشگاه گلستان» بابت «A-17» پرداخت می‌کنم."
    assert prepared.terms.sentence("fa") == sentence
    assert prepared.transaction.display == displayed(sentence)


def mutants(agreed: Authorization) -> Iterator[tuple[str, Authorization]]:
    members = agreed.transaction.as_dict()
    for name, value in members.items():
        if name == "details":
            for inner, content in value.items():
                changed = {**value, inner: content + (1 if isinstance(content, int) else "x")}
                yield (
                    f"details.{inner}",
                    replace(agreed, transaction=replace(agreed.transaction, details=changed)),
                )
            more = replace(agreed.transaction, details={**value, "more": 1})
            yield "details", replace(agreed, transaction=more)
            continue
        other = value + 1 if isinstance(value, int) else value + "x"
        yield name, replace(agreed, transaction=replace(agreed.transaction, **{name: other}))
    flipped = bytearray(agreed.signature)
    flipped[-1] ^= 1
    yield "signature", replace(agreed, signature=bytes(flipped))


def test_every_changed_member_of_a_signed_body_is_refused(world: World, sara: Holder) -> None:
    intent = world.purchases.ask(SHOP.id, SUM, "A-1", key="k")
    agreed = world.signed(sara, intent.id)
    seen = []
    for name, mutant in mutants(agreed):
        refused(Reason.BAD_PROOF, world.purchases.authorise, intent.id, mutant)
        seen.append(name)
    assert len(seen) >= 15
    assert world.line.asked == []
    assert world.purchases.authorise(intent.id, agreed).state is State.COMPLETED


def test_an_agreement_serves_one_intent_and_one_card(world: World, sara: Holder) -> None:
    one, other = (world.purchases.ask(SHOP.id, SUM, "A-1", key=key) for key in ("1", "2"))
    agreed = world.signed(sara, one.id)
    refused(Reason.NEEDS_CONSENT, world.purchases.authorise, other.id, agreed)
    world.signed(sara, other.id)
    refused(Reason.BAD_PROOF, world.purchases.authorise, other.id, agreed)
    other_holder = Holder("reza")
    stolen = replace(agreed, certificate=other_holder.certificate)
    refused(Reason.BAD_PROOF, world.purchases.authorise, one.id, stolen)
    other_holder.close()


def test_an_offer_that_is_over_is_refused(world: World, sara: Holder) -> None:
    intent = world.purchases.ask(SHOP.id, SUM, "A-1", key="k")
    agreed = world.signed(sara, intent.id)
    world.clock.pass_by(minutes=16)
    refused(Reason.QUOTE_EXPIRED, world.purchases.authorise, intent.id, agreed)


def test_part_of_what_is_held_is_taken_and_the_rest_returns(world: World, sara: Holder) -> None:
    intent = pay(world, sara, key="1", capture=Capture.LATER)
    assert world.recorded() == 0
    world.purchases.capture(intent, 400_000)
    world.purchases.deliver()
    assert world.taken() == world.recorded() == 400_000
    refused(Reason.CONFLICT, world.purchases.capture, intent, 400_001)
    refused(Reason.WRONG_STATE, world.purchases.void, intent)
    assert world.purchases.capture(intent, 400_000).replayed


def test_what_is_let_go_is_let_go_on_both_sides(world: World, sara: Holder) -> None:
    intent = pay(world, sara, key="1", capture=Capture.LATER)
    world.purchases.void(intent)
    world.purchases.deliver()
    assert world.taken() == world.recorded() == 0
    assert sum(balance.pending_credits for _, balance in world.bank_book.balances("payee/")) == 0
    refused(Reason.WRONG_STATE, world.purchases.capture, intent)


def test_a_hold_ends_by_itself(world: World, sara: Holder) -> None:
    pay(world, sara, key="1", capture=Capture.LATER)
    world.clock.pass_by(days=8)
    assert [receipt.state for receipt in world.desk.expire()] == [State.EXPIRED]
    world.purchases.deliver()
    assert sum(balance.pending_credits for _, balance in world.bank_book.balances("payee/")) == 0


@pytest.mark.parametrize("lost", ["request", "reply"])
@pytest.mark.parametrize("capture", [Capture.NOW, Capture.LATER])
def test_when_no_answer_comes_the_payment_is_reversed(
    world: World, sara: Holder, lost: str, capture: Capture
) -> None:
    intent = world.purchases.ask(SHOP.id, SUM, "A-1", key="k", capture=capture)
    agreed = world.signed(sara, intent.id)
    world.line.lose = [lost, "reply"]
    with pytest.raises(GatewayUnavailable) as caught:
        world.purchases.authorise(intent.id, agreed)
    assert caught.value.reversal_queued
    assert world.purchases.authorise(intent.id, agreed).state is State.UNKNOWN
    world.purchases.deliver()  # the reversal's own answer is lost
    assert world.purchases.authorise(intent.id, agreed).state is State.UNKNOWN
    world.clock.pass_by(minutes=1)
    world.purchases.deliver()
    assert [fields["t"] for fields in world.line.asked[1:]] == ["0420", "0421"]
    assert world.purchases.authorise(intent.id, agreed).state is State.VOIDED
    assert world.taken() == world.recorded() == 0


def test_an_approval_that_comes_after_its_reversal_is_refused_there(world: World, sara: Holder) -> None:
    intent = world.purchases.ask(SHOP.id, SUM, "A-1", key="k")
    agreed = world.signed(sara, intent.id)
    world.line.lose = ["request"]
    with pytest.raises(GatewayUnavailable):
        world.purchases.authorise(intent.id, agreed)
    world.purchases.deliver()
    assert world.line.ask(world.line.asked[0])["39"] == "94"  # the lost request arrives at last
    assert world.taken() == 0


def test_the_code_of_a_decline_is_kept(world: World, sara: Holder) -> None:
    intent = world.purchases.ask(SHOP.id, SUM, "A-1", key="k")
    agreed = world.signed(sara, intent.id)
    world.faults.inject(Fault.DECLINE, code="61")
    assert refused(Reason.LIMIT_EXCEEDED, world.purchases.authorise, intent.id, agreed).original == "61"
    case = world.purchases.authorise(intent.id, agreed)
    assert (case.state, case.original) == (State.VOIDED, "61")
    assert world.recorded() == 0
    assert world.purchases.deliver().delivered == ()  # nothing to reverse


def test_refunds_last_until_the_sum_is_back(world: World, sara: Holder) -> None:
    intent = pay(world, sara, key="1")
    case = world.purchases.case_of(intent)
    assert case
    for number in range(4):
        world.purchases.refund(case.id, SUM // 4, key=str(number))
        world.purchases.refund(case.id, SUM // 4, key=str(number))  # sent twice
    refused(Reason.INVALID_REQUEST, world.purchases.refund, case.id, 1, key="5")
    world.purchases.deliver()
    assert world.taken() == world.recorded() == 0


def test_a_refund_that_overtakes_its_capture_is_told_again(world: World, sara: Holder) -> None:
    intent = pay(world, sara, key="1", capture=Capture.LATER)
    world.purchases.capture(intent, SUM)
    case = world.purchases.case_of(intent)
    assert case
    world.purchases.refund(case.id, 300_000, key="r")
    world.line.lose = ["request"]  # of the capture; the refund goes through and is not understood
    world.purchases.deliver()
    assert world.taken() == 0
    world.clock.pass_by(minutes=1)
    world.purchases.deliver()
    world.clock.pass_by(minutes=1)
    world.purchases.deliver()
    assert world.taken() == world.recorded() == 700_000


def test_parts_are_taken_up_to_what_was_signed_by_however_many_at_once(world: World, sara: Holder) -> None:
    intent = world.purchases.ask(SHOP.id, SUM, "A-1", key="k", capture=Capture.PARTS)
    prepared = world.mandates.prepare(intent.id, sara.certificate)
    world.mandates.confirm(intent.id, sara.agree(prepared.transaction))

    def draw(number: int) -> bool:
        try:
            return world.mandates.draw(intent.id, SUM // 10, "part", key=str(number)).state is State.COMPLETED
        except Refused as error:
            assert error.reason == Reason.INSUFFICIENT
            return False

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(draw, range(20)))
    assert done.count(True) == 10
    assert world.taken() == world.recorded() == SUM
    assert world.mandates.left(intent.id) == 0


def test_a_mandate_allows_its_ceiling_each_month_until_it_is_revoked(world: World, sara: Holder) -> None:
    until = world.clock() + timedelta(days=200)
    mandate = world.mandates.ask(SHOP.id, 500_000, "internet", period=Period.MONTH, until=until, key="m")
    refused(Reason.WRONG_STATE, world.mandates.draw, mandate.id, 1, "early", key="0")
    prepared = world.mandates.prepare(mandate.id, sara.certificate)
    world.mandates.confirm(mandate.id, sara.agree(prepared.transaction))
    world.mandates.draw(mandate.id, 500_000, "month 1", key="1")
    refused(Reason.INSUFFICIENT, world.mandates.draw, mandate.id, 1, "too much", key="2")
    refused(Reason.CONFLICT, world.mandates.draw, mandate.id, 400_000, "month 1", key="1")
    world.clock.pass_by(days=32)
    assert world.mandates.draw(mandate.id, 500_000, "month 2", key="3").state is State.COMPLETED
    world.clock.pass_by(days=32)
    world.mandates.revoke(mandate.id)
    refused(Reason.QUOTE_EXPIRED, world.mandates.draw, mandate.id, 1, "month 3", key="4")
    assert world.recorded() == 1_000_000


def test_a_draw_after_the_end_of_a_mandate_is_refused(world: World, sara: Holder) -> None:
    until = world.clock() + timedelta(days=2)
    mandate = world.mandates.ask(SHOP.id, 500_000, "internet", period=Period.MONTH, until=until, key="m")
    prepared = world.mandates.prepare(mandate.id, sara.certificate)
    world.mandates.confirm(mandate.id, sara.agree(prepared.transaction))
    world.clock.pass_by(days=3)
    refused(Reason.QUOTE_EXPIRED, world.mandates.draw, mandate.id, 1, "late", key="1")


def test_a_person_receives_twenty_payments_a_day(world: World, sara: Holder) -> None:
    for number in range(20):
        pay(world, sara, key=str(number), amount=1000, payee=PERSON.id)
    intent = world.purchases.ask(PERSON.id, 1000, "one more", key="20")
    agreed = world.signed(sara, intent.id)
    error = refused(Reason.LIMIT_EXCEEDED, world.purchases.authorise, intent.id, agreed)
    assert (error.limit, error.remaining) == ("incoming transfers a day", 0)
    pay(world, sara, key="shop", amount=1000)  # a merchant has no such limit
    assert error.resets_at
    world.clock.now = error.resets_at
    pay(world, sara, key="next day", amount=1000, payee=PERSON.id)


def test_the_first_large_payment_to_a_person_waits_a_day(world: World, sara: Holder) -> None:
    intent = pay(world, sara, key="1", amount=60_000_000, payee=PERSON.id, capture=Capture.LATER)
    error = refused(Reason.COOL_DOWN, world.purchases.capture, intent)
    assert error.resets_at == world.clock() + timedelta(hours=24)
    world.clock.pass_by(hours=24)
    world.purchases.capture(intent)
    pay(world, sara, key="2", amount=60_000_000, payee=PERSON.id)  # they know each other now
    world.purchases.deliver()
    assert world.taken() == world.recorded() == 120_000_000


def test_nothing_is_paid_to_a_payee_on_the_list_of_the_refused(world: World, sara: Holder) -> None:
    intent = world.purchases.ask(SHOP.id, SUM, "A-1", key="k")
    world.purchases.store.change(replace(SHOP, allowed=False))
    refused(Reason.DENYLISTED, world.purchases.prepare, intent.id, sara.certificate)
    refused(Reason.DENYLISTED, world.purchases.ask, SHOP.id, SUM, "A-2", key="k2")


def test_evidence_convinces_a_stranger_and_no_change_of_it_does(world: World, sara: Holder) -> None:
    intent = pay(world, sara, key="1")
    case = world.purchases.case_of(intent)
    assert case
    world.desk.dispute(case.id, why="the goods never came")
    data = evidence_of(world.purchases, world.journal, case.id)
    assert check_evidence(data, world.journal.public_key).transaction == case.transaction
    for old, new in [
        ("پرداخت", "پرداخته"),
        (r"\"amount\":1000000", r"\"amount\":1000001"),
        (case.id, "0" * 32),
        ("smartid purchase evidence 1", "smartid purchase evidence 2"),
    ]:
        text = data.decode()
        assert old in text
        with pytest.raises((SignatureInvalid, EncodingError)):
            check_evidence(text.replace(old, new).encode(), world.journal.public_key)


def test_payees_are_paid_net_and_a_debt_is_taken_off_the_next_day(world: World, sara: Holder) -> None:
    payouts = Payouts(world.purchases, world.adapter, Party(name="نمونه", iban=make_iban("IR", "0" * 22)))
    intent = pay(world, sara, key="1")
    case = world.purchases.case_of(intent)
    assert case
    fee = SUM * 20 // 10_000
    batch = world.desk.settle(day_of(world.clock()))
    assert [payout.amount for payout in payouts.pay(batch)] == [SUM - fee]
    assert [payout.amount for payout in payouts.pay(world.desk.settle(batch.day))] == [SUM - fee]
    world.clock.pass_by(days=1)
    world.purchases.refund(case.id, SUM, key="r")
    second = payouts.pay(world.desk.settle(day_of(world.clock())))
    assert [payout.amount for payout in second] == [0]
    world.clock.pass_by(days=1)
    pay(world, sara, key="2", amount=3 * SUM)
    third = world.desk.settle(day_of(world.clock()))
    paid = payouts.pay(third)
    assert [payout.amount for payout in paid] == [2 * SUM - 3 * fee]
    message = payouts.message(third, paid, created=world.clock(), execution=day_of(world.clock()))
    assert message is not None
    assert f"<CtrlSum>{2 * SUM - 3 * fee}</CtrlSum>".encode() in message
    assert world.book.balance(f"purchase/payable/{SHOP.id}").posted == 0


@pytest.mark.parametrize("code", ["10", "68", "96", "ZZ"])
@pytest.mark.parametrize("capture", [Capture.NOW, Capture.LATER])
def test_what_is_not_approved_in_full_is_reversed(
    world: World, sara: Holder, code: str, capture: Capture
) -> None:
    said = world.line.ask
    world.line.ask = lambda fields: {**said(fields), **({"39": code} if fields["t"] < "0300" else {})}  # type: ignore[method-assign]
    with pytest.raises(Refused) as caught:
        pay(world, sara, key="k", capture=capture)
    assert caught.value.original == code
    world.purchases.deliver()
    assert world.taken() == world.recorded() == 0
    assert world.desk.cases(State.COMPLETED) == world.desk.cases(State.RESERVED) == []


def test_a_part_that_was_approved_is_no_payment(world: World, sara: Holder) -> None:
    said = world.line.ask
    world.line.ask = lambda fields: {**said(fields), "4": "000000000001"}  # type: ignore[method-assign]
    with pytest.raises(Refused):
        pay(world, sara, key="k")
    world.purchases.deliver()
    assert world.taken() == world.recorded() == 0


def test_two_services_ask_about_one_payment_and_one_of_them_hears_nothing(world: World, sara: Holder) -> None:
    """The other one suspends it and queues a reversal while the approval is on its way."""
    intent = world.purchases.ask(SHOP.id, SUM, "A-1", key="k")
    agreed = world.signed(sara, intent.id)
    said = world.line.ask

    def meanwhile(fields: object) -> object:
        world.line.ask = said  # type: ignore[method-assign]
        answer = said(fields)  # type: ignore[arg-type]
        Purchases(world.desk, world.line, clock=world.clock).recover()
        return answer

    world.line.ask = meanwhile  # type: ignore[method-assign]
    with pytest.raises(Refused):
        world.purchases.authorise(intent.id, agreed)
    world.purchases.deliver()
    assert world.taken() == world.recorded() == 0
