"""What a desk does within one entry of the book."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from smartid.errors import Refused
from smartid.identity.transaction import MAX_NUMBER
from smartid.services.ledger.book import Entry, Record
from smartid.services.reasons import Reason
from smartid.services.spine import casefile
from smartid.services.spine.adapter import Adapter, JournalWriter
from smartid.services.spine.bulk import among_many
from smartid.services.spine.machine import advance
from smartid.services.spine.outbox import Message, enqueue
from smartid.services.spine.quoting import Counter, require_time
from smartid.services.spine.settlement import keep_item
from smartid.services.spine.states import State, Step
from smartid.services.spine.values import BEGUN, Assurance, Authorized, Case, Receipt

REVERSING = "reversing"
"""Fact of a case that was suspended with its reversal: the reversal's key."""


def require_amount(amount: int, *, least: int = 0) -> None:
    """Raises Refused (invalid_request) unless it is a whole number from ``least`` to 2^53 - 1."""
    if type(amount) is not int or not least <= amount <= MAX_NUMBER:
        raise Refused(
            f"An amount is a whole number from {least} to {MAX_NUMBER}.", reason=Reason.INVALID_REQUEST
        )


def require_unknown(case: Case) -> None:
    """Raises Refused (wrong_state) unless nobody knows the outcome of a case."""
    if case.state is not State.UNKNOWN:
        raise Refused(f"The case is {case.state} by now.", reason=Reason.WRONG_STATE)


