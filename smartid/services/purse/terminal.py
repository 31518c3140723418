"""A merchant's terminal: takes payments without a network, and hands them in later.

The state of its security module is its journal: the module writes each order to the terminal's log before the
order leaves for the card, and each record before the goods do. So a terminal that is killed knows afterwards
which payment was under way, and the card says what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeVar

from smartid.errors import Refused
from smartid.iso7816.exchange import Exchange
from smartid.services.purse.log import TerminalLog
from smartid.services.purse.upload import Acknowledgement, OpenPayment, TerminalBatch
from smartid.services.reasons import Reason
from smartid.stored_value import exchanges
from smartid.stored_value.model import PURSE_AID, CardState, Line, Record, Verb
from smartid.stored_value.module_state import ModuleState, Pending, StateStore
from smartid.stored_value.modules import SecurityModule

T = TypeVar("T")
SLOT = 1
"""A purse has one slot."""
STATE, RECORD, OPEN, BATCH, NUMBER = range(1, 6)
"""Kinds of entries of the log: the module's state, a record from a card's ring, an open payment, the batch
that is handed in, the number of the last one."""


class CardLike(Protocol):
    """What runs conversations with a card: ``smartid.card.Card``."""

    def run(self, exchange: Exchange[T]) -> T:
        """Run one, within one transaction of the reader."""
        ...


class Did(Enum):
    """What became of a payment that was torn."""

    PAID = "paid"
    NOT_PAID = "not paid"
    NOBODY_KNOWS = "nobody knows"
    """The card has moved on, and its ring of records does not reach back so far."""


class _Shelf:
    """What the terminal has not handed in, rebuilt from its log. It is the store of the security module."""

    def __init__(self, log: TerminalLog) -> None:
        self.log = log
        self.saved: bytes | None = None
        self.records: dict[int, bytes] = {}
        self.open: dict[int, OpenPayment] = {}
        self.unused: tuple[int, ...] = ()
        self.batch: TerminalBatch | None = None
        self.number = 0
        self._pending: Pending | None = None
        for kind, content in log.read():
            self._replay(kind, content)

    def load(self) -> bytes | None:
        """Give the module its state."""
        return self.saved

    def save(self, data: bytes) -> None:
        """Write the module's state to the log."""
        self.log.append((STATE, data))
        self._note(data)

    def add_record(self, record: Record) -> None:
        """Take a record that the card had kept."""
        self.log.append((RECORD, record.encode()))
        self._note_record(record)

    def cut(self, module_id: bytes, upto: int, open_: Iterable[OpenPayment]) -> None:
        """Make the next batch of all that is there. It stays the same until it is acknowledged."""
        records = tuple(self.records[number] for number in sorted(self.records))
        unused = tuple(number for number in self.unused if number <= upto)
        fresh = tuple(open_)
        if records or unused or fresh:
            self.batch = TerminalBatch(
                module_id=module_id,
                number=self.number + 1,
                upto=upto,
                records=records,
                unused=unused,
                open=fresh,
            )
            self.log.append((BATCH, self.batch.encode()))

    def drop(self, batch: TerminalBatch) -> None:
        """Forget a batch, and what it held; the log becomes short again."""
        taken = set(batch.records)
        self.records = {number: raw for number, raw in self.records.items() if raw not in taken}
        self.number, self.batch = batch.number, None
        entries = [(STATE, self.saved)] if self.saved else []
        entries += [(RECORD, self.records[number]) for number in sorted(self.records)]
        entries += [(OPEN, payment.encode()) for payment in self.open.values()]
        self.log.replace(*entries, (NUMBER, self.number.to_bytes(4, "big")))

    def _replay(self, kind: int, content: bytes) -> None:
        if kind == STATE:
            self._note(content)
        elif kind == RECORD:
            self._note_record(Record.parse(content))
        elif kind == OPEN:
            payment = OpenPayment.parse(content)
            self.open[payment.module_counter] = payment
        elif kind == BATCH:
            self.batch = TerminalBatch.parse(content)
        elif kind == NUMBER:
            self.number = int.from_bytes(content, "big")

    def _note(self, data: bytes) -> None:
        self.saved = data
        state = ModuleState.parse(data)
        self.unused = state.unused
        before, self._pending = self._pending, state.pending
        if state.record is not None and state.last and state.last.module_counter > state.collected:
            self.records[state.last.module_counter] = state.record
        if before and state.last and before.module_counter != state.last.module_counter:
            self.open.setdefault(before.module_counter, _open_payment(before))

    def _note_record(self, record: Record) -> None:
        self.records[record.module_counter] = record.encode()
        self.open.pop(record.module_counter, None)


