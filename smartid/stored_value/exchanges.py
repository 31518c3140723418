"""Conversations with a stored-value application: ``card.run(debit(PURSE_AID, module, lines, time))``.

Each begins with SELECT, so that nothing of an earlier one is left in the card. A payment is SELECT,
INITIALIZE and DEBIT: three commands.

Raises, everywhere: FileNotFound when the card has no such application, Refused when the card or the module
says no, EncodingError for answers that are none, CardRemoved when the card left. After CardRemoved nobody
knows whether the card paid: ask ``resume``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from smartid.errors import FileNotFound, Refused
from smartid.iso7816 import commands, exchange
from smartid.iso7816.apdu import CommandAPDU
from smartid.iso7816.exchange import Exchange
from smartid.iso7816.files import AID
from smartid.stored_value import protocol, wire
from smartid.stored_value.model import (
    CHALLENGE_SIZE,
    RING,
    CardState,
    Line,
    OfflineLimits,
    Slot,
    Verb,
    broken,
)
from smartid.stored_value.modules import IssuerModule, SecurityModule
from smartid.stored_value.protocol import Task
from smartid.stored_value.record import Record
from smartid.stored_value.wire import Opening


class Counterpart(Protocol):
    """The other side of a transaction: a security module or the issuer, here or at the end of a line."""

    def challenge(self) -> bytes:
        """8 fresh bytes, for this transaction alone."""
        ...

    def order(self, opening: Opening, lines: Sequence[Line], time: int, of_counter: int = 0) -> bytes:
        """An order with its MAC1. Its number is spent before it is given out. Raises Refused."""
        ...

    def confirm(self, answer: bytes) -> Record:
        """The record of an answer whose MAC2 is right and that says what was ordered. Raises Refused."""
        ...


_REASONS: dict[int, tuple[str, str]] = {
    protocol.INSUFFICIENT: ("insufficient", "there is not enough in it"),
    protocol.COUNTER_ENDED: ("purse_locked", "its counter is at its end"),
    protocol.ABOVE_MAXIMUM: ("purse_full", "more would be in it than it may hold"),
    protocol.NEEDS_ONLINE: ("needs_online", "its offline limit is reached"),
    protocol.SLOT_EXPIRED: ("no_quota", "the slot has expired"),
    protocol.MODULE_DENIED: ("denylisted", "it refuses this security module"),
    protocol.ABOVE_DEBIT_LIMIT: ("offline_limit", "the amount is above its limit for one debit"),
    protocol.APPLICATION_BLOCKED: ("purse_locked", "the application is blocked"),
    0x6985: ("wrong_state", "this is not possible now"),
    0x6A80: ("invalid_request", "the order makes no sense to it"),
    0x6A88: ("invalid_request", "it has no such slot"),
}


def read_state(aid: AID) -> Exchange[CardState]:
    """Balances, counters and limits. Nothing of it is authenticated."""
    yield from _select(aid)
    data = yield from _send(protocol.get_state())
    return wire.parse_state(data)[0]


def debit(aid: AID, module: Counterpart, lines: Sequence[Line], time: int) -> Exchange[Record]:
    """Take value off the card, all lines or none.

    time  seconds since 1970 UTC, by the terminal's clock
    """
    return (yield from _transact(aid, module, Verb.DEBIT, lines, time))


def give_back(
    aid: AID, module: Counterpart, of: Record, lines: Sequence[Line], time: int
) -> Exchange[Record]:
    """Return the last debit or a part of it, once, through the module that took it.

    of  the debit; it must be the last transaction of the card

    Refused(wrong_state) when another transaction followed, another module asks, or the lines are more than
    was taken.
    """
    return (yield from _transact(aid, module, Verb.RETURN, lines, time, of_counter=of.counter))


def load(aid: AID, host: Counterpart, lines: Sequence[Line], time: int) -> Exchange[Record]:
    """Put value on the card. The issuer's module must be reachable."""
    return (yield from _transact(aid, host, Verb.LOAD, lines, time))


def unload(aid: AID, host: Counterpart, lines: Sequence[Line], time: int) -> Exchange[Record]:
    """Take value off the card, back to an account of the issuer."""
    return (yield from _transact(aid, host, Verb.UNLOAD, lines, time))


def introduce(aid: AID, host: IssuerModule, verb: Verb) -> Exchange[Opening]:
    """What the card says of itself at the start of a transaction, under its MAC. Nothing is ordered.

    Its ``counter`` is the number of the next transaction of this verb. Raises Refused for a card that is not
    to be believed.
    """
    yield from _select(aid)
    opening = yield from _opening(host, verb)
    host.believe(opening)
    return opening


def last_proof(aid: AID) -> Exchange[Record | None]:
    """The last transaction of the card, None before the first. Only its TAC speaks for it; see ``resume``."""
    yield from _select(aid)
    answer = yield from _send(protocol.last_proof(Verb.DEBIT, bytes(CHALLENGE_SIZE)))
    return wire.Proof.parse(answer).record


