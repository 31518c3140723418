"""A pump without a line: take first, let fuel flow, return the rest.

The card gives the whole amount before a drop flows, and both sides prove it; what did not flow goes back in a
second proved step. So a card that is pulled out, or a pump that loses power, never gives fuel for nothing:
at worst litres were taken that did not flow, and the log says so (``FillLog.owed``).

Each step is on the disk before the next begins::

    asked ── taken ── closed            the card is asked, has given, has the rest again
      │        └───── owed              the rest did not go back: a credit, after the chip's proof
      ├── nothing                       the card did not give
      └── unresolved                    nobody knows whether it gave; no fuel flowed
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from smartid.errors import Refused
from smartid.iso7816.exchange import Exchange
from smartid.services.fuel.fill_log import FillLog
from smartid.services.fuel.policy import FuelPolicy
from smartid.services.fuel.slots import balances_of, bucket_of, slot_lines
from smartid.services.fuel.tiers import OPEN, Line, cut, describe, parse_lines, rest, split, volume
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.reasons import Reason
from smartid.stored_value import exchanges
from smartid.stored_value.model import FUEL_AID, MAX_LINES, Blocked, CardState, Verb
from smartid.stored_value.model import Record as CardRecord
from smartid.stored_value.modules import SecurityModule

_KIND = "pump/fill"


class Stage(StrEnum):
    """How far a fill has come."""

    ASKED = "asked"
    TAKEN = "taken"
    CLOSED = "closed"
    OWED = "owed"
    NOTHING = "nothing"
    UNRESOLVED = "unresolved"


_OPEN = (Stage.ASKED, Stage.TAKEN)
_READY = (Stage.CLOSED, Stage.OWED)


class Meter(Protocol):
    """The meter of a nozzle: counts for ever, also without power."""

    def reading(self) -> int:
        """Millilitres since it was built."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the driver is shown. ``lines`` come off the card, ``beyond`` is at the open price."""

    card: bytes
    counter: int
    lines: tuple[Line, ...]
    beyond: tuple[Line, ...]
    when: datetime

    @property
    def all_lines(self) -> tuple[Line, ...]:
        """Both, in the order in which they flow."""
        return self.lines + self.beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A fill as the pump keeps it.

    number   at this pump, from 1
    meter    reading before it
    flowed   millilitres; -1 while the nozzle may still run
    order    number of the module's last order before it; of its own where nobody knows what became of it
    """

    number: int
    stage: Stage
    card: str
    counter: int
    lines: tuple[Line, ...]
    beyond: tuple[Line, ...]
    meter: int
    flowed: int = -1
    order: int = 0
    debit: bytes = b""
    given_back: bytes = b""

    @property
    def unused(self) -> tuple[Line, ...]:
        """What goes back on the card."""
        return rest(self.lines, max(0, self.flowed))

    @property
    def drawn(self) -> tuple[Line, ...]:
        """What the driver pays for."""
        return cut(self.lines + self.beyond, max(0, self.flowed))

    def log(self) -> FillLog:
        """What the station sends in."""
        quota = min(self.flowed, volume(self.lines))
        return FillLog(
            pump=0,
            flowed=quota,
            beyond=self.flowed - quota,
            debit=CardRecord.parse(self.debit),
            given_back=CardRecord.parse(self.given_back) if self.given_back else None,
        )


class Pump:
    """One nozzle. It serves one driver at a time; its book is its own file.

    module  the pump's security module, with a store that lasts
    """

    def __init__(
        self,
        number: int,
        *,
        book: Book,
        module: SecurityModule,
        meter: Meter,
        policy: FuelPolicy,
        clock: Callable[[], datetime],
    ) -> None:
        self.number = number
        self._book = book
        self._module = module
        self._meter = meter
        self._policy = policy
        self._clock = clock

    def plan(self, state: CardState, millilitres: int, *, last: CardRecord | None = None) -> Plan:
        """Split a fill over what the card holds.

        last  the card's last record (``exchanges.last_proof``), for the time between two fills

        Raises Refused: card_blocked, denylisted, cool_down, limit_exceeded, offline_limit, no_quota,
        wrong_state while a fill is open.
        """
        now = self._clock()
        self._admit(state, millilitres, last, now)
        held = balances_of(self._policy, state, self._policy.period(now))
        found = split(self._policy, held, millilitres, now)
        quota = tuple(line for line in found if line.tier != OPEN)
        lines = quota[:MAX_LINES]
        if not lines:
            raise Refused(
                "The card holds no quota.",
                reason=Reason.NO_QUOTA,
                remaining=0,
                remedy="Sell with the station's card.",
            )
        # A card gives four lines at once. Who has more quota fills again, and is sold nothing at full price.
        beyond = tuple(line for line in found if line.tier == OPEN) if lines == quota else ()
        return Plan(card=state.card_id, counter=state.counter, lines=lines, beyond=beyond, when=now)

    def take(self, plan: Plan) -> Exchange[Fill]:
        """Take the whole amount off the card. When it returns, the nozzle may run.

        Raises Refused, and what the card and the wire raise; then ask ``resume``.
        """
        fill = self._book.run(lambda entry: self._begin(entry, plan))
        lines = slot_lines(self._policy, plan.lines)
        try:
            record = yield from exchanges.debit(FUEL_AID, self._module, lines, self._time(plan.when))
        except Refused:
            if not self._is_pending(fill):
                self._keep(fill, stage=Stage.NOTHING)
            raise
        return self._keep(fill, stage=Stage.TAKEN, debit=record.encode())

    def stop(self) -> Fill:
        """Read the meter: the nozzle is hung up. Raises Refused (wrong_state) when no fuel could flow."""
        fill = self._open_fill()
        if fill is None or fill.stage is not Stage.TAKEN:
            raise Refused("No fuel was released.", reason=Reason.WRONG_STATE)
        most = volume(fill.lines) + volume(fill.beyond)
        flowed = min(most, max(0, self._meter.reading() - fill.meter))
        return self._keep(fill, flowed=flowed)

    def give_back(self) -> Exchange[Fill]:
        """Return the rest to the card and close the fill.

        Raises what the card and the wire raise; then ask ``resume``, or ``give_up`` when the card is gone.
        """
        fill = self.stop()
        if not fill.unused:
            return self._close(fill, b"")
        debit = CardRecord.parse(fill.debit)
        lines = slot_lines(self._policy, fill.unused)
        record = yield from exchanges.give_back(
            FUEL_AID, self._module, debit, lines, self._time(self._clock())
        )
        return self._close(fill, record.encode())

    def resume(self) -> Exchange[Fill | None]:
        """With the card in the reader again: find out what it did, and go on from there. None: nothing open.

        Raises Refused (wrong_state) for another card.
        """
        fill = self._open_fill()
        if fill is None:
            return None
        fill = self._learn(fill)
        if self._is_pending(fill):
            record = yield from exchanges.resume(FUEL_AID, self._module)
            fill = self._told(fill, record)
        elif fill.stage is Stage.ASKED:
            return self._keep(fill, stage=Stage.NOTHING)
        if fill.stage is Stage.TAKEN:
            state = yield from exchanges.read_state(FUEL_AID)
            if state.card_id.hex() != fill.card:
                raise Refused("Another card is in the reader.", reason=Reason.WRONG_STATE)
            return (yield from self.give_back())
        return fill

    def give_up(self) -> Fill | None:
        """Close what is open without the card: what was taken and did not flow is owed."""
        fill = self._open_fill()
        if fill is None:
            return None
        fill = self._learn(fill)
        if fill.stage is Stage.ASKED:
            pending = self._module.pending
            if pending is None or not self._is_pending(fill):
                return self._keep(fill, stage=Stage.NOTHING)
            return self._keep(fill, stage=Stage.UNRESOLVED, order=pending.module_counter)
        if fill.stage is Stage.TAKEN:
            fill = self.stop()
            return self._keep(fill, stage=Stage.OWED if fill.unused else Stage.CLOSED)
        return fill

    def ready(self) -> list[Fill]:
        """List fills whose logs wait for the station, oldest first."""
        return self._book.run(
            lambda entry: [
                _fill(item) for stage in _READY for item in entry.find(_KIND, state=stage, limit=10_000)
            ]
        )

    def unresolved(self) -> list[Fill]:
        """List fills of which nobody knows whether the card gave, for ``StationLogs.take_notices``."""
        return self._book.run(
            lambda entry: [_fill(item) for item in entry.find(_KIND, state=Stage.UNRESOLVED, limit=10_000)]
        )

    def log_of(self, fill: Fill) -> bytes:
        """Give the log of a fill."""
        log = fill.log()
        return FillLog(
            pump=self.number,
            flowed=log.flowed,
            beyond=log.beyond,
            debit=log.debit,
            given_back=log.given_back,
        ).encode()

    def uploaded(self, fills: Sequence[Fill]) -> None:
        """Forget fills that the station has taken over."""

        def work(entry: Entry) -> None:
            for fill in fills:
                entry.forget(_KIND, _key(fill.number))

        self._book.run(work)

    def _admit(self, state: CardState, millilitres: int, last: CardRecord | None, now: datetime) -> None:
        if self._open_fill() is not None:
            raise Refused("The fill before is not closed.", reason=Reason.WRONG_STATE)
        if state.blocked is not Blocked.NO:
            raise Refused("The card is blocked.", reason=Reason.CARD_BLOCKED)
        if state.card_id in self._module.denied_cards:
            raise Refused("The card is on the denylist.", reason=Reason.DENYLISTED)
        controls = self._policy.controls
        fill = last is not None and last.verb in {Verb.DEBIT, Verb.RETURN}
        if fill and last is not None and last.when + controls.cool_down > now:
            raise Refused(
                "The card was used a moment ago.",
                reason=Reason.COOL_DOWN,
                limit="cool-down",
                resets_at=last.when + controls.cool_down,
            )
        if millilitres > controls.fill_maximum:
            raise Refused(
                f"At most {controls.fill_maximum} ml for one fill.",
                reason=Reason.LIMIT_EXCEEDED,
                limit="fill",
                remaining=controls.fill_maximum,
            )
        left = min(state.limits.total, controls.offline_maximum) - state.used_total
        if state.used_count >= min(state.limits.count, controls.offline_fills) or millilitres > left:
            raise Refused(
                "The card has to be seen by a pump with a line first.",
                reason=Reason.OFFLINE_LIMIT,
                limit="offline",
                remaining=max(0, left),
            )

    def _begin(self, entry: Entry, plan: Plan) -> Fill:
        if any(entry.find(_KIND, state=stage, limit=1) for stage in _OPEN):
            raise Refused("The fill before is not closed.", reason=Reason.WRONG_STATE)
        fill = Fill(
            number=entry.next_number("pump/fills"),
            stage=Stage.ASKED,
            card=plan.card.hex(),
            counter=plan.counter + 1,
            lines=plan.lines,
            beyond=plan.beyond,
            meter=self._meter.reading(),
            order=self._module.counter,
        )
        entry.keep(_record(fill))
        return fill

    def _learn(self, fill: Fill) -> Fill:
        """Take over what the module knows and the pump was killed before it wrote down."""
        record = self._module.last_record
        if record is None or record.card_id.hex() != fill.card:
            return fill
        if fill.stage is Stage.ASKED and self._is_debit_of(record, fill):
            return self._keep(fill, stage=Stage.TAKEN, debit=record.encode())
        if fill.stage is Stage.TAKEN and self._is_return_of(record, fill):
            return self._close(fill if fill.flowed >= 0 else self.stop(), record.encode())
        return fill

    def _told(self, fill: Fill, record: CardRecord | None) -> Fill:
        if fill.stage is Stage.ASKED:
            if record is None:
                return self._keep(fill, stage=Stage.NOTHING)
            return self._keep(fill, stage=Stage.TAKEN, debit=record.encode())
        if record is not None and self._is_return_of(record, fill):
            return self._close(fill, record.encode())
        return fill

    def _is_pending(self, fill: Fill) -> bool:
        """Tell whether the module waits for the answer to an order of this fill, not of an earlier one."""
        pending = self._module.pending
        return (
            pending is not None and pending.card_id.hex() == fill.card and pending.module_counter > fill.order
        )

    def _is_debit_of(self, record: CardRecord, fill: Fill) -> bool:
        return record.verb is Verb.DEBIT and record.module_counter > fill.order

    def _is_return_of(self, record: CardRecord, fill: Fill) -> bool:
        return record.verb is Verb.RETURN and record.of_counter == fill.counter

    def _close(self, fill: Fill, given_back: bytes) -> Fill:
        return self._keep(fill, stage=Stage.CLOSED, given_back=given_back)

    def _open_fill(self) -> Fill | None:
        found = self._book.run(
            lambda entry: [item for stage in _OPEN for item in entry.find(_KIND, state=stage, limit=1)]
        )
        return _fill(found[0]) if found else None

    def _keep(self, fill: Fill, **changes: Any) -> Fill:
        members = {name: getattr(fill, name) for name in Fill.__dataclass_fields__}
        changed = Fill(**{**members, **changes})
        self._book.run(lambda entry: entry.keep(_record(changed)))
        return changed

    def _time(self, when: datetime) -> int:
        return int(when.timestamp())


def bucket_amounts(policy: FuelPolicy, record: CardRecord) -> dict[tuple[str, int], int]:
    """Read which buckets a record of the card names."""
    period = policy.period(record.when)
    return {bucket_of(policy, item.slot, period): item.amount for item in record.movements}


def _key(number: int) -> str:
    return f"{number:010d}"


def _record(fill: Fill) -> Record:
    content = {
        "number": fill.number,
        "card": fill.card,
        "counter": fill.counter,
        "lines": describe(fill.lines),
        "beyond": describe(fill.beyond),
        "meter": fill.meter,
        "flowed": fill.flowed,
        "order": fill.order,
        "debit": fill.debit.hex(),
        "given_back": fill.given_back.hex(),
    }
    return Record(kind=_KIND, key=_key(fill.number), content=content, state=fill.stage)


def _fill(record: Record) -> Fill:
    content = record.content
    return Fill(
        number=content["number"],
        stage=Stage(record.state),
        card=content["card"],
        counter=content["counter"],
        lines=parse_lines(content["lines"]),
        beyond=parse_lines(content["beyond"]),
        meter=content["meter"],
        flowed=content["flowed"],
        order=content["order"],
        debit=bytes.fromhex(content["debit"]),
        given_back=bytes.fromhex(content["given_back"]),
    )
