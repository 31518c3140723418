"""Thieves at the kiosk and at the terminal: none of them gets a rial, and none slanders a merchant."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from smartid.card.run import run
from smartid.errors import CardRemoved, GatewayUnavailable, Refused
from smartid.iso7816.exchange import Exchange
from smartid.mockcard.faults import Moment, Tear
from smartid.services.demo.purse_cards import PurseCard
from smartid.services.purse.adapter import LOAD, UNLOAD
from smartid.services.purse.terminal import Did
from smartid.services.purse.upload import OpenPayment
from smartid.services.reasons import Reason
from smartid.services.spine.states import State
from smartid.stored_value.model import Kind, Movement, Record, Verb
from smartid.stored_value.protocol import GET_STATE
from smartid.transport.inprocess import InProcessTransport
from tests.services.purse.shop import Shop

T = TypeVar("T")
AT_ONCE = timedelta(0)
READ_RECORD = 0xB2


def tear(card: PurseCard, moment: Moment = Moment.BEFORE_ANSWER) -> None:
    """Let the card leave at the third command: LOAD, DEBIT …"""
    card.insert([Tear(3, moment)])


def check(shop: Shop, *cards: PurseCard) -> None:
    standing = shop.office.reconcile(shop.now)
    on_cards = sum(card.state().slots[0].balance for card in cards)
    assert standing.balanced
    assert shop.at_bank() == standing.bank == on_cards + standing.merchants


def test_an_abandoned_unload_does_not_hide_an_order_to_its_card(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        card = shop.issue()
        shop.load(card, 100_000, key="first")
        shop.loads.desk.reserve(shop.agreed(card, 10_000, UNLOAD), key="died before it ordered")
        tear(card)
        with pytest.raises(CardRemoved):
            shop.load(card, 50_000, key="torn")
        shop.loads.recover(shop.now, patience=AT_ONCE)
        card.insert()
        shop.loads.resume(card)
        shop.loads.recover(shop.now, patience=AT_ONCE)
        assert card.state().slots[0].balance == 150_000
        check(shop, card)


@pytest.mark.parametrize("moment", [Moment.BEFORE_COMMIT, Moment.BEFORE_ANSWER])
def test_a_purse_that_was_torn_while_it_was_emptied_is_settled(tmp_path: Path, moment: Moment) -> None:
    with Shop(tmp_path) as shop:
        card = shop.issue()
        shop.load(card, 100_000, key="first")
        tear(card, moment)
        with pytest.raises(CardRemoved):
            shop.load(card, 100_000, key="all", verb=UNLOAD)
        card.insert()
        receipt = shop.loads.resume(card)
        assert receipt is not None
        assert receipt.state is (State.VOIDED if moment is Moment.BEFORE_COMMIT else State.COMPLETED)
        shop.loads.recover(shop.now, patience=AT_ONCE)
        check(shop, card)


class Died(Exception):
    """The office's program ended here."""


