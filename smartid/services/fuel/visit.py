"""A fuel card at a reader with a line: what is owed is settled, months that lapsed leave, new litres come.

Litres leave the account before they are asked onto the chip, and the chip's proof decides what stays: a visit
that is torn leaves an open load, and the next visit begins with it. Without proof nothing is undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smartid.errors import Refused
from smartid.iso7816.exchange import Exchange
from smartid.services.fuel import buckets
from smartid.services.fuel.accounts import Quota
from smartid.services.fuel.collecting import StationLogs
from smartid.services.fuel.policy import FuelPolicy, Lives
from smartid.services.fuel.register import Register
from smartid.services.fuel.slots import balances_of, slot_for, slot_lines_of
from smartid.services.fuel.tiers import Bucket, valid_buckets
from smartid.services.fuel.vehicles import CardStatus
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.reasons import Reason
from smartid.stored_value import exchanges
from smartid.stored_value.model import FUEL_AID, MAX_LINES, CardState, Verb
from smartid.stored_value.model import Record as CardRecord
from smartid.stored_value.modules import IssuerModule

_LOAD = "fuel/load"
_ROOM = 10_000_000
"""Millilitres that a chip may hold where the quota lives on it: more than any storage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """What a visit did, in millilitres. ``switched``: the quota moved to the account now."""

    vehicle: str
    credited: int
    loaded: int
    unloaded: int
    switched: bool


