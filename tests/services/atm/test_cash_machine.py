"""A cash machine at work: what the customer's account, the notes and the books say afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smartid.errors import GatewayUnavailable, Refused
from smartid.services.atm.requests import Transfer, Withdrawal
from smartid.services.atm.simulated import Behaviour
from smartid.services.atm.suspense import decide, items, reconcile, watch
from smartid.services.messages import cash_machine
from smartid.services.reasons import Reason
from smartid.services.spine.states import State
from tests.services.atm.world import ACCOUNT, BALANCE, LOADED, OTHER, PIN, opened

TWO_MILLION = 2_000_000


def types(world):
    return [cash_machine.decode(message)["t"] for message in world.line.seen]


def test_two_million_rials(tmp_path):
    with opened(tmp_path) as world:
        receipt = world.withdraw(TWO_MILLION)
        assert (receipt.state, receipt.amount) == (State.COMPLETED, TWO_MILLION)
        assert world.balance() == BALANCE - TWO_MILLION
        assert world.device.pocket(receipt.case) == TWO_MILLION
        assert world.posted("cash") == LOADED - TWO_MILLION
        assert ACCOUNT not in str(receipt)
        assert types(world) == ["0200"]
        world.book.verify()


def test_the_same_withdrawal_again_pays_nothing(tmp_path):
    with opened(tmp_path) as world:
        asked = world.authorized(Withdrawal(account=ACCOUNT, amount=TWO_MILLION))
        first = world.machine.withdraw(asked, ACCOUNT)
        again = world.machine.withdraw(asked, ACCOUNT)
        assert again.replayed
        assert (again.id, again.number) == (first.id, first.number)
        assert world.balance() == BALANCE - TWO_MILLION


def test_some_notes_stay_inside(tmp_path):
    with opened(tmp_path, behave=Behaviour.PARTIAL) as world:
        receipt = world.withdraw(TWO_MILLION)
        assert (receipt.state, receipt.amount) == (State.COMPLETED, 1_000_000)
        assert world.balance() == BALANCE - TWO_MILLION
        world.deliver_all()
        reversal = cash_machine.decode(world.line.seen[-1])
        assert reversal["t"] == "0420"
        assert reversal["90"] == cash_machine.decode(world.line.seen[0])["t"] + reversal["90"][4:]
        assert reversal["95"] == "000001000000" + "0" * 30
        assert world.balance() == BALANCE - 1_000_000
        assert world.posted("cash") == LOADED - 1_000_000


@pytest.mark.parametrize("behave", [Behaviour.JAMMED, Behaviour.FORGOTTEN])
def test_nothing_is_taken(tmp_path, behave):
    with opened(tmp_path, behave=behave) as world:
        receipt = world.withdraw(TWO_MILLION)
        assert receipt.state is State.VOIDED
        world.deliver_all()
        assert world.balance() == BALANCE
        assert world.posted("cash") == LOADED
        assert world.posted("suspense") == 0


@pytest.mark.parametrize(
    ("behave", "state", "balance"),
    [
        (Behaviour.BLIND_TAKEN, State.COMPLETED, BALANCE - TWO_MILLION),
        (Behaviour.BLIND_KEPT, State.VOIDED, BALANCE),
    ],
)
def test_nobody_guesses_and_a_count_tells(tmp_path, behave, state, balance):
    with opened(tmp_path, behave=behave) as world:
        receipt = world.withdraw(TWO_MILLION)
        assert receipt.state is State.UNKNOWN
        world.deliver_all()
        assert world.balance() == BALANCE - TWO_MILLION
        assert world.posted("suspense") == TWO_MILLION
        found = reconcile(world.machine, world.device.count())
        assert (found.in_doubt, found.unexplained) == (TWO_MILLION, 0)
        assert [end.state for end in found.receipts] == [state]
        world.deliver_all()
        assert world.balance() == balance
        assert world.posted("suspense") == 0
        assert items(world.machine) == []


def test_two_doubts_that_a_count_cannot_tell_apart_stay(tmp_path):
    with opened(tmp_path, behave=Behaviour.BLIND_TAKEN) as world:
        first = world.withdraw(TWO_MILLION)
    with opened(tmp_path, behave=Behaviour.BLIND_KEPT) as world:
        second = world.withdraw(TWO_MILLION)
        found = reconcile(world.machine, world.device.count())
        assert found.receipts == ()
        assert found.unexplained == TWO_MILLION
        assert len(items(world.machine)) == 2
        assert decide(world.machine, first.case, in_machine=0).state is State.COMPLETED
        assert decide(world.machine, second.case, in_machine=TWO_MILLION).state is State.VOIDED
        world.deliver_all()
        assert world.balance() == BALANCE - TWO_MILLION
        assert reconcile(world.machine, world.device.count()).unexplained == 0


def test_a_count_that_explains_nothing_is_reported(tmp_path):
    with opened(tmp_path) as world:
        found = reconcile(world.machine, {500_000: 100, 1_000_000: 99})
        assert found.unexplained == -1_000_000


def test_five_days_then_it_is_given_back_and_a_late_count_is_the_banks_loss(tmp_path):
    with opened(tmp_path, behave=Behaviour.BLIND_TAKEN) as world:
        world.withdraw(TWO_MILLION)
        assert watch(world.machine, world.clock() + timedelta(days=4, hours=23)) == 0
        world.clock.wait(days=5)
        assert watch(world.machine, world.clock()) == 0
        world.deliver_all()
        assert world.balance() == BALANCE
        assert watch(world.machine, world.clock() + timedelta(days=3)) == 0
        reconcile(world.machine, world.device.count())
        world.deliver_all()
        assert world.balance() == BALANCE
        assert (world.posted("loss"), world.posted("suspense")) == (TWO_MILLION, 0)


def test_each_day_of_delay_is_paid_once(tmp_path):
    with opened(tmp_path, behave=Behaviour.BLIND_KEPT) as world:
        world.withdraw(TWO_MILLION)
        world.clock.wait(days=7, hours=1)
        assert watch(world.machine, world.clock()) == 2_000_000
        assert watch(world.machine, world.clock()) == 0
        world.clock.wait(days=1)
        assert watch(world.machine, world.clock()) == 1_000_000
        assert world.posted("compensation-due") == 3_000_000


@pytest.mark.parametrize("fault", ["lose request", "lose reply", "delay reply", "garble reply"])
def test_no_answer_is_reversed_before_anything_else(tmp_path, fault):
    with opened(tmp_path, faults=(fault,)) as world:
        with pytest.raises(GatewayUnavailable) as error:
            world.withdraw(TWO_MILLION)
        assert error.value.reversal_queued
        [item] = items(world.machine)
        assert not item.counted
        assert world.posted("suspense") == TWO_MILLION
        world.deliver_all()
        assert types(world) == ["0200", "0420"]
        assert world.balance() == BALANCE
        assert world.posted("cash") == LOADED
        assert world.machine.desk.case(item.case.id).state is State.VOIDED


def test_reversals_are_repeated_until_they_are_answered(tmp_path):
    faults = ("lose reply", "lose reply", "lose request", "delay reply", "none")
    with opened(tmp_path, faults=faults) as world:
        with pytest.raises(GatewayUnavailable):
            world.withdraw(TWO_MILLION)
        world.deliver_all()
        assert types(world) == ["0200", "0420", "0421", "0421", "0421"]
        assert world.balance() == BALANCE


def test_a_request_that_comes_after_its_reversal_is_refused(tmp_path):
    with opened(tmp_path, faults=("lose request",)) as world:
        with pytest.raises(GatewayUnavailable):
            world.withdraw(TWO_MILLION)
        world.deliver_all()
        late = cash_machine.decode(world.line.switch.handle(world.line.seen[0]))
        assert late["39"] == cash_machine.Answer.REVERSED_BEFORE
        assert world.balance() == BALANCE


def test_a_late_answer_is_written_down_and_changes_nothing(tmp_path):
    with opened(tmp_path, faults=("delay reply",)) as world:
        with pytest.raises(GatewayUnavailable):
            world.withdraw(TWO_MILLION)
        world.deliver_all()
        [late] = world.book.run(lambda entry: entry.find("atm/late"))
        assert late.content["conversation"].startswith("02-")
        assert world.balance() == BALANCE


def test_limits_are_the_policys(tmp_path):
    with opened(tmp_path) as world:
        with pytest.raises(Refused) as error:
            world.withdraw(5_500_000)
        assert (error.value.reason, error.value.limit) == (Reason.LIMIT_EXCEEDED, "one withdrawal")


def test_the_day_has_an_end(tmp_path):
    with opened(tmp_path) as world:
        world.withdraw(5_000_000)
        world.withdraw(5_000_000)
        with pytest.raises(Refused) as error:
            world.withdraw(500_000)
        assert error.value.reason == Reason.LIMIT_EXCEEDED
        world.clock.wait(days=1)
        assert world.withdraw(500_000).state is State.COMPLETED


def test_what_the_notes_cannot_make_is_refused_before_anything(tmp_path):
    with opened(tmp_path) as world:
        for amount in (100_000, 250_000, 700_000):
            with pytest.raises(Refused):
                world.withdraw(amount)
        assert world.line.seen == []


@pytest.mark.parametrize(
    ("pin", "reason", "original"),
    [("9999", Reason.NEEDS_PIN, "55"), (PIN, None, "")],
)
def test_the_switch_verifies_the_pin(tmp_path, pin, reason, original):
    with opened(tmp_path) as world:
        asked = world.authorized(Withdrawal(account=ACCOUNT, amount=TWO_MILLION))
        encrypted = world.pad.encrypt(pin, ACCOUNT)
        if reason is None:
            assert world.machine.withdraw(asked, ACCOUNT, pin=encrypted).state is State.COMPLETED
            return
        with pytest.raises(Refused) as error:
            world.machine.withdraw(asked, ACCOUNT, pin=encrypted)
        assert (error.value.reason, error.value.original) == (reason, original)
        world.deliver_all()
        assert types(world) == ["0200"], "what was refused is not reversed"
        assert world.balance() == BALANCE


def test_three_wrong_pins_block_and_a_replayed_block_is_refused(tmp_path):
    with opened(tmp_path) as world:
        good = world.pad.encrypt(PIN, ACCOUNT)
        codes = []
        for pin in (good, good, *(world.pad.encrypt("0000", ACCOUNT) for _ in range(3))):
            asked = world.authorized(Withdrawal(account=ACCOUNT, amount=500_000))
            try:
                world.machine.withdraw(asked, ACCOUNT, pin=pin)
                codes.append("00")
            except Refused as error:
                codes.append(error.original)
        assert codes == ["00", "63", "55", "55", "75"]


def test_another_account_than_the_one_that_was_agreed(tmp_path):
    with opened(tmp_path) as world:
        asked = world.authorized(Withdrawal(account=ACCOUNT, amount=TWO_MILLION))
        with pytest.raises(Refused) as error:
            world.machine.withdraw(asked, OTHER)
        assert error.value.reason == Reason.BAD_PROOF


def test_a_transfer_is_both_legs_or_none(tmp_path):
    with opened(tmp_path) as world:
        assert world.transfer(3_000_000).state is State.COMPLETED
        assert (world.balance(), world.balance(OTHER)) == (BALANCE - 3_000_000, 3_000_000)
        world.line.faults = ["lose reply"]
        with pytest.raises(GatewayUnavailable):
            world.transfer(1_000_000)
        world.deliver_all()
        assert (world.balance(), world.balance(OTHER)) == (BALANCE - 3_000_000, 3_000_000)
        with pytest.raises(Refused):
            world.machine.prepare(
                Transfer(account=ACCOUNT, to_account=ACCOUNT, amount=1), world.machine.desk.typed_holder("1")
            )


def test_a_deposit_is_credited_and_stored(tmp_path):
    with opened(tmp_path) as world:
        receipt = world.deposit({500_000: 3, 1_000_000: 1})
        assert receipt.state is State.COMPLETED
        assert world.balance() == BALANCE + 2_500_000
        assert world.posted("cash") == LOADED + 2_500_000
        assert world.device.pocket("bunch-1") == -2_500_000


@pytest.mark.parametrize("fault", ["lose request", "lose reply"])
def test_a_deposit_without_an_answer_is_given_back(tmp_path, fault):
    with opened(tmp_path, faults=(fault,)) as world:
        with pytest.raises(GatewayUnavailable):
            world.deposit({500_000: 3})
        assert world.device.pocket("bunch-1") == 0
        world.deliver_all()
        assert world.balance() == BALANCE
        assert world.posted("cash") == LOADED


def test_a_deposit_that_jams_is_counted(tmp_path):
    with opened(tmp_path, behave=Behaviour.BLIND_KEPT) as world:
        assert world.deposit({500_000: 3}).state is State.UNKNOWN
        found = reconcile(world.machine, world.device.count())
        assert [end.state for end in found.receipts] == [State.COMPLETED]
        world.deliver_all()
        assert world.balance() == BALANCE + 1_500_000
        assert world.posted("cash") == LOADED + 1_500_000
