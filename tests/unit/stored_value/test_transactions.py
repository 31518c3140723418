"""Loads, debits, returns: what the card does, what it refuses, and with which words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from smartid.errors import EncodingError, FileNotFound, Refused
from smartid.iso7816 import commands
from smartid.mockcard.applets import names
from smartid.mockcard.applets.memory import MAX_WRONG
from smartid.mockcard.card import MockCard
from smartid.mockcard.image import CardImage
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.services.reasons import Reason
from smartid.stored_value import exchanges, protocol
from smartid.stored_value.keys import KeyPurpose
from smartid.stored_value.model import (
    FUEL_AID,
    MAX_COUNTER,
    PURSE_AID,
    Blocked,
    Kind,
    Line,
    OfflineLimits,
    Record,
    Verb,
)
from smartid.stored_value.module import ModuleReport
from smartid.stored_value.wire import Opening
from tests.stored_value_world import (
    MERCHANT_ID,
    NOON,
    OTHER_ID,
    World,
    blank_card,
    drive,
    fuel,
    issuer,
    merchant,
    purse,
)


@contextmanager
def refused(reason: str, original: str = "") -> Iterator[None]:
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.reason, caught.value.original) == (reason, original)


def test_every_word_of_a_refusal_is_a_reason() -> None:
    assert {reason for reason, _ in exchanges._REASONS.values()} <= set(Reason)


def test_a_payment_costs_three_commands_and_is_proved_to_both_sides() -> None:
    world = purse(1000)
    before = len(world.card.log)
    record = world.debit(300)
    assert len(world.card.log) - before == 3
    assert (record.verb, record.counter, record.module_id) == (Verb.DEBIT, 1, MERCHANT_ID)
    assert [(move.slot, move.amount, move.balance) for move in record.movements] == [(1, 300, 700)]
    assert world.host.verify(record.encode()) == record
    assert world.balance() == 700
    state = world.state()
    assert (state.used_count, state.used_total, state.counter, state.load_counter) == (1, 300, 1, 1)


def test_cancel_and_return_of_the_rest() -> None:
    world = fuel(60_000)
    fill = world.debit(50_000)
    rest = world.give_back(fill, 12_345)
    assert (rest.verb, rest.of_counter, rest.counter) == (Verb.RETURN, 1, 2)
    assert world.balance() == 22_345
    assert world.state().used_total == 37_655
    whole = world.debit(20_000)
    world.give_back(whole, 20_000)
    assert world.balance() == 22_345
    assert world.host.verify(rest.encode()) == rest


def test_lines_move_together_or_not_at_all() -> None:
    world = fuel(10_000, 5_000, 1_000)
    lines = [Line(1, 10_000), Line(2, 5_000), Line(3, 500)]
    record = world.run(exchanges.debit(FUEL_AID, world.module, lines, NOON))
    assert [move.balance for move in record.movements] == [0, 0, 500]
    world.run(exchanges.give_back(FUEL_AID, world.module, record, [Line(2, 4_000)], NOON))
    assert [world.balance(slot) for slot in (1, 2, 3)] == [0, 4_000, 500]
    with refused("insufficient"):
        world.run(exchanges.debit(FUEL_AID, world.module, [Line(2, 1), Line(3, 501)], NOON))
    assert [world.balance(slot) for slot in (2, 3)] == [4_000, 500]


def test_a_return_is_for_the_last_debit_of_the_same_module_once_and_not_more() -> None:
    world = purse(1000)
    first = world.debit(100)
    other = merchant(OTHER_ID)
    with refused("wrong_state", "6985"):
        world.give_back(first, 100, module=other)
    with refused("wrong_state", "6985"):
        world.give_back(first, 101)
    second = world.debit(50)
    with refused("wrong_state", "6985"):
        world.give_back(first, 100)
    world.give_back(second, 20)
    with refused("wrong_state", "6985"):
        world.give_back(second, 20)
    assert world.balance() == 870


def test_a_load_in_between_ends_the_right_to_return() -> None:
    world = purse(1000)
    paid = world.debit(100)
    world.load(5)
    with refused("wrong_state", "6985"):
        world.give_back(paid, 100)


def test_what_was_relabelled_gets_nothing_back() -> None:
    world = fuel(1000)
    fill = world.debit(1000)
    slot = world.state().slot(1)
    assert slot is not None
    world.run(exchanges.set_slot(FUEL_AID, world.host, replace(slot, label="T9")))
    with refused("wrong_state", "6985"):
        world.give_back(fill, 1000)


def test_bounds_of_loads_and_unloads() -> None:
    world = purse(49_999_000)
    with refused("purse_full", "9404"):
        world.load(1001)
    with refused("insufficient"):
        world.run(exchanges.unload(PURSE_AID, world.host, [Line(1, 49_999_001)], NOON))
    record = world.run(exchanges.unload(PURSE_AID, world.host, [Line(1, 49_999_000)], NOON))
    assert (record.verb, record.counter, world.balance()) == (Verb.UNLOAD, 2, 0)
    assert world.host.verify(record.encode()) == record


def test_offline_limits_and_the_visit_that_ends_them() -> None:
    world = purse(1_000_000)
    limits = OfflineLimits(count=3, total=500, per_debit=300)
    world.run(exchanges.set_limits(PURSE_AID, world.host, limits))
    with refused("offline_limit", "9409"):
        world.debit(301)
    world.debit(300)
    with refused("needs_online", "9405"):
        world.debit(201)
    world.debit(1)
    world.debit(1)
    with refused("needs_online", "9405"):
        world.debit(1)
    assert len(world.run(exchanges.history(PURSE_AID))) == 4
    with refused("wrong_state", "6985"):
        world.run(exchanges.mark_uploaded(PURSE_AID, world.host, 2))
    world.run(exchanges.mark_uploaded(PURSE_AID, world.host, 3))
    assert world.run(exchanges.history(PURSE_AID)) == []
    assert world.debit(300).counter == 4


def test_a_bucket_ends_at_its_second() -> None:
    world = fuel(1000)
    slot = world.state().slot(1)
    assert slot is not None
    world.run(exchanges.set_slot(FUEL_AID, world.host, replace(slot, expires=NOON + 10)))
    fill = world.debit(400, time=NOON + 9)
    with refused("no_quota", "9407"):
        world.debit(1, time=NOON + 10)
    with refused("no_quota", "9407"):
        world.run(exchanges.load(FUEL_AID, world.host, [Line(1, 1)], NOON + 10))
    world.run(exchanges.give_back(FUEL_AID, world.module, fill, [Line(1, 400)], NOON + 60))
    world.run(exchanges.unload(FUEL_AID, world.host, [Line(1, 1000)], NOON + 60))
    assert world.balance() == 0


def test_a_slot_with_value_keeps_its_name() -> None:
    world = fuel(1000)
    slot = world.state().slot(1)
    assert slot is not None
    for wrong in (replace(slot, label="T2"), replace(slot, maximum=999)):
        with refused("wrong_state", "6985"):
            world.run(exchanges.set_slot(FUEL_AID, world.host, wrong))
    with refused("invalid_request", "6A88"):
        world.run(exchanges.set_slot(FUEL_AID, world.host, replace(slot, number=16)))


def test_the_denylist_on_the_card_is_versioned() -> None:
    world = purse(1000)
    world.run(exchanges.update_denylist(PURSE_AID, world.host, 5, [MERCHANT_ID]))
    with refused("denylisted", "9408"):
        world.debit(1)
    assert world.debit(1, module=merchant(OTHER_ID)).total == 1
    for version in (4, 5):
        with refused("wrong_state", "6985"):
            world.run(exchanges.update_denylist(PURSE_AID, world.host, version, []))
    world.run(exchanges.update_denylist(PURSE_AID, world.host, 6, []))
    assert world.debit(1).total == 1
    assert world.state().denylist_version == 6


def test_a_blocked_card_moves_nothing_until_the_issuer_says_so() -> None:
    world = purse(1000)
    world.run(exchanges.block(PURSE_AID, world.host))
    for attempt in (lambda: world.debit(1), lambda: world.load(1)):
        with refused("purse_locked", "6983"):
            attempt()
    assert world.state().blocked is Blocked.BY_ISSUER
    world.run(exchanges.unblock(PURSE_AID, world.host))
    assert world.debit(1).total == 1


def forged(module_order: bytes) -> bytes:
    return module_order[:-1] + bytes((module_order[-1] ^ 1,))


def attempt(world: World, spoil: Callable[[bytes], bytes], verb: Verb = Verb.DEBIT) -> str:
    """A debit whose order is changed on its way; gives the status word."""
    world.card.transmit(commands.select_aid(PURSE_AID).encode())
    answer = world.card.transmit(protocol.initialize(verb, world.module.challenge()).encode())
    if answer[-2:] != b"\x90\x00":
        return answer[-2:].hex().upper()
    order = world.module.order(Opening.parse(answer[:-2]), [Line(1, 10)], NOON)
    return world.card.transmit(protocol.transact(verb, spoil(order)).encode())[-2:].hex().upper()


@pytest.mark.parametrize("at", range(37))
def test_a_change_of_any_byte_of_an_order_is_seen(at: int) -> None:
    world = purse(1000)
    word = attempt(world, lambda order: order[:at] + bytes((order[at] ^ 1,)) + order[at + 1 :])
    assert word == "63C9"
    assert world.balance() == 1000


def test_ten_wrong_macs_block_and_a_right_one_clears_them() -> None:
    world = purse(1000)
    for _ in range(MAX_WRONG - 1):
        attempt(world, forged)
    assert attempt(world, bytes) == "9000"
    words = [attempt(world, forged) for _ in range(MAX_WRONG + 1)]
    assert words == [f"63C{left}" for left in range(9, -1, -1)] + ["6983"]
    assert world.state().blocked is Blocked.BY_WRONG_MACS
    world.run(exchanges.unblock(PURSE_AID, world.host))
    assert world.debit(1).total == 1


def test_ten_wrong_macs_of_the_issuer_shut_its_door_only() -> None:
    world = purse(1000)
    task = protocol.manage(protocol.Task.BLOCK, bytes(8)).encode()
    for left in range(9, -1, -1):
        world.card.transmit(commands.select_aid(PURSE_AID).encode())
        world.card.transmit(protocol.initialize(Verb.ADMIN, bytes(8)).encode())
        assert world.card.transmit(task).hex().upper() == f"63C{left}"
    with refused("purse_locked", "6983"):
        world.run(exchanges.block(PURSE_AID, world.host))
    assert world.debit(1).total == 1


def test_an_order_is_good_for_one_opening() -> None:
    world = purse(1000)
    orders: list[bytes] = []
    attempt(world, lambda order: orders.append(order) or order)  # type: ignore[func-returns-value]
    again = protocol.transact(Verb.DEBIT, orders[0]).encode()
    assert world.card.transmit(again).hex() == "6985"
    world.card.transmit(protocol.initialize(Verb.DEBIT, bytes(8)).encode())
    assert world.card.transmit(again).hex().upper() == "63C9"
    assert world.balance() == 990


def test_a_whole_conversation_played_again_moves_nothing() -> None:
    world = purse(1000)
    sent: list[bytes] = []
    send = world.card.transmit
    drive(
        exchanges.debit(PURSE_AID, world.module, [Line(1, 10)], NOON),
        lambda command: (sent.append(command), send(command))[1],
    )
    assert [world.card.transmit(command)[-2:].hex() for command in sent] == ["9000", "9000", "63c9"]
    assert world.balance() == 990


def test_another_channel_does_not_carry_an_opening_over() -> None:
    world = purse(1000)
    world.card.transmit(commands.select_aid(PURSE_AID).encode())
    answer = world.card.transmit(protocol.initialize(Verb.DEBIT, world.module.challenge()).encode())
    order = world.module.order(Opening.parse(answer[:-2]), [Line(1, 10)], NOON)
    assert world.card.transmit(bytes.fromhex("0070000001")).hex() == "019000"
    world.card.transmit(bytes.fromhex("01A4040C09") + PURSE_AID.value)
    other = protocol.transact(Verb.DEBIT, order).encode()
    assert world.card.transmit(b"\x81" + other[1:]).hex() == "6985"
    assert world.card.transmit(other)[-2:].hex() == "9000"


def test_an_opening_is_used_up_by_a_wrong_mac_too() -> None:
    world = purse(1000)
    orders: list[bytes] = []
    assert attempt(world, lambda order: orders.append(order) or forged(order)) == "63C9"  # type: ignore[func-returns-value]
    assert world.card.transmit(protocol.transact(Verb.DEBIT, orders[0]).encode()).hex() == "6985"


def test_an_opening_is_void_once_another_channel_paid() -> None:
    world = purse(1000)
    world.card.transmit(commands.select_aid(PURSE_AID).encode())
    answer = world.card.transmit(protocol.initialize(Verb.DEBIT, world.module.challenge()).encode())
    order = world.module.order(Opening.parse(answer[:-2]), [Line(1, 10)], NOON)
    assert world.card.transmit(bytes.fromhex("0070000001")).hex() == "019000"
    drive(
        exchanges.debit(PURSE_AID, merchant(OTHER_ID), [Line(1, 5)], NOON),
        lambda command: world.card.transmit(bytes((command[0] | 1,)) + command[1:]),
    )
    assert world.card.transmit(protocol.transact(Verb.DEBIT, order).encode()).hex() == "6985"
    assert world.balance() == 995


@pytest.mark.parametrize("asked", ["INITIALIZE", "GET LAST PROOF"])
def test_what_a_card_says_it_has_not_done_it_does_not_do_later(asked: str) -> None:
    """Somebody holds a LOAD back, lets the card say that it was not loaded, and sends it then."""
    world = purse(1000)
    world.card.transmit(commands.select_aid(PURSE_AID).encode())
    answer = world.card.transmit(protocol.initialize(Verb.LOAD, world.host.challenge()).encode())
    order = world.host.order(Opening.parse(answer[:-2]), [Line(1, 10)], NOON)
    assert world.card.transmit(bytes.fromhex("0070000001")).hex() == "019000"

    def other_channel(command: bytes) -> bytes:
        return world.card.transmit(bytes((command[0] | 1,)) + command[1:])

    if asked == "INITIALIZE":
        other_channel(commands.select_aid(PURSE_AID).encode())
        other_channel(protocol.initialize(Verb.UNLOAD, world.host.challenge()).encode())
    else:
        assert drive(exchanges.resume(PURSE_AID, world.host), other_channel) is None
    assert world.card.transmit(protocol.transact(Verb.LOAD, order).encode()).hex() == "6985"
    assert world.balance() == 1000


def test_the_card_itself_pays_no_more_than_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    world = purse(1000)
    monkeypatch.setattr(type(world.module), "_check_order", lambda *_: None)
    with refused("insufficient", "9401"):
        world.debit(1001)


def test_a_return_is_not_returned() -> None:
    world = purse(1000)
    back = world.give_back(world.debit(100), 60)
    with refused("wrong_state", "6985"):
        world.give_back(back, 60)
    assert world.balance() == 960


@pytest.mark.parametrize("field", ["counter", "load_counter"])
def test_counters_end_and_never_begin_again(field: str) -> None:
    world = purse(1000)
    world.change(**{field: MAX_COUNTER - 1})
    move = {"counter": world.debit, "load_counter": world.load}[field]
    assert move(1).counter == MAX_COUNTER
    with refused("purse_locked", "9402"):
        move(1)


def test_a_card_of_another_issuer_gets_no_order() -> None:
    world = purse(1000)
    name = names.key(world.application, KeyPurpose.DEBIT)
    world.card.image.keys[name] = bytes(16)
    with refused("bad_proof"):
        world.debit(1)
    assert world.module.counter == 0


def test_a_proof_of_another_transaction_or_card_is_not_taken() -> None:
    world, twin = purse(1000), purse(1000)
    good = world.debit(5)
    other = twin.debit(5)
    for record in (good, other):
        with pytest.raises(Refused):
            world.module.confirm(record.encode() + bytes(8))
    assert world.module.report() == ModuleReport(
        module_id=MERCHANT_ID, counter=1, collected=0, unused=(), unresolved=()
    )


def test_a_forged_record_is_known() -> None:
    world = purse(1000)
    data = world.debit(5).encode()
    for at in range(len(data)):
        changed = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        with pytest.raises((Refused, EncodingError)):
            world.host.verify(changed)
    assert world.host.verify_many([data, data[:-1], bytes(113), data]) == [
        Record.parse(data),
        None,
        None,
        Record.parse(data),
    ]


def test_a_key_version_can_be_killed() -> None:
    world = purse(1000)
    record = world.debit(5)
    with refused("card_revoked"):
        world.debit(1, module=merchant(killed=[1]))
    with refused("bad_proof"):
        issuer(killed=[1]).verify(record.encode())
    world.change(key_version=2)
    with refused("card_revoked"):
        world.debit(1)


def test_a_record_of_the_other_application_is_not_taken() -> None:
    world = fuel(1000)
    with refused("bad_proof"):
        issuer(Kind.PURSE).verify(world.debit(5).encode())
    with pytest.raises(Refused):
        drive(exchanges.debit(FUEL_AID, merchant(kind=Kind.PURSE), [Line(1, 1)], NOON), world.card.transmit)


def test_a_card_on_the_denylist_gets_no_order() -> None:
    world = purse(1000)
    with refused("denylisted"):
        world.debit(1, module=merchant(denied_cards=[world.state().card_id]))


def test_the_ring_has_six_records_and_the_newest_first() -> None:
    world = purse(1000)
    for amount in range(1, 9):
        world.debit(amount)
    assert [record.total for record in world.run(exchanges.history(PURSE_AID))] == [8, 7, 6, 5, 4, 3]
    last = world.run(exchanges.last_proof(PURSE_AID))
    assert last is not None
    assert last.total == 8
    assert world.run(exchanges.last_proof(FUEL_AID)) is None


def test_cards_made_before_have_no_such_application() -> None:
    old = MockCard(CardImage(profile=NATIONAL_REFERENCE))
    with pytest.raises(FileNotFound):
        drive(exchanges.read_state(PURSE_AID), old.transmit)
    assert CardImage.from_json(old.image.to_json()) == old.image


def test_the_memory_goes_through_the_card_file() -> None:
    world = purse(1000)
    world.debit(1)
    again = MockCard(CardImage.from_json(world.card.image.to_json()))
    assert drive(exchanges.read_state(PURSE_AID), again.transmit) == world.state()
    assert drive(exchanges.history(PURSE_AID), again.transmit)[0].total == 1


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("805C0000", "6700"),
        ("805C010000", "6A86"),
        ("8050000008000000000000000000", "6A86"),
        ("8050060008000000000000000000", "6A86"),
        ("80500200070000000000000000", "6700"),
        ("80540000250000000000000000000000000000000000000000000000000000000000000000000000000000", "6985"),
        ("805A070008000000000000000000", "6A86"),
        ("80AA000000", "6D00"),
        ("00B2010400", "6A86"),
        ("00B2010C00", "6A83"),
        ("80CA9F7F00", "6D00"),
    ],
)
def test_commands_that_make_no_sense(command: str, word: str) -> None:
    card = blank_card()
    card.transmit(commands.select_aid(PURSE_AID).encode())
    assert card.transmit(bytes.fromhex(command))[-2:].hex().upper() == word
    card.reset()
    assert card.transmit(bytes.fromhex("805C000000")).hex().upper() == "6E00"
