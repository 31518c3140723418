"""Balance, statement, PIN change, disputes, the end of a day."""

from __future__ import annotations

from datetime import date

import pytest

from smartid.errors import CardRemoved, ConditionsNotSatisfied, EncodingError, GatewayUnavailable, Refused
from smartid.services.atm.day import end_of_day
from smartid.services.atm.inquiries import (
    PINState,
    balance,
    change_pin,
    decide_pin,
    network,
    open_pin_changes,
    statement,
)
from smartid.services.atm.pin_pad import PINPad
from smartid.services.atm.simulated import Behaviour
from smartid.services.demo.crash import Crashes, Killed
from smartid.services.messages.cash_machine import Network
from smartid.services.messages.dukpt import InitialKey
from smartid.services.reasons import Reason
from smartid.services.spine.states import State
from tests.services.atm.world import ACCOUNT, BALANCE, BASE_KEY, PAD_ID, PIN, opened

NEW = "98765"


def works(world, pin):
    """Whether the bank takes a PIN."""
    try:
        balance(world.machine, ACCOUNT, world.pad.encrypt(pin, ACCOUNT))
    except Refused as error:
        assert error.reason == Reason.NEEDS_PIN
        return False
    return True


def change(world, on_card=lambda: None):
    pins = world.pad.encrypt_all((PIN, NEW), ACCOUNT)
    return change_pin(world.machine, ACCOUNT, pins, on_card)


def removed():
    raise CardRemoved("gone")


def refused():
    raise ConditionsNotSatisfied("no")


def test_balance_and_statement(tmp_path):
    with opened(tmp_path) as world:
        network(world.machine, Network.SIGN_ON)
        assert balance(world.machine, ACCOUNT, world.pad.encrypt(PIN, ACCOUNT)) == BALANCE
        world.withdraw(500_000)
        world.deposit({500_000: 2})
        lines = statement(world.machine, ACCOUNT, world.pad.encrypt(PIN, ACCOUNT))
        assert [line.amount for line in lines] == [-500_000, 1_000_000]
        network(world.machine, Network.ECHO)


def test_the_pin_changes_on_both_sides(tmp_path):
    with opened(tmp_path) as world:
        called = []
        assert change(world, lambda: called.append(1)).state is PINState.DONE
        assert called == [1]
        assert works(world, NEW)
        assert not works(world, PIN)


def test_what_the_card_refuses_is_taken_back_at_the_bank(tmp_path):
    with opened(tmp_path) as world:
        with pytest.raises(ConditionsNotSatisfied):
            change(world, refused)
        world.deliver_all()
        assert works(world, PIN)
        assert not works(world, NEW)


@pytest.mark.parametrize(("card_has_new", "good"), [(True, NEW), (False, PIN)])
def test_a_torn_change_waits_for_somebody_to_look(tmp_path, card_has_new, good):
    with opened(tmp_path) as world:
        torn = change(world, removed)
        assert torn.state is PINState.TORN
        assert open_pin_changes(world.machine) == [torn]
        decide_pin(world.machine, torn.number, card_has_new=card_has_new)
        world.deliver_all()
        assert works(world, good)
        assert open_pin_changes(world.machine) == []
        with pytest.raises(Refused):
            decide_pin(world.machine, torn.number, card_has_new=card_has_new)


@pytest.mark.parametrize("fault", ["lose request", "lose reply"])
def test_a_change_without_an_answer_never_reaches_the_card(tmp_path, fault):
    with opened(tmp_path, faults=(fault,)) as world:
        with pytest.raises(GatewayUnavailable):
            change(world, lambda: pytest.fail("the card was asked"))
        world.deliver_all()
        assert works(world, PIN)


@pytest.mark.parametrize("kill", range(1, 3))
def test_a_power_cut_while_the_bank_is_asked(tmp_path, kill):
    with pytest.raises(Killed), opened(tmp_path, seam=Crashes([kill]).reach) as world:
        change(world)
    with opened(tmp_path) as world:
        assert open_pin_changes(world.machine) == []
        world.deliver_all()
        assert works(world, PIN)


def test_a_complaint_that_is_upheld_brings_the_money_back(tmp_path):
    with opened(tmp_path, behave=Behaviour.PARTIAL) as world:
        receipt = world.withdraw(2_000_000)
        world.deliver_all()
        assert world.balance() == BALANCE - 1_000_000
        world.machine.desk.dispute(receipt.case, why="the notes did not come")
        assert world.machine.desk.uphold(receipt.case).state is State.UPHELD
        world.deliver_all()
        assert world.balance() == BALANCE
        assert world.posted("loss") == 1_000_000
        world.machine.desk.uphold(receipt.case)
        world.deliver_all()
        assert world.balance() == BALANCE


def test_the_end_of_a_day(tmp_path):
    with opened(tmp_path) as world:
        world.withdraw(500_000)
        world.deposit({1_000_000: 1})
        day = end_of_day(world.machine, date(2026, 11, 23))
        assert day.clear
        assert day.booked == day.cassettes
        again = end_of_day(world.machine, date(2026, 11, 23)).batch
        assert (again.id, again.replayed) == (day.batch.id, True)
    with opened(tmp_path, behave=Behaviour.BLIND_TAKEN) as world:
        world.withdraw(500_000)
        assert not end_of_day(world.machine, date(2026, 11, 23)).clear


@pytest.mark.parametrize("content", [b"", b"{}", b'{"counter":"1"}', b'{"counter":true}', b'{"counter":-1}'])
def test_a_pad_that_lost_its_counter_encrypts_nothing(tmp_path, content):
    (tmp_path / "pad.json").write_bytes(content)
    pad = PINPad(InitialKey.derive(BASE_KEY, PAD_ID), tmp_path / "pad.json")
    with pytest.raises(EncodingError):
        pad.encrypt(PIN, ACCOUNT)
