"""The power goes at every command of every conversation, at all three moments: nothing is made or lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartid.errors import Refused
from smartid.mockcard.faults import Moment
from smartid.stored_value import exchanges, protocol
from smartid.stored_value.model import PURSE_AID, Blocked, Line, OfflineLimits, Record, Verb
from tests.stored_value_world import NOON, OTHER_ID, World, issuer, merchant, purse

STEPS = {Verb.LOAD: 40, Verb.DEBIT: -40, Verb.RETURN: 25, Verb.UNLOAD: -40}


def begin(world: World, verb: Verb) -> tuple[object, exchanges.Exchange[Record]]:
    """The module that orders, and the conversation."""
    lines = [Line(1, abs(STEPS[verb]))]
    if verb is Verb.LOAD:
        return world.host, exchanges.load(PURSE_AID, world.host, lines, NOON)
    if verb is Verb.UNLOAD:
        return world.host, exchanges.unload(PURSE_AID, world.host, lines, NOON)
    if verb is Verb.RETURN:
        paid = world.debit(30)
        return world.module, exchanges.give_back(PURSE_AID, world.module, paid, lines, NOON)
    return world.module, exchanges.debit(PURSE_AID, world.module, lines, NOON)


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("verb", STEPS)
def test_a_torn_transaction_is_resumed(verb: Verb, at: int, moment: Moment) -> None:
    world = purse(1000)
    party, conversation = begin(world, verb)
    before = world.balance()
    assert world.torn(conversation, at, moment)
    done = at == 3 and moment is not Moment.BEFORE_COMMIT
    assert world.balance() == before + (STEPS[verb] if done else 0)
    assert (party.pending is not None) is (at == 3)  # type: ignore[attr-defined]
    if at < 3:
        with pytest.raises(Refused, match="No order to this card is open"):
            world.run(exchanges.resume(PURSE_AID, party))  # type: ignore[arg-type]
        return
    record = world.run(exchanges.resume(PURSE_AID, party))  # type: ignore[arg-type]
    assert (record is not None) is done
    assert party.pending is None  # type: ignore[attr-defined]
    if record:
        assert record == world.run(exchanges.history(PURSE_AID))[0]
        assert world.host.verify(record.encode()).total == abs(STEPS[verb])
        assert party.last_record == record  # type: ignore[attr-defined]
    else:
        assert party.report().unused == (party.counter,)  # type: ignore[attr-defined]


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("at", [1, 2])
def test_a_torn_resume_is_resumed(at: int, moment: Moment) -> None:
    world = purse(1000)
    world.torn(begin(world, Verb.DEBIT)[1], 3, Moment.BEFORE_ANSWER)
    assert world.torn(exchanges.resume(PURSE_AID, world.module), at, moment)
    record = world.run(exchanges.resume(PURSE_AID, world.module))
    assert record is not None
    assert record.movements[0].balance == world.balance() == 960


def test_another_card_or_another_module_resumes_nothing() -> None:
    world, twin = purse(1000), purse(1000)
    world.torn(begin(world, Verb.DEBIT)[1], 3, Moment.BEFORE_ANSWER)
    with pytest.raises(Refused, match="No order to this card"):
        twin.run(exchanges.resume(PURSE_AID, world.module))
    with pytest.raises(Refused, match="No order to this card is open"):
        world.run(exchanges.resume(PURSE_AID, merchant(OTHER_ID)))
    assert world.module.pending is not None
    assert world.run(exchanges.resume(PURSE_AID, world.module)) is not None


def test_a_card_that_was_loaded_after_the_tear_still_answers() -> None:
    """The last transaction is then one whose key the merchant does not have."""
    world = purse(1000)
    world.torn(begin(world, Verb.DEBIT)[1], 3, Moment.BEFORE_COMMIT)
    world.load(7)
    assert world.run(exchanges.resume(PURSE_AID, world.module)) is None
    assert world.module.report().unused == (1,)


@pytest.mark.parametrize("verb", [Verb.DEBIT, Verb.RETURN, Verb.LOAD, Verb.UNLOAD])
@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("later", [0, 1, 5])
def test_a_card_that_went_on_elsewhere_still_tells(verb: Verb, moment: Moment, later: int) -> None:
    """As long as the ring has the number, whoever took it."""
    world, other, office = purse(10_000), merchant(OTHER_ID), issuer()
    party, conversation = begin(world, verb)
    world.torn(conversation, 3, moment)
    for _ in range(later):
        if verb in (Verb.DEBIT, Verb.RETURN):
            world.debit(1, module=other)
        else:
            world.run(exchanges.load(PURSE_AID, office, [Line(1, 1)], NOON))
    record = world.run(exchanges.resume(PURSE_AID, party))  # type: ignore[arg-type]
    assert (record is not None) is (moment is not Moment.BEFORE_COMMIT)
    assert party.pending is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("moment", [Moment.BEFORE_COMMIT, Moment.AFTER_COMMIT])
@pytest.mark.parametrize("uploaded", [False, True])
def test_a_card_that_went_on_too_far_is_not_guessed_at(moment: Moment, *, uploaded: bool) -> None:
    world, other = purse(10_000), merchant(OTHER_ID)
    world.torn(begin(world, Verb.DEBIT)[1], 3, moment)
    for _ in range(2 if uploaded else 7):
        world.debit(1, module=other)
    if uploaded:
        world.run(exchanges.mark_uploaded(PURSE_AID, world.host, world.state().counter))
    with pytest.raises(Refused) as caught:
        world.run(exchanges.resume(PURSE_AID, world.module))
    assert caught.value.reason == "counter_gap"
    assert world.module.pending is not None
    assert world.module.report().unused == ()


def test_an_older_order_is_resumed_when_its_card_comes_back() -> None:
    first, second, third = purse(1000), purse(1000), purse(1000)
    module = first.module
    first.torn(begin(first, Verb.DEBIT)[1], 3, Moment.AFTER_COMMIT)
    second.module = third.module = module
    second.torn(begin(second, Verb.DEBIT)[1], 3, Moment.BEFORE_COMMIT)
    assert third.debit(5).module_counter == 3
    assert module.report().unresolved == (1, 2)
    found = [first.run(exchanges.resume(PURSE_AID, module)) for _ in range(2)]
    assert found[0] == found[1] is not None
    assert second.run(exchanges.resume(PURSE_AID, module)) is None
    report = module.report()
    assert (report.unresolved, report.unused) == ((1,), (2,))
    assert module.last_record is not None
    assert module.last_record.module_counter == 3
    module.acknowledge(3)
    with pytest.raises(Refused, match="No order to this card"):
        first.run(exchanges.resume(PURSE_AID, module))


def test_a_proof_under_another_challenge_settles_nothing() -> None:
    world = purse(1000)
    world.torn(begin(world, Verb.DEBIT)[1], 3, Moment.AFTER_COMMIT)
    card_id = world.state().card_id
    verb, question = world.module.inquire(card_id)
    world.card.transmit(bytes.fromhex("00A4040C09") + PURSE_AID.value)
    answer = world.card.transmit(protocol.last_proof(verb, question).encode())[:-2]
    for wrong in (answer, answer[:-1] + bytes(1), b"\0\0\0\0" + answer[4:]):
        world.module.inquire(card_id)
        with pytest.raises(Refused) as caught:
            world.module.settle(card_id, wrong)
        assert caught.value.reason == "bad_proof"
    assert world.module.pending is not None


def test_the_first_load_torn_on_a_fresh_card() -> None:
    world = purse()
    world.torn(exchanges.load(PURSE_AID, world.host, [Line(1, 5)], NOON), 3, Moment.BEFORE_COMMIT)
    assert world.run(exchanges.resume(PURSE_AID, world.host)) is None
    assert world.load(5).counter == 1


MANAGED = {
    "block": lambda world: exchanges.block(PURSE_AID, world.host),
    "unblock": lambda world: exchanges.unblock(PURSE_AID, world.host),
    "upload": lambda world: exchanges.mark_uploaded(PURSE_AID, world.host, 1),
    "denylist": lambda world: exchanges.update_denylist(PURSE_AID, world.host, 3, [OTHER_ID]),
    "limits": lambda world: exchanges.set_limits(
        PURSE_AID, world.host, OfflineLimits(count=1, total=1, per_debit=1)
    ),
    "slot": lambda world: exchanges.set_slot(
        PURSE_AID, world.host, replace(world.state().slots[0], maximum=2000)
    ),
}


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("task", MANAGED)
def test_a_torn_task_was_done_or_not_and_can_be_done_again(task: str, at: int, moment: Moment) -> None:
    world = purse(1000)
    world.debit(1)
    if task == "unblock":
        world.run(exchanges.block(PURSE_AID, world.host))
    before = world.state()
    world.torn(MANAGED[task](world), at, moment)
    done = at == 3 and moment is not Moment.BEFORE_COMMIT
    after = world.state()
    assert (after != before) is done
    assert [slot.balance for slot in after.slots] == [slot.balance for slot in before.slots]
    try:
        world.run(MANAGED[task](world))
    except Refused:
        assert (task, done) == ("denylist", True)  # this version is there
    assert world.state().blocked is (Blocked.BY_ISSUER if task == "block" else Blocked.NO)


def test_a_memory_that_cannot_be_written_stays_what_it_was() -> None:
    world = purse(1000)

    def broken() -> None:
        raise OSError("worn out")

    world.card._os._applets["purse"]._commit = broken
    with pytest.raises(Exception, match="6581"):
        world.debit(1)
    assert world.balance() == 1000
    assert len(world.run(exchanges.history(PURSE_AID))) == 1
