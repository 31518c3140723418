"""A merchant's terminal: takes payments without a network, and hands them in later.

The state of its security module is its journal: the module writes each order to the terminal's log before the
order leaves for the card, and each record before the goods do. So a terminal that is killed knows afterwards
which payment was under way, and the card says what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from smartid.stored_value.module_state import ModuleState, Pending
from smartid.stored_value.modules import SecurityModule

T = TypeVar("T")
SLOT = 1
"""A purse has one slot."""
STATE, RECORD, OPEN, BATCH, UNUSED = range(1, 6)
"""Kinds of entries of the log."""


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


@dataclass(slots=True)
class _Journal:
    """The module's store, and what else the terminal keeps in its log."""

    log: TerminalLog
    saved: bytes | None = None
    records: dict[int, bytes] | None = None

    def load(self) -> bytes | None:
        return self.saved

    def save(self, data: bytes) -> None:
        self.log.append((STATE, data))
        self.saved = data


class Terminal:
    """One terminal with its module and its log.

    log   the terminal's file; nobody else has it open
    make  makes the security module over a store: ``lambda store: SecurityModule(id, vault, kind, store=store)``
    key   16 bytes that the terminal's batches are MACed with
    """

    def __init__(self, log: TerminalLog, make: Callable[[_Journal], SecurityModule], *, key: bytes) -> None:
        self._log = log
        self._key = key
        self._records: dict[int, bytes] = {}
        self._open: dict[int, Pending] = {}
        self._unused: set[int] = set()
        self._batch: TerminalBatch | None = None
        self._number = 0
        journal = _Journal(log)
        for kind, content in log.read():
            self._replay(journal, kind, content)
        self.module = make(journal)

    @property
    def module_id(self) -> bytes:
        """Id of the security module."""
        return self.module.id

    @property
    def pending(self) -> Pending | None:
        """The payment that was torn: show the card again."""
        return self.module.pending

    @property
    def records(self) -> Sequence[bytes]:
        """Records that were not acknowledged yet, in the order of the module's numbers."""
        return [self._records[number] for number in sorted(self._records)]

    def balance(self, card: CardLike) -> CardState:
        """Ask what is on the card."""
        return card.run(exchanges.read_state(PURSE_AID))

    def history(self, card: CardLike) -> list[Record]:
        """Ask what the card did last."""
        return card.run(exchanges.history(PURSE_AID))

    def pay(self, card: CardLike, amount: int, now: datetime) -> Record:
        """Take rials off a card: three commands.

        Raises Refused: insufficient, offline_limit, module_batch_full, denylisted, purse_locked …; CardRemoved:
        nobody knows whether it paid, ask ``resume``.
        """
        return self._done(self._order(card, exchanges.debit, [Line(SLOT, amount)], now))

    def cancel_last(self, card: CardLike, now: datetime) -> Record:
        """Give the last payment back, once, when this terminal took it and nothing came after it.

        Raises Refused (wrong_state). CardRemoved as in ``pay``.
        """
        last = self.module.last_record
        if last is None or last.verb is not Verb.DEBIT or self.pending is not None:
            raise Refused("The last transaction here was no payment.", reason=Reason.WRONG_STATE)

        def give_back(aid: object, module: SecurityModule, lines: list[Line], time: int) -> Exchange[Record]:
            del aid
            return exchanges.give_back(PURSE_AID, module, last, lines, time)

        return self._done(self._order(card, give_back, list(last.lines), now))

    def resume(self, card: CardLike) -> Did:
        """Settle the payment that was torn, by asking its card.

        Raises Refused (wrong_state) when nothing is open or another card is in the reader.
        """
        pending = self.pending
        if pending is None:
            raise Refused("No payment is open.", reason=Reason.WRONG_STATE)
        self.module.expect(card.run(exchanges.read_state(PURSE_AID)).card_id)
        proof = card.run(exchanges.last_proof(PURSE_AID))
        if proof is None or _decides(proof, pending):
            return self._settled(card, pending)
        found = [record for record in self.history(card) if record.module_id == self.module_id]
        if self.recover(found):
            return Did.PAID
        state = card.run(exchanges.read_state(PURSE_AID))
        return self._settled(card, pending) if state.counter < pending.counter else Did.NOBODY_KNOWS

    def recover(self, records: Sequence[Record]) -> int:
        """Take records of this terminal that it does not have, from a card's ring; gives how many."""
        lost = {**self._open, **({self.pending.module_counter: self.pending} if self.pending else {})}
        found = 0
        for record in records:
            order = lost.get(record.module_counter)
            if record.module_id == self.module_id and order is not None and order.matches(record):
                self._keep_record(record)
                found += 1
        return found

    def batch(self) -> bytes | None:
        """Give the batch to hand in: the same one until it is acknowledged. None when there is nothing."""
        if self._batch is None:
            self._batch = self._cut()
        return self._batch.seal(self._key) if self._batch else None

    def acknowledge(self, answer: Acknowledgement) -> None:
        """Forget what the back office has. Raises Refused (wrong_state) for another batch."""
        batch = self._batch
        if batch is None or (answer.module_id, answer.number) != (batch.module_id, batch.number):
            raise Refused("This batch was not handed in.", reason=Reason.WRONG_STATE)
        taken = set(batch.records)
        self._records = {number: raw for number, raw in self._records.items() if raw not in taken}
        self._unused -= set(batch.unused)
        self._batch, self._number = None, batch.number
        self._compact()

    def _order(
        self,
        card: CardLike,
        verb: Callable[..., Exchange[Record]],
        lines: list[Line],
        now: datetime,
    ) -> Record:
        before = self.pending
        record = card.run(verb(PURSE_AID, self.module, lines, int(now.timestamp())))
        if before is not None:
            self._open[before.module_counter] = before
        return record

    def _done(self, record: Record) -> Record:
        self._records[record.module_counter] = record.encode()
        return record