class Booking:
    """The steps of a case; each is called within one entry, and is undone with it."""

    def __init__(self, adapter: Adapter, journal: JournalWriter, counter: Counter) -> None:
        self._adapter = adapter
        self._journal = journal
        self._counter = counter

    def known(self, entry: Entry, authorized: Authorized, key: str) -> Case | None:
        """Give the case that was opened under this key before, as a replay.

        Raises Refused (conflict) when the key was used for another transaction, or the transaction was
        carried out under another key.
        """
        service, transaction = self._adapter.name, authorized.prepared.transaction
        id_ = casefile.case_id(service, key)
        used = entry.load(casefile.mark_kind(service), transaction.fingerprint.hex())
        if used is not None and used.content["case"] != id_:
            raise casefile.conflict("This transaction was carried out under another key.")
        case = casefile.find_case(entry, service, id_)
        if case is None:
            return None
        if case.transaction != transaction:
            raise casefile.conflict("This key belongs to another transaction.")
        return replace(case, replayed=True)

    def outcome(self, entry: Entry, case: Case) -> Receipt:
        """Give the receipt of a case that was committed at once."""
        found = casefile.find_answer(
            entry, case.service, f"{case.id}/{Step.COMPLETE}", str(case.terms.amount)
        )
        if found is None:
            raise casefile.conflict("This key belongs to a reservation.")
        return found

    def admit(self, entry: Entry, authorized: Authorized, key: str, now: datetime) -> Case:
        """Open a case: the offer stands, the limits allow it, the accounts are there."""
        case = casefile.open_case(authorized, key, now)
        if case.service != self._adapter.name:
            raise Refused(f"{self._adapter.name} does not serve {case.service}.", reason=Reason.BAD_PROOF)
        self._counter.require_own(case.transaction)
        require_time(case.transaction, now)
        self._counter.require_holder(case.holder)
        require_amount(case.terms.amount)
        if among_many(entry, self._adapter, authorized, now):
            raise casefile.conflict("This transaction was carried out among many.")
        self._counter.use(entry, case.terms, case.holder, now)
        entry.open_account(*self._adapter.accounts(case))
        entry.keep(casefile.mark_of(case))
        if case.holder.assurance is Assurance.TYPED:
            content = {"case": case.id}
            review = Record(kind=f"{case.service}/review", key=case.id, state="open", content=content)
            entry.keep(replace(review, due=int(now.timestamp())))
        return case

    def reserve(self, entry: Entry, authorized: Authorized, key: str, now: datetime) -> Case:
        """Open a case and hold its amount."""
        case = self.admit(entry, authorized, key, now)
        amount = case.terms.amount
        self._post(entry, case, Step.RESERVE, amount)
        held = replace(case, state=advance(case.state, Step.RESERVE), reserved=amount)
        due = int((now + self._adapter.reservation).timestamp())
        casefile.keep_case(entry, held, due=due)
        self._tell(entry, held, Step.RESERVE, now)
        return held

    def begin(self, entry: Entry, case: Case, now: datetime) -> Case:
        """Write down that the effect begins, and let the reservation stand until it is resolved."""
        if case.state is not State.RESERVED or case.begun:
            raise Refused(
                f"The effect of a case that is {'begun' if case.begun else case.state} does not begin.",
                reason=Reason.WRONG_STATE,
            )
        begun = replace(case, facts={**case.facts, BEGUN: now.isoformat()}, changed=now)
        casefile.keep_case(entry, begun)
        return begun

    def complete(self, entry: Entry, case: Case, amount: int, now: datetime) -> Receipt:
        """Post what was drawn."""
        require_amount(amount)
        state = advance(case.state, Step.COMPLETE)
        if case.state is State.UNKNOWN and REVERSING in case.facts:
            raise Refused("The case is being reversed.", reason=Reason.WRONG_STATE, remedy="Begin a new one.")
        if amount > case.terms.amount or (amount == 0 and case.reserved):
            raise Refused(
                f"Of {case.terms.amount} that the holder agreed to, {amount} cannot be completed.",
                reason=Reason.INVALID_REQUEST,
                remedy="Void the case when nothing was drawn.",
            )
        self._post(entry, case, Step.COMPLETE, amount)
        if amount < case.reserved:
            self._counter.give_back(entry, case, case.reserved - amount, whole=False)
        done = replace(case, state=state, completed=amount, changed=now)
        keep_item(entry, done, Step.COMPLETE, amount, now)
        return self._close(entry, done, Step.COMPLETE, amount, now)

    def release(self, entry: Entry, case: Case, step: Step, now: datetime) -> Receipt:
        """Void or expire a reservation."""
        state = advance(case.state, step)
        self._post(entry, case, step, case.reserved)
        self._counter.give_back(entry, case, case.reserved, whole=True)
        return self._close(entry, replace(case, state=state, changed=now), step, 0, now)

    def suspend(self, entry: Entry, case: Case, message: Message | None, now: datetime) -> Receipt:
        """Leave the reservation as it is, until somebody knows."""
        state = advance(case.state, Step.SUSPEND)
        self._post(entry, case, Step.SUSPEND, 0)
        held = replace(case, state=state, changed=now)
        if message is not None:
            held = self.reverse(entry, held, message, now)
        return self._close(entry, held, Step.SUSPEND, case.reserved, now)

    def reverse(self, entry: Entry, case: Case, message: Message, now: datetime) -> Case:
        """Queue the reversal of a case whose outcome is not known: it is not completed any more."""
        enqueue(entry, message, now)
        reversing = replace(case, facts={**case.facts, REVERSING: message.key})
        casefile.keep_case(entry, reversing)
        return reversing

    def give_back(self, entry: Entry, case: Case, step: Step, amount: int, now: datetime) -> Receipt:
        """Move back all or part of what was completed."""
        require_amount(amount)
        state = advance(case.state, step)
        left = case.completed - case.refunded
        if amount > left:
            raise Refused(
                f"Of {case.completed} that were completed, {left} can go back.",
                reason=Reason.INVALID_REQUEST,
                remaining=left,
            )
        if amount:
            self._post(entry, case, step, amount)
            keep_item(entry, case, step, -amount, now)
        back = replace(case, state=state, refunded=case.refunded + amount, changed=now)
        return self._close(entry, back, step, amount, now)

    def mark(self, entry: Entry, case: Case, step: Step, now: datetime) -> Receipt:
        """Open a dispute, or decide it for the payee."""
        state = advance(case.state, step)
        self._post(entry, case, step, 0)
        return self._close(entry, replace(case, state=state, changed=now), step, 0, now)

    def answer(self, entry: Entry, case: Case, step: Step, amount: int | None) -> Receipt | None:
        """Give the receipt of a step that was done before, as a replay.

        amount  None: whatever it was

        Raises Refused (conflict) when it was another amount.
        """
        name = f"{case.id}/{step}"
        if amount is None:
            record = entry.load(f"{case.service}/answer", name)
            amount = int(record.content["fingerprint"]) if record else 0
        return casefile.find_answer(entry, case.service, name, str(amount))

    def lease(self, entry: Entry, case: Case, owner: str, until: datetime) -> None:
        """Keep others from taking up a case for a while."""
        content = {"owner": owner}
        due = int(until.timestamp())
        entry.keep(Record(kind=f"{case.service}/running", key=case.id, due=due, content=content))

    def require_free(self, entry: Entry, case: Case, owner: str, now: datetime) -> None:
        """Raises Refused (in_progress) while another desk works on the case."""
        record = entry.load(f"{case.service}/running", case.id)
        if record and record.content["owner"] != owner and now.timestamp() < record.due:
            raise Refused(
                "The first call under this key is still running.",
                reason=Reason.IN_PROGRESS,
                resets_at=datetime.fromtimestamp(record.due, now.tzinfo),
            )

    def _post(self, entry: Entry, case: Case, step: Step, amount: int) -> None:
        transfers = self._adapter.transfers(case, step, amount)
        if transfers:
            entry.post(*transfers)

    def _tell(self, entry: Entry, case: Case, step: Step, now: datetime) -> None:
        for message in self._adapter.messages(case, step):
            enqueue(entry, message, now)

    def _close(self, entry: Entry, case: Case, step: Step, amount: int, now: datetime) -> Receipt:
        """Write case, messages, receipt and the answer for those who repeat the call."""
        casefile.keep_case(entry, case)
        self._tell(entry, case, step, now)
        if case.state is not State.UNKNOWN:
            entry.forget(f"{case.service}/running", case.id)
        write = partial(self._journal.write, entry, service=case.service, verb=case.terms.verb)
        receipt = write(
            state=case.state,
            amount=amount,
            unit=case.terms.unit,
            payee=case.terms.payee,
            case=case.id,
            details=case.terms.details,
        )
        if step is not Step.REFUND:
            casefile.keep_answer(
                entry, case.service, f"{case.id}/{step}", str(amount_key(step, amount)), receipt
            )
        return receipt


def amount_key(step: Step, amount: int) -> int:
    """What a repeat of a step has to ask for: the amount where the caller chooses one, else nothing."""
    return amount if step in {Step.COMPLETE, Step.UPHOLD} else 0
