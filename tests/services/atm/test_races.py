"""Somebody else at work on the same case: no note leaves on a case that is not held any more."""

from __future__ import annotations

import pytest

from smartid.errors import GatewayUnavailable, Refused
from smartid.services.atm import suspense
from smartid.services.atm.requests import Deposit, Withdrawal
from smartid.services.atm.simulated import Behaviour
from smartid.services.atm.suspense import decide, items, watch
from smartid.services.messages import cash_machine
from smartid.services.reasons import Reason
from smartid.services.spine.states import State
from tests.services.atm.world import ACCOUNT, BALANCE, LOADED, PIN, opened

TWO_MILLION = 2_000_000


def expire(world):
    world.clock.wait(days=2)
    world.machine.desk.expire()


def recover(world):
    world.machine.recover()


def before(world, seam, act):
    """Let somebody act when the switch's answer is on its way."""
    world.line.seam = lambda name: act(world) if name == seam else None


@pytest.mark.parametrize("act", [expire, recover])
def test_no_note_leaves_when_the_case_was_let_go_meanwhile(tmp_path, act):
    with opened(tmp_path) as world:
        before(world, "before the reply", act)
        with pytest.raises(Refused) as error:
            world.withdraw(TWO_MILLION)
        assert error.value.reason == Reason.WRONG_STATE
        world.line.seam = lambda _: None
        world.deliver_all()
        assert world.balance() == BALANCE
        assert (world.posted("cash"), world.posted("suspense")) == (LOADED, 0)
        assert world.device.pockets() == 0


@pytest.mark.parametrize("act", [expire, recover])
def test_a_deposit_comes_back_when_the_case_was_let_go_meanwhile(tmp_path, act):
    with opened(tmp_path) as world:
        counted = world.device.accept("bunch-1", {500_000: 2}).notes
        asked = world.authorized(Deposit(account=ACCOUNT, bunch="bunch-1", notes=counted))
        before(world, "before the reply", act)
        with pytest.raises(Refused):
            world.machine.deposit(asked, ACCOUNT, pin=world.pad.encrypt(PIN, ACCOUNT))
        world.line.seam = lambda _: None
        world.deliver_all()
        assert (world.balance(), world.device.pocket("bunch-1")) == (BALANCE, 0)


def test_no_transfer_stands_that_is_being_reversed(tmp_path):
    with opened(tmp_path) as world:
        before(world, "before the reply", recover)
        with pytest.raises(Refused):
            world.transfer(1_000_000)
        world.line.seam = lambda _: None
        world.deliver_all()
        assert world.balance() == BALANCE
        assert world.machine.desk.cases(State.COMPLETED) == []


def test_notes_that_are_out_do_not_expire(tmp_path):
    with opened(tmp_path) as world:
        case = world.machine.desk.reserve(
            world.authorized(Withdrawal(account=ACCOUNT, amount=TWO_MILLION)), key="k"
        )
        world.machine._ask(case, ACCOUNT, None)
        world.machine.desk.begin(case.id)
        world.device.dispense(case.id, {1_000_000: 2})
        expire(world)
        [receipt] = world.machine.recover()
        assert (receipt.state, receipt.amount) == (State.COMPLETED, TWO_MILLION)
        world.deliver_all()
        assert world.balance() == BALANCE - TWO_MILLION == BALANCE - world.device.pockets()


@pytest.mark.parametrize(
    ("field", "value"), [("41", "TEHRAN02"), ("7", "0101000000"), ("4", "1"), ("t", "0200")]
)
def test_an_answer_to_somebody_else_is_no_answer(tmp_path, field, value):
    with opened(tmp_path) as world:
        said = world.line.request

        def foreign(message, timeout):
            fields = cash_machine.decode(said(message, timeout))
            return cash_machine.encode({**fields, **({field: value} if fields["t"] == "0210" else {})})

        world.line.request = foreign
        with pytest.raises(GatewayUnavailable):
            world.withdraw(TWO_MILLION)
        world.deliver_all()
        assert (world.balance(), world.device.pockets()) == (BALANCE, 0)


def test_a_code_that_nobody_knows_is_reversed(tmp_path):
    with opened(tmp_path) as world:
        said = world.line.request

        def strange(message, timeout):
            fields = cash_machine.decode(said(message, timeout))
            return cash_machine.encode({**fields, **({"39": "96"} if fields["t"] == "0210" else {})})

        world.line.request = strange
        with pytest.raises(Refused) as error:
            world.withdraw(TWO_MILLION)
        assert error.value.original == "96"
        world.deliver_all()
        assert (world.balance(), world.device.pockets()) == (BALANCE, 0)


def test_the_timer_gives_back_while_staff_count(tmp_path):
    with opened(tmp_path, behave=Behaviour.BLIND_TAKEN) as world:
        world.withdraw(TWO_MILLION)
        world.clock.wait(days=5)
        [item] = items(world.machine)
        watch(world.machine, world.clock())
        suspense._end(world.machine, item, 0)
        world.deliver_all()
        assert world.balance() == BALANCE
        assert (world.posted("loss"), world.posted("paid-out")) == (TWO_MILLION, 0)


def test_staff_count_while_the_timer_gives_back(tmp_path):
    with opened(tmp_path, behave=Behaviour.BLIND_TAKEN) as world:
        world.withdraw(TWO_MILLION)
        world.clock.wait(days=5)
        [item] = items(world.machine)
        decide(world.machine, item.case.id, in_machine=0)
        suspense._watch(world.machine, item, world.clock())
        world.deliver_all()
        assert world.balance() == BALANCE - TWO_MILLION
        assert world.posted("paid-out") == TWO_MILLION