class CardVisit:
    """The office's side of a visit. Run ``serve`` with ``card.run``.

    issuer  its module; its store lasts
    logs    the collector, which knows what is owed
    """

    def __init__(
        self, book: Book, policy: FuelPolicy, *, register: Register, issuer: IssuerModule, logs: StationLogs
    ) -> None:
        self._book = book
        self._policy = policy
        self._register = register
        self._issuer = issuer
        self._logs = logs

    def serve(self, now: datetime) -> Exchange[Visited]:
        """Serve the card in the reader.

        Raises Refused: unknown_case for a chip that is not in the register, card_blocked, and what the card
        refuses; CardRemoved: show it again.
        """
        state = yield from exchanges.read_state(FUEL_AID)
        chip = state.card_id.hex()
        vehicle = self._admit(chip)
        yield from self._finish_open(chip, vehicle, state)
        history = yield from exchanges.history(FUEL_AID)
        genuine = [self._issuer.verify(record.encode()) for record in history]
        credited = self._logs.settle_owed(chip, genuine, state.counter, now)
        yield from exchanges.mark_uploaded(FUEL_AID, self._issuer, state.counter)
        unloaded, switched = yield from self._take_off(chip, vehicle, now)
        self._register.expire(vehicle, now)
        loaded = yield from self._put_on(chip, vehicle, now)
        return Visited(
            vehicle=vehicle, credited=credited, loaded=loaded, unloaded=unloaded, switched=switched
        )

    def _admit(self, chip: str) -> str:
        found = self._register.vehicle_of(chip)
        if found is None:
            raise Refused("The register does not know this card.", reason=Reason.UNKNOWN_CASE)
        if found[1] is not CardStatus.ACTIVE:
            raise Refused(f"The card is {found[1]}.", reason=Reason.CARD_BLOCKED)
        return found[0]

    def _take_off(self, chip: str, vehicle: str, now: datetime) -> Exchange[tuple[int, bool]]:
        """Unload what lapsed; everything, once, when the account becomes the record."""
        state = yield from exchanges.read_state(FUEL_AID)
        held = balances_of(self._policy, state, self._policy.period(now))
        switching = self._register.must_switch(chip, now)
        valid = set(valid_buckets(self._policy.on(now), self._policy.period(now)))
        leaving = {bucket: amount for bucket, amount in held.items() if switching or bucket not in valid}
        for part in _parts(leaving):
            record = yield from self._move(chip, vehicle, part, Verb.UNLOAD, now)
            self._register.unloaded(vehicle, chip, part, counter=record.counter)
        if switching:
            self._register.switched(chip, now)
        return sum(leaving.values()), switching

    def _put_on(self, chip: str, vehicle: str, now: datetime) -> Exchange[int]:
        version, period = self._policy.on(now), self._policy.period(now)
        if version.lives is Lives.ACCOUNT:
            return 0
        state = yield from exchanges.read_state(FUEL_AID)
        held = balances_of(self._policy, state, period)
        room = _ROOM if version.lives is Lives.CARD else self._policy.controls.offline_maximum
        account = self._register.balances(vehicle, now)
        chosen = buckets.to_load(self._policy, account, held, period, room)
        for bucket in chosen:
            if bucket not in held:
                yield from exchanges.set_slot(FUEL_AID, self._issuer, slot_for(self._policy, bucket))
        for part in _parts(chosen):
            yield from self._move(chip, vehicle, part, Verb.LOAD, now)
        return sum(chosen.values())

    def _move(
        self, chip: str, vehicle: str, amounts: Mapping[Bucket, int], verb: Verb, now: datetime
    ) -> Exchange[CardRecord]:
        lines, time = slot_lines_of(self._policy, amounts), int(now.timestamp())
        counter = yield from self._number(chip, verb)
        step = exchanges.load if verb is Verb.LOAD else exchanges.unload
        content = {
            "vehicle": vehicle,
            "verb": int(verb),
            "counter": counter,
            "amounts": [[tier, month, amount] for (tier, month), amount in amounts.items()],
        }
        self._book.run(lambda entry: _open(entry, chip, content, amounts))
        record = yield from step(FUEL_AID, self._issuer, lines, time)
        self._book.run(lambda entry: entry.forget(_LOAD, chip))
        return record

    def _finish_open(self, chip: str, vehicle: str, state: CardState) -> Exchange[None]:
        found = self._book.run(lambda entry: entry.load(_LOAD, chip))
        if found is None:
            return
        done = yield from self._was_done(found, state)
        amounts = {(tier, month): amount for tier, month, amount in found.content["amounts"]}
        load = found.content["verb"] == Verb.LOAD
        if done and not load:
            self._register.unloaded(vehicle, chip, amounts, counter=int(found.content["counter"]))
        key = f"undo {chip} {found.content['number']}"
        undo = buckets.take_off_card(vehicle, chip, amounts, key=key) if load and not done else []

        def close(entry: Entry) -> None:
            if undo:
                entry.post(*undo)
            entry.forget(_LOAD, chip)

        self._book.run(close)

    def _was_done(self, found: Record, state: CardState) -> Exchange[bool]:
        pending = self._issuer.pending
        if pending is not None and pending.card_id == state.card_id:
            return (yield from exchanges.resume(FUEL_AID, self._issuer)) is not None
        last = self._issuer.last_record
        if last is not None and last.card_id == state.card_id and last.verb == found.content["verb"]:
            return last.counter == int(found.content["counter"])
        next_one = yield from self._number(state.card_id.hex(), Verb(found.content["verb"]))
        return next_one > int(found.content["counter"])

    def _number(self, chip: str, verb: Verb) -> Exchange[int]:
        """Ask for the number of the chip's next load or unload, under its MAC: no other speaks for it."""
        opening = yield from exchanges.introduce(FUEL_AID, self._issuer, verb)
        if opening.card_id.hex() != chip:
            raise Refused("Another card is in the reader.", reason=Reason.CONFLICT)
        return opening.counter


def _open(entry: Entry, chip: str, content: Mapping[str, Any], amounts: Mapping[Bucket, int]) -> None:
    """Write down what is asked of the chip. For a load the litres leave the account now."""
    number, vehicle = entry.next_number(f"{_LOAD}/{chip}"), content["vehicle"]
    if content["verb"] == Verb.LOAD:
        entry.open_account(*Quota(vehicle).open(amounts, chip))
        entry.post(*buckets.put_on_card(vehicle, chip, amounts, key=f"load {chip} {number}"))
    entry.keep(Record(kind=_LOAD, key=chip, content={**content, "number": number}, state="open"))


def _parts(amounts: Mapping[Bucket, int]) -> list[dict[Bucket, int]]:
    """Cut into orders that a card takes."""
    items = sorted(amounts.items())
    return [dict(items[start : start + MAX_LINES]) for start in range(0, len(items), MAX_LINES)]
