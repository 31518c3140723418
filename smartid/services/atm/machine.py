"""A cash machine: what is asked of the switch, what the device did, and what follows from both.

::

    reserved ── 0200 ─┬─ refused ──────────────────────────────────▶ voided
                      ├─ no answer ── 0420 queued ─────────────────▶ unknown ── 0430 ──▶ voided
                      └─ approved ── begun written  ── device ─┬─ presented ────────▶ completed
                                                               ├─ some notes ───────▶ completed, 0420 in part
                                                               ├─ not presented ────▶ voided, 0420
                                                               └─ unknown ──────────▶ unknown (suspense)

Nobody guesses: what neither the switch nor the device can say stays in suspense until notes are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from smartid.errors import GatewayUnavailable, Refused
from smartid.services.atm.adapter import QUEUE, REVERSED, SERVICE, CashMachineAdapter
from smartid.services.atm.dispenser import CashInState, Dispenser, mix
from smartid.services.atm.host import Host, refusal
from smartid.services.atm.pin_pad import EncryptedPIN
from smartid.services.atm.requests import PROCESSING, Request, Withdrawal, masked
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.messages import cash_machine
from smartid.services.messages.cash_machine import Answer
from smartid.services.reasons import Reason
from smartid.services.spine.desk import Desk
from smartid.services.spine.outbox import Delivery, Outbox
from smartid.services.spine.states import State
from smartid.services.spine.values import Authorized, Case, Holder, Prepared, Receipt
from smartid.trust.policy import utc_now


class CashMachine:
    """One terminal at work. One customer at a time stands before it.

    desk      the counter of the service, of the same adapter and book
    host      the switch
    dispenser the device with the notes
    """

    def __init__(
        self,
        adapter: CashMachineAdapter,
        desk: Desk,
        book: Book,
        host: Host,
        dispenser: Dispenser,
        *,
        outbox: Outbox | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.adapter = adapter
        self.desk = desk
        self.book = book
        self.host = host
        self.dispenser = dispenser
        self.outbox = outbox or Outbox(book)
        self.clock = clock

    def prepare(self, request: Request, holder: Holder, *, lang: str = "fa") -> Prepared:
        """Quote (``Desk.prepare``). Raises Refused (out_of_cash) when the notes cannot make the amount."""
        if isinstance(request, Withdrawal):
            self._notes(request.amount)
        return self.desk.prepare(request, holder, lang=lang)

    def withdraw(self, authorized: Authorized, account: str, *, pin: EncryptedPIN | None = None) -> Receipt:
        """Pay out what was agreed.

        The receipt says what the customer has: COMPLETED with what he took, VOIDED when he took nothing,
        UNKNOWN ("pending") when the device does not know.

        account  its number, which the machine does not keep
        pin      for the host; None when the card verified the PIN itself

        Raises Refused when the bank refuses, GatewayUnavailable when it does not answer; no note moved then.
        """
        case = self._begin(authorized, account)
        if case.replayed:
            return self.settle_open(case)
        notes = self._notes(case.terms.amount)
        self._ask(case, account, pin)
        self.desk.begin(case.id)
        return self.resolve(case, self.dispenser.dispense(case.id, notes).moved, why="not presented")

    def deposit(self, authorized: Authorized, account: str, *, pin: EncryptedPIN | None = None) -> Receipt:
        """Credit the notes in the escrow, then put them into the cassettes. Raises as ``withdraw``.

        When the bank refuses or does not answer, the customer has his notes back.
        """
        case = self._begin(authorized, account)
        if case.replayed:
            return self.settle_open(case)
        bunch = str(case.terms.details["bunch"])
        try:
            self._ask(case, account, pin)
            self.desk.begin(case.id)
        except (Refused, GatewayUnavailable):
            self.dispenser.give_back(bunch)
            raise
        return self.resolve(case, self.dispenser.store(bunch).moved, why="not stored")

    def transfer(self, authorized: Authorized, account: str, *, pin: EncryptedPIN | None = None) -> Receipt:
        """Move money between two accounts of the switch. Raises as ``withdraw``."""
        case = self._begin(authorized, account)
        if case.replayed:
            return self.settle_open(case)
        self._ask(case, account, pin)
        return self.desk.complete(case.id, original=Answer.APPROVED)

    def resolve(self, case: Case, moved: int | None, *, why: str) -> Receipt:
        """Draw the consequence of what became of the notes.

        moved  rials that changed hands; None when nobody knows
        """
        if moved is None:
            return self.desk.suspend(case.id, message=None)
        if moved == 0:
            return self.desk.void(case.id, why=why)
        return self.desk.complete(case.id, moved)

    def recover(self) -> list[Receipt]:
        """Settle what a power cut left open. Call it at every start, before anybody is served."""
        receipts = [self.settle_open(case) for case in self.desk.cases(State.RESERVED, limit=1000)]
        for bunch in self.dispenser.escrows():
            self.dispenser.give_back(bunch)
        for case in self.desk.cases(State.UNKNOWN, limit=1000):
            if self.outbox.reply(QUEUE, case.id) is not None:
                receipts += self._reversed(case)
        return receipts

    def settle_open(self, case: Case) -> Receipt:
        """Say what became of a case that somebody began before, and settle it if it is open."""
        if case.state is State.RESERVED:
            if not case.begun:
                return self._no_answer(case, "power failure")
            return self.resolve(case, self._moved(case), why="power failure")
        if case.state is State.UNKNOWN:
            return self.desk.suspend(case.id, message=None)
        if case.state is State.VOIDED:
            return self.desk.void(case.id, why="")
        return self.desk.complete(case.id, case.completed)

    def deliver(self, now: datetime | None = None) -> Delivery:
        """Send the reversals that are due, and close the cases that waited for one."""
        delivery = self.outbox.deliver(QUEUE, self.host.tell, now or self.clock())
        for message, _ in delivery.delivered:
            if "/" not in message.key:
                self._reversed(self.desk.case(message.key))
        return delivery

    def late(self, reply: bytes) -> None:
        """Write down an answer that nobody waits for any more; its reversal is under way."""
        conversation = cash_machine.conversation(reply)
        name = (
            "-".join(str(part) for part in conversation) if isinstance(conversation, tuple) else "unreadable"
        )
        seen = int(self.clock().timestamp())

        def work(entry: Entry) -> None:
            number = entry.next_number(f"{SERVICE}/late")
            content = {"conversation": name, "bytes": len(reply), "time": seen}
            entry.keep(Record(kind=f"{SERVICE}/late", key=f"{number:08}", content=content))

        self.book.run(work)

    def _begin(self, authorized: Authorized, account: str) -> Case:
        signed = authorized.prepared.transaction
        if masked(account) != authorized.prepared.terms.details["account"]:
            raise Refused("The customer agreed for another account.", reason=Reason.BAD_PROOF)
        return self.desk.reserve(authorized, key=f"{signed.terminal}/{signed.terminal_counter}")

    def _ask(self, case: Case, account: str, pin: EncryptedPIN | None) -> None:
        request = cash_machine.request(
            self.adapter.trace(case),
            PROCESSING[case.terms.verb],
            account=account,
            amount=case.terms.amount,
            to_account=case.terms.payee if case.terms.verb == "transfer" else "",
            pin_block=pin.block if pin else b"",
            serial=pin.serial if pin else b"",
        )
        try:
            code = self.host.ask(request)["39"]
        except GatewayUnavailable as error:
            self._no_answer(case, "timeout")
            raise GatewayUnavailable(
                "The bank did not answer. What it may have booked is taken back.",
                retry_after=error.retry_after,
                reversal_queued=True,
            ) from error
        if code != Answer.APPROVED:
            # A code that we do not know may be that of something done: it is reversed (no ``original``).
            self.desk.void(case.id, why=f"code {code}", original=code if code in set(Answer) else "")
            raise refusal(code)

    def _no_answer(self, case: Case, reason: str) -> Receipt:
        return self.desk.suspend(case.id, message=self.adapter.reversal(case, reason))

    def _moved(self, case: Case) -> int | None:
        if case.terms.verb == "withdraw":
            return self.dispenser.present_status(case.id).moved
        status = self.dispenser.cash_in_status(bunch := str(case.terms.details["bunch"]))
        if status.state is CashInState.ACTIVE:
            status = self.dispenser.give_back(bunch)
        return status.moved

    def _reversed(self, case: Case) -> list[Receipt]:
        """The switch has taken back what it may have booked. Notes in doubt stay in doubt."""
        if case.state is not State.UNKNOWN or case.begun:
            return []
        return [self.desk.void(case.id, why=REVERSED)]

    def _notes(self, amount: int) -> dict[int, int]:
        found = mix(amount, self.dispenser.cassettes(), most_notes=self.adapter.rules.largest_bunch)
        if found is None:
            raise Refused(
                "The machine has no notes for this amount.",
                reason=Reason.OUT_OF_CASH,
                remedy="Choose another amount.",
            )
        return found
