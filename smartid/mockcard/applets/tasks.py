"""What the issuer may change with MANAGE: the memory before and the data in, the memory after out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from smartid.mockcard.answer import Refusal
from smartid.mockcard.applets.memory import Memory
from smartid.stored_value import wire
from smartid.stored_value.model import Blocked
from smartid.stored_value.protocol import Task


def carry_out(memory: Memory, task: Task, data: bytes) -> Memory:
    """The memory after a task. Raises Refusal when it is not possible, EncodingError for other data."""
    return replace(_TASKS[task](memory, data), wrong_admin=0)


def _block(memory: Memory, data: bytes) -> Memory:
    _no_data(data)
    return replace(memory, state=replace(memory.state, blocked=Blocked.BY_ISSUER))


def _unblock(memory: Memory, data: bytes) -> Memory:
    _no_data(data)
    return replace(memory, state=replace(memory.state, blocked=Blocked.NO), wrong=0)


def _mark_uploaded(memory: Memory, data: bytes) -> Memory:
    if len(data) != 4:
        raise Refusal(0x6700)
    if int.from_bytes(data, "big") != memory.state.counter:
        raise Refusal(0x6985)
    return replace(memory, state=replace(memory.state, used_count=0, used_total=0))


def _update_denylist(memory: Memory, data: bytes) -> Memory:
    version, denied = wire.parse_denylist(data)
    if version <= memory.state.denylist_version:
        raise Refusal(0x6985)
    return replace(memory, state=replace(memory.state, denylist_version=version), denied=denied)


def _set_slot(memory: Memory, data: bytes) -> Memory:
    """A slot that was relabelled must not get back what was taken under its old label."""
    wanted = wire.parse_slot(data)
    slots = {slot.number: slot for slot in memory.state.slots}
    here = slots.get(wanted.number)
    if here is None:
        raise Refusal(0x6A88)
    renamed = (wanted.unit, wanted.label) != (here.unit, here.label)
    if (renamed and here.balance) or wanted.maximum < here.balance:
        raise Refusal(0x6985)
    slots[wanted.number] = replace(wanted, balance=here.balance)
    return replace(memory.with_slots(slots), returnable=False)


def _set_limits(memory: Memory, data: bytes) -> Memory:
    return replace(memory, state=replace(memory.state, limits=wire.parse_limits(data)))


def _no_data(data: bytes) -> None:
    if data:
        raise Refusal(0x6700)


_TASKS: dict[Task, Callable[[Memory, bytes], Memory]] = {
    Task.BLOCK: _block,
    Task.UNBLOCK: _unblock,
    Task.MARK_UPLOADED: _mark_uploaded,
    Task.UPDATE_DENYLIST: _update_denylist,
    Task.SET_SLOT: _set_slot,
    Task.SET_LIMITS: _set_limits,
}
