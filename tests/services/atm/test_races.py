"""Somebody else at work on the same case: no note leaves on a case that is not held any more."""

from __future__ import annotations

import pytest

from smartid.errors import Refused
from smartid.services.atm.requests import Deposit, Withdrawal
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