@pytest.mark.parametrize("verb", [LOAD, UNLOAD])
def test_what_a_card_was_ordered_does_not_expire(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """The card did it, the office died before it heard so, and nobody comes for a very long time."""

    def die(*_: object, **__: object) -> None:
        raise Died

    with Shop(tmp_path) as shop:
        card = shop.issue()
        shop.load(card, 100_000, key="first")
        tear(card, Moment.BEFORE_ANSWER)
        with monkeypatch.context() as patch, pytest.raises(Died):
            patch.setattr(shop.loads.desk, "suspend", die)
            shop.load(card, 100_000, key="second", verb=verb)
        assert shop.loads.desk.expire(shop.now + timedelta(days=36_500)) == []
        card.insert()
        receipt = shop.loads.resume(card)
        assert receipt is not None
        assert receipt.state is State.COMPLETED
        shop.loads.recover(shop.now, patience=AT_ONCE)
        check(shop, card)


def test_a_load_that_was_given_up_meanwhile_is_not_ordered(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        card = shop.issue()
        inner = card.run

        def slow(exchange):  # type: ignore[no-untyped-def]
            """A card at a slow reader: the office believes that the kiosk has died."""
            shop.loads.recover(shop.now, patience=AT_ONCE)
            return inner(exchange)

        authorized = shop.agreed(card, 50_000)
        card.run = slow  # type: ignore[method-assign]
        with pytest.raises(Refused) as caught:
            shop.loads.carry_out(card, authorized, shop.now, key="slow")
        assert caught.value.reason == Reason.WRONG_STATE
        card.run = inner  # type: ignore[method-assign]
        shop.loads.recover(shop.now, patience=AT_ONCE)
        assert card.state().slots[0].balance == 0
        assert shop.at_bank() == 0
        check(shop, card)


def test_cards_that_never_come_back_do_not_hold_up_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many loads are open that a list of them ends before the one which the bank has reversed."""
    with Shop(tmp_path) as shop:
        card = shop.issue()
        shop.bank_here.lose = ["reply"]
        with pytest.raises(GatewayUnavailable):
            shop.load(card, 50_000)
        monkeypatch.setattr(shop.loads.desk, "cases", lambda *_, **__: [])
        [receipt] = shop.loads.deliver(shop.now)
        assert receipt.state is State.VOIDED
        check(shop, card)


def test_a_clone_cannot_be_emptied_as_well(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        card = shop.issue()
        shop.load(card, 100_000, key="first")
        card.copy(tmp_path / "clone.card")
        clone = PurseCard(tmp_path / "clone.card", shop.world.crashes)
        shop.load(card, 100_000, key="original", verb=UNLOAD)
        with pytest.raises(Refused) as caught:
            shop.load(clone, 100_000, key="clone", verb=UNLOAD)
        assert caught.value.reason == Reason.COUNTER_GAP
        shop.loads.recover(shop.now, patience=AT_ONCE)
        assert shop.at_bank() == 0
        assert not shop.office.reconcile(shop.now).negative


def test_what_was_given_back_can_be_unloaded_once_its_record_is_here(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        card = shop.issue()
        shop.load(card, 100_000, key="first")
        shop.terminals[0].pay(card, 60_000, shop.now)
        shop.hand_in()
        shop.terminals[0].cancel_last(card, shop.now)
        with pytest.raises(Refused) as caught:
            shop.load(card, 100_000, key="early", verb=UNLOAD)
        assert caught.value.reason == Reason.COUNTER_GAP
        assert shop.loads.bring_home(card, shop.now)
        assert shop.load(card, 100_000, key="all", verb=UNLOAD).state is State.COMPLETED
        shop.loads.recover(shop.now, patience=AT_ONCE)
        check(shop, card)


class Impostor:
    """A fake card: it hands on what the true one says, but its ring holds a payment that never was."""

    def __init__(self, card: PurseCard, order: OpenPayment, module: bytes) -> None:
        self._card = card
        self.atr = card.atr
        self._counter = order.card_counter + 1
        self._made_up = Record(
            application=Kind.PURSE,
            verb=Verb.DEBIT,
            key_version=1,
            card_id=order.card_id,
            counter=order.card_counter,
            module_id=module,
            module_counter=order.module_counter,
            time=order.time,
            of_counter=0,
            movements=(Movement(1, order.amount, 1),),
            tac=b"thieves!",
        ).encode()

    def run(self, exchange: Exchange[T]) -> T:
        return run(exchange, InProcessTransport(self))

    def transmit(self, command: bytes) -> bytes:
        answer = self._card.transmit(command)
        if command[1] == GET_STATE:
            return answer[:12] + self._counter.to_bytes(4, "big") + answer[16:]
        if command[1] == READ_RECORD:
            return self._made_up + b"\x90\x00" if command[2] == 1 else b"\x6a\x83"
        return answer


def order_of(shop: Shop) -> OpenPayment:
    pending = shop.terminals[0].pending
    assert pending is not None
    return OpenPayment(
        card_id=pending.card_id,
        card_counter=pending.counter,
        module_counter=pending.module_counter,
        amount=pending.total,
        time=pending.time,
    )


def test_a_fake_card_does_not_talk_a_terminal_into_a_payment(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        card, terminal = shop.issue(), shop.terminals[0]
        shop.load(card, 100_000, key="first")
        tear(card, Moment.BEFORE_COMMIT)
        with pytest.raises(CardRemoved):
            terminal.pay(card, 60_000, shop.now)
        fake = Impostor(card, order_of(shop), terminal.module.id)
        card.insert()
        assert terminal.resume(fake) is Did.NOT_PAID
        assert not terminal.records
        shop.hand_in()
        assert not shop.office.reconcile(shop.now).alarms


def test_a_fake_card_does_not_close_what_is_open(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        card, other, terminal = shop.issue(), shop.issue(1), shop.terminals[0]
        for number, each in enumerate((card, other)):
            shop.load(each, 100_000, key=f"first {number}")
        tear(card, Moment.BEFORE_COMMIT)
        with pytest.raises(CardRemoved):
            terminal.pay(card, 60_000, shop.now)
        fake = Impostor(card, order_of(shop), terminal.module.id)
        terminal.pay(other, 5_000, shop.now)
        for _ in range(2):
            card.insert()
            assert terminal.meet(fake) == 0
            assert len(terminal.records) <= 1
            shop.hand_in()
        assert not shop.office.reconcile(shop.now).alarms


@pytest.mark.parametrize("handed_in", [False, True])
def test_a_card_that_comes_back_proves_what_it_paid(tmp_path: Path, *, handed_in: bool) -> None:
    with Shop(tmp_path) as shop:
        card, other, terminal = shop.issue(), shop.issue(1), shop.terminals[0]
        for number, each in enumerate((card, other)):
            shop.load(each, 100_000, key=f"first {number}")
        tear(card)
        with pytest.raises(CardRemoved):
            terminal.pay(card, 60_000, shop.now)
        terminal.pay(other, 5_000, shop.now)
        if handed_in:
            shop.hand_in()
        card.insert()
        shop.terminals[1].pay(card, 1_000, shop.now)
        assert terminal.meet(card) == 1
        assert terminal.meet(card) == 0
        shop.hand_in()
        shop.hand_in(1)
        shop.office.close_open_payments(shop.now)
        standing = shop.office.reconcile(shop.now)
        assert not standing.alarms + standing.gaps + standing.open
        check(shop, card, other)


def test_another_card_does_not_answer_for_the_one_that_was_torn(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        first, second, terminal = shop.issue(), shop.issue(1), shop.terminals[0]
        for number, card in enumerate((first, second)):
            shop.load(card, 100_000, key=f"first {number}")
        tear(first)
        with pytest.raises(CardRemoved):
            terminal.pay(first, 1, shop.now)
        tear(second, Moment.BEFORE_COMMIT)
        with pytest.raises(CardRemoved):
            terminal.pay(second, 60_000, shop.now)
        first.insert()
        with pytest.raises(Refused) as caught:
            terminal.resume(first)
        assert caught.value.reason == Reason.WRONG_STATE
        second.insert()
        assert terminal.resume(second) is Did.NOT_PAID