def resume(aid: AID, module: SecurityModule | IssuerModule) -> Exchange[Record | None]:
    """After a tear: the record of the module's open order if the card carried it out, None if it did not.

    An older order that stayed open can be asked for too, when its card is shown again. Refused(wrong_state)
    when no order to this card is open, Refused(counter_gap) when the card has gone on so far that it cannot
    tell: then the issuer has the record, or will have it.
    """
    yield from _select(aid)
    state, _ = wire.parse_state((yield from _send(protocol.get_state())))
    verb, question = module.inquire(state.card_id)
    return module.settle(state.card_id, (yield from _send(protocol.last_proof(verb, question))))


def recall(aid: AID, module: SecurityModule, card_id: bytes, number: int) -> Exchange[Record | None]:
    """The debit or return that has a number on a card, proved by it; None when the card has it no more.

    For orders of the module that were collected since, so that it has forgotten them. Refused(wrong_state)
    for another card.
    """
    yield from _select(aid)
    state, _ = wire.parse_state((yield from _send(protocol.get_state())))
    if state.card_id != card_id:
        raise Refused("Another card is in the reader.", reason="wrong_state")
    question = wire.question(module.challenge(), number)
    answer = yield from _send(protocol.last_proof(Verb.DEBIT, question))
    return module.recall(card_id, state.key_version, number, answer)


def history(aid: AID) -> Exchange[list[Record]]:
    """The records in the ring of the card, newest first, at most six."""
    yield from _select(aid)
    found: list[Record] = []
    for number in range(1, RING + 1):
        try:
            data = yield from exchange.send(commands.read_record(number, short_id=protocol.RING_FILE))
        except FileNotFound:
            break
        found.append(Record.parse(data))
    return found


def mark_uploaded(aid: AID, host: IssuerModule, counter: int) -> Exchange[None]:
    """Tell the card that its records up to ``counter`` are with the issuer.

    The ring is emptied, and what was spent offline counts from zero. Refused(wrong_state) when it is not the
    card's counter.
    """
    yield from _manage(aid, host, Task.MARK_UPLOADED, counter.to_bytes(4, "big"))


def block(aid: AID, host: IssuerModule) -> Exchange[None]:
    """Let the application move nothing any more."""
    yield from _manage(aid, host, Task.BLOCK, b"")


def unblock(aid: AID, host: IssuerModule) -> Exchange[None]:
    """Let it move value again, whoever blocked it."""
    yield from _manage(aid, host, Task.UNBLOCK, b"")


def update_denylist(aid: AID, host: IssuerModule, version: int, modules: Sequence[bytes]) -> Exchange[None]:
    """Replace the list of refused modules (at most 24) by one of a higher version."""
    yield from _manage(aid, host, Task.UPDATE_DENYLIST, wire.encode_denylist(version, modules))


def set_slot(aid: AID, host: IssuerModule, slot: Slot) -> Exchange[None]:
    """Give a slot its unit, label, maximum and end; ``slot.balance`` is not looked at.

    Unit and label can change while the slot is empty only. Refused(wrong_state) otherwise.
    """
    yield from _manage(aid, host, Task.SET_SLOT, wire.encode_slot(slot))


def set_limits(aid: AID, host: IssuerModule, limits: OfflineLimits) -> Exchange[None]:
    """Replace the offline limits."""
    yield from _manage(aid, host, Task.SET_LIMITS, wire.encode_limits(limits))


def _transact(
    aid: AID, party: Counterpart, verb: Verb, lines: Sequence[Line], time: int, *, of_counter: int = 0
) -> Exchange[Record]:
    yield from _select(aid)
    opening = yield from _opening(party, verb)
    order = party.order(opening, lines, time, of_counter)
    return party.confirm((yield from _send(protocol.transact(verb, order))))


def _opening(party: Counterpart, verb: Verb) -> Exchange[Opening]:
    opening = Opening.parse((yield from _send(protocol.initialize(verb, party.challenge()))))
    if opening.verb is not verb:
        raise broken("opening", 2, "the verb that was asked for")
    return opening


def _manage(aid: AID, host: IssuerModule, task: Task, data: bytes) -> Exchange[None]:
    yield from _select(aid)
    opening = Opening.parse((yield from _send(protocol.initialize(Verb.ADMIN, host.challenge()))))
    command = protocol.manage(task, data + host.authorize_task(opening, task, data))
    host.confirm_task(opening, task, data, (yield from _send(command)))


def _select(aid: AID) -> Exchange[None]:
    yield from exchange.send(commands.select_aid(aid, p2=commands.NO_DATA))


def _send(command: CommandAPDU) -> Exchange[bytes]:
    response = yield command
    sw = response.sw
    if sw == 0x9000:
        return response.data
    if sw & 0xFFF0 == 0x63C0:
        raise _refused(sw, "bad_proof", "it does not believe the MAC")
    if sw in _REASONS:
        raise _refused(sw, *_REASONS[sw])
    raise exchange.error_of(command, sw)


def _refused(sw: int, reason: str, why: str) -> Refused:
    return Refused(f"The card refused: {why}.", reason=reason, original=f"{sw:04X}")