class Terminal:
    """One terminal with its module and its log.

    log   the terminal's file; nobody else has it open
    make  makes the module over a store: ``lambda store: SecurityModule(id, vault, kind, store=store)``
    key   16 bytes that the terminal's batches are MACed with
    """

    def __init__(self, log: TerminalLog, make: Callable[[StateStore], SecurityModule], *, key: bytes) -> None:
        self._key = key
        self._shelf = _Shelf(log)
        self.module = make(self._shelf)

    def __repr__(self) -> str:
        return f"Terminal({self.module.id.hex()})"

    @property
    def pending(self) -> Pending | None:
        """The payment that was torn: show the card again, and ``resume``."""
        return self.module.pending

    @property
    def open(self) -> Sequence[OpenPayment]:
        """Payments whose cards did not come back."""
        return tuple(self._shelf.open.values())

    @property
    def records(self) -> Sequence[bytes]:
        """Records that were not acknowledged yet, in the order of the module's numbers."""
        return [self._shelf.records[number] for number in sorted(self._shelf.records)]

    def balance(self, card: CardLike) -> CardState:
        """Ask what is on the card."""
        return card.run(exchanges.read_state(PURSE_AID))

    def history(self, card: CardLike) -> list[Record]:
        """Ask what the card did last."""
        return card.run(exchanges.history(PURSE_AID))

    def pay(self, card: CardLike, amount: int, now: datetime) -> Record:
        """Take rials off a card: three commands.

        Raises Refused: insufficient, offline_limit, module_batch_full, denylisted, purse_locked …;
        CardRemoved: nobody knows whether it paid, ask ``resume``.
        """
        lines = [Line(SLOT, amount)]
        return self._order(card, exchanges.debit(PURSE_AID, self.module, lines, int(now.timestamp())))

    def cancel_last(self, card: CardLike, now: datetime) -> Record:
        """Give the last payment back, once, if this terminal took it and nothing came after it on the card.

        Raises Refused (wrong_state). CardRemoved as in ``pay``.
        """
        last = self.module.last_record
        if last is None or last.verb is not Verb.DEBIT or self.pending is not None:
            raise Refused("The last transaction here was no payment.", reason=Reason.WRONG_STATE)
        time = int(now.timestamp())
        return self._order(card, exchanges.give_back(PURSE_AID, self.module, last, last.lines, time))

    def resume(self, card: CardLike) -> Did:
        """Settle the payment that was torn, by asking its card.

        Raises Refused (wrong_state) when nothing is open or another card is in the reader.
        """
        if self.pending is None:
            raise Refused("No payment is open.", reason=Reason.WRONG_STATE)
        try:
            done = card.run(exchanges.resume(PURSE_AID, self.module))
        except Refused as refused:
            if refused.reason == Reason.COUNTER_GAP:
                return Did.NOBODY_KNOWS
            raise
        if self.pending is not None:  # the card has answered for an older payment
            raise Refused("Another card is in the reader.", reason=Reason.WRONG_STATE)
        return Did.NOT_PAID if done is None else Did.PAID

    def meet(self, card: CardLike) -> int:
        """Settle all that is open here with the card in the reader; gives how many payments were found."""
        card_id = self.balance(card).card_id
        found = 0
        if self.pending is not None and self.pending.card_id == card_id:
            found += self.resume(card) is Did.PAID
        return found + sum(self._recall(card, payment) for payment in self.open if payment.card_id == card_id)

    def _recall(self, card: CardLike, payment: OpenPayment) -> bool:
        """Take a payment that was torn, as its card proves it: a ring can say anything."""
        exchange = exchanges.recall(PURSE_AID, self.module, payment.card_id, payment.card_counter)
        record = card.run(exchange)
        if record is None or not _answers(record, self.module.id, payment):
            return False
        self._shelf.add_record(record)
        return True

    def batch(self) -> bytes | None:
        """Give the batch to hand in: the same one until it is acknowledged. None when there is nothing."""
        if self._shelf.batch is None:
            pending = self.pending
            open_ = {payment.module_counter: payment for payment in self.open}
            if pending is not None:
                open_.setdefault(pending.module_counter, _open_payment(pending))
            upto = pending.module_counter - 1 if pending else self.module.counter
            self._shelf.cut(self.module.id, upto, open_.values())
        return self._shelf.batch.seal(self._key) if self._shelf.batch else None

    def acknowledge(self, answer: Acknowledgement) -> None:
        """Forget what the back office has. Raises Refused (wrong_state) for another batch."""
        batch = self._shelf.batch
        if batch is None or (answer.module_id, answer.number) != (batch.module_id, batch.number):
            raise Refused("This batch was not handed in.", reason=Reason.WRONG_STATE)
        if batch.upto > self.module.report().collected:
            self.module.acknowledge(batch.upto)
        self._shelf.drop(batch)

    def _order(self, card: CardLike, exchange: Exchange[Record]) -> Record:
        """Run an order. A card that refuses it is asked at once, for a status word proves nothing."""
        before = self.module.counter
        try:
            return card.run(exchange)
        except Refused as refused:
            if self.module.counter > before and self.resume(card) is Did.PAID:
                raise Refused(
                    "The card has paid, and said that it has not.", reason=Reason.BAD_PROOF
                ) from refused
            raise


def _answers(record: Record, module_id: bytes, payment: OpenPayment) -> bool:
    mine = (record.module_id, record.module_counter) == (module_id, payment.module_counter)
    what = (record.card_id, record.counter, record.total, record.time)
    return mine and what == (payment.card_id, payment.card_counter, payment.amount, payment.time)


def _open_payment(order: Pending) -> OpenPayment:
    return OpenPayment(
        card_id=order.card_id,
        card_counter=order.counter,
        module_counter=order.module_counter,
        amount=order.total,
        time=order.time,
    )
