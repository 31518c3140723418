"""What a stored-value application allows: the order in, the slots after it out. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from smartid.mockcard.answer import Refusal
from smartid.mockcard.applets.memory import Memory
from smartid.stored_value import protocol
from smartid.stored_value.model import MAX_AMOUNT, Slot, Verb
from smartid.stored_value.wire import Order


def after(memory: Memory, verb: Verb, order: Order) -> Memory:
    """The memory after the order, without its record. Raises Refusal when a rule is against it."""
    if order.module_id in memory.denied:
        raise Refusal(protocol.MODULE_DENIED)
    if bool(order.of_counter) != (verb is Verb.RETURN):
        raise Refusal(0x6A80)
    slots = _slots(memory, order)
    if verb is Verb.RETURN:
        _check_return(memory, order)
    elif verb is Verb.DEBIT:
        _check_limits(memory, order)
    moved = {line.slot: _MOVES[verb](slots[line.slot], line.amount, order.time) for line in order.lines}
    changed = memory.with_slots({slot.number: slot for slot in memory.state.slots} | moved)
    return _counted(changed, verb, sum(line.amount for line in order.lines))


def _slots(memory: Memory, order: Order) -> dict[int, Slot]:
    """The slots of the lines."""
    known = {slot.number: slot for slot in memory.state.slots}
    wanted = {line.slot for line in order.lines}
    if len(wanted) != len(order.lines) or not all(0 < line.amount <= MAX_AMOUNT for line in order.lines):
        raise Refusal(0x6A80)
    if not wanted <= known.keys():
        raise Refusal(0x6A88)
    return known


def _check_limits(memory: Memory, order: Order) -> None:
    state, total = memory.state, sum(line.amount for line in order.lines)
    if total > state.limits.per_debit:
        raise Refusal(protocol.ABOVE_DEBIT_LIMIT)
    if state.used_count >= state.limits.count or state.used_total + total > state.limits.total:
        raise Refusal(protocol.NEEDS_ONLINE)


def _check_return(memory: Memory, order: Order) -> None:
    last = memory.last_record
    if last is None or not memory.returnable:
        raise Refusal(0x6985)
    if (last.module_id, last.counter) != (order.module_id, order.of_counter):
        raise Refusal(0x6985)
    taken = {line.slot: line.amount for line in last.lines}
    if any(line.amount > taken.get(line.slot, 0) for line in order.lines):
        raise Refusal(0x6985)


def _take(slot: Slot, amount: int, time: int) -> Slot:
    _check_end(slot, time)
    return _unload(slot, amount, time)


def _unload(slot: Slot, amount: int, _time: int) -> Slot:
    if amount > slot.balance:
        raise Refusal(protocol.INSUFFICIENT)
    return replace(slot, balance=slot.balance - amount)


def _load(slot: Slot, amount: int, time: int) -> Slot:
    _check_end(slot, time)
    if slot.balance + amount > slot.maximum:
        raise Refusal(protocol.ABOVE_MAXIMUM)
    return replace(slot, balance=slot.balance + amount)


def _restore(slot: Slot, amount: int, _time: int) -> Slot:
    return replace(slot, balance=slot.balance + amount)


def _check_end(slot: Slot, time: int) -> None:
    if slot.expires and time >= slot.expires:
        raise Refusal(protocol.SLOT_EXPIRED)


_MOVES: dict[Verb, Callable[[Slot, int, int], Slot]] = {
    Verb.LOAD: _load,
    Verb.DEBIT: _take,
    Verb.RETURN: _restore,
    Verb.UNLOAD: _unload,
}


def _counted(memory: Memory, verb: Verb, total: int) -> Memory:
    """Counters and offline use after a transaction."""
    state = memory.state
    if verb in (Verb.LOAD, Verb.UNLOAD):
        state = replace(state, load_counter=state.load_counter + 1)
    elif verb is Verb.DEBIT:
        state = replace(
            state,
            counter=state.counter + 1,
            used_count=state.used_count + 1,
            used_total=state.used_total + total,
        )
    else:
        state = replace(state, counter=state.counter + 1, used_total=max(0, state.used_total - total))
    return replace(memory, state=state, wrong=0, returnable=verb is Verb.DEBIT)
