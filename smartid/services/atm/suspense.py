"""What is in suspense, its timer, and the count that ends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartid.errors import Refused
from smartid.services.atm.adapter import QUEUE, REVERSED, SERVICE
from smartid.services.atm.dispenser import Notes, value
from smartid.services.atm.machine import CashMachine
from smartid.services.ledger.book import Entry, Record
from smartid.services.ledger.values import Transfer, transfer_id
from smartid.services.reasons import Reason
from smartid.services.spine.casefile import find_case
from smartid.services.spine.outbox import enqueue
from smartid.services.spine.states import State
from smartid.services.spine.values import Case, Receipt

TIMER = f"{SERVICE}/timer"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspenseItem:
    """A case of which somebody knows too little.

    counted   whether a count of the notes ends it; else the switch's answer to a reversal does
    deadline  when a withdrawal is given back to the customer if nobody knows more
    reversed  whether that was done
    """

    case: Case
    counted: bool
    deadline: datetime
    reversed: bool

    @property
    def amount(self) -> int:
        """In rials."""
        return self.case.reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What a count of the notes showed.

    booked       what the machine holds beyond doubt, by the book
    in_doubt     what stood in suspense and a count can tell
    counted      what was counted
    unexplained  counted less booked, less what the items account for; 0 when the count explains all
    receipts     of the cases that it ended
    """

    booked: int
    in_doubt: int
    counted: int
    unexplained: int
    receipts: tuple[Receipt, ...] = ()


def items(machine: CashMachine) -> list[SuspenseItem]:
    """List what is in suspense."""
    open_cases = machine.desk.cases(State.UNKNOWN, limit=1000)
    return [_item(machine, case) for case in open_cases]


def watch(machine: CashMachine, now: datetime) -> int:
    """Run the timer: give back what nobody explained in time, and compensate for each day beyond it.

    Call it daily at least; twice is once. Gives the rials of compensation that it added.
    """
    return sum(_watch(machine, item, now) for item in items(machine) if now >= item.deadline)


def reconcile(machine: CashMachine, counted: Notes) -> Count:
    """Take a count of all notes in the machine, and end what it explains.

    Two items cannot be told apart by one sum: they are ended together when all their notes are there or none
    are, and else stay as they are, for ``decide``. Raises Refused (wrong_state) while a case is under way.
    """
    if machine.desk.cases(State.RESERVED, limit=1):
        raise Refused("A case is under way.", reason=Reason.WRONG_STATE, remedy="Recover first.")
    doubtful = [item for item in items(machine) if item.counted]
    booked = machine.book.balance(machine.adapter.ledger.cash).posted
    in_doubt, extra = sum(item.amount for item in doubtful), value(counted) - booked
    receipts: Sequence[Receipt] = ()
    if doubtful and (extra in {0, in_doubt} or (len(doubtful) == 1 and 0 < extra < in_doubt)):
        inside = [item.amount if extra == in_doubt else extra for item in doubtful]
        receipts = [_end(machine, item, there) for item, there in zip(doubtful, inside, strict=True)]
        extra = 0
    return Count(
        booked=booked,
        in_doubt=in_doubt,
        counted=value(counted),
        unexplained=extra,
        receipts=tuple(receipts),
    )


def decide(machine: CashMachine, case_id: str, *, in_machine: int) -> Receipt:
    """End one item by hand: so many rials of it were found in the machine.

    Raises Refused: unknown_case, wrong_state, invalid_request.
    """
    case = machine.desk.case(case_id)
    item = _item(machine, case)
    if case.state is not State.UNKNOWN or not item.counted:
        raise Refused("No count of notes ends this case.", reason=Reason.WRONG_STATE)
    if not 0 <= in_machine <= case.reserved:
        raise Refused("No more than was in doubt can be found.", reason=Reason.INVALID_REQUEST)
    return _end(machine, item, in_machine)


def _item(machine: CashMachine, case: Case) -> SuspenseItem:
    return SuspenseItem(
        case=case,
        counted=case.begun,
        deadline=case.opened + machine.adapter.rules.reversal_after,
        reversed=machine.book.run(lambda entry: _is_reversed(entry, case)),
    )


def _end(machine: CashMachine, item: SuspenseItem, in_machine: int) -> Receipt:
    """``in_machine`` rials of an item are in the machine.

    Whether the timer has given the amount back is looked at in the entry that ends the item.
    """
    case, desk = item.case, machine.desk
    moved = in_machine if case.terms.verb == "deposit" else case.reserved - in_machine

    def work(entry: Entry) -> Receipt:
        given_back = _is_reversed(entry, case)
        if moved == 0:
            return desk.void_in(entry, case.id, why=REVERSED if given_back else "counted")
        return desk.complete_in(entry, case.id, moved, facts={"counted": True, "reversed": given_back})

    return machine.book.run(work)


def _is_reversed(entry: Entry, case: Case) -> bool:
    return entry.load(TIMER, case.id) is not None


def _watch(machine: CashMachine, item: SuspenseItem, now: datetime) -> int:
    if item.counted and not item.reversed and item.case.terms.verb != "deposit":
        _give_back(machine, item, now)
    if machine.outbox.reply(QUEUE, item.case.id) is not None:
        return 0
    return _compensate(machine, item, now)


def _give_back(machine: CashMachine, item: SuspenseItem, now: datetime) -> None:
    def work(entry: Entry) -> None:
        if find_case(entry, SERVICE, item.case.id) != item.case:
            return  # somebody has just ended it
        enqueue(entry, machine.adapter.reversal(item.case, "not explained in time"), now)
        since = {"since": int(now.timestamp())}
        entry.keep(Record(kind=TIMER, key=item.case.id, content=since))

    machine.book.run(work)


def _compensate(machine: CashMachine, item: SuspenseItem, now: datetime) -> int:
    """One transfer for each whole day after the deadline; a day that is booked stays booked."""
    rate, ledger = machine.adapter.rules.compensation_a_day, machine.adapter.ledger
    days = (now - item.deadline) // _DAY

    def work(entry: Entry) -> int:
        missing = [
            Transfer(
                id=id_,
                debit=ledger.compensation_cost,
                credit=ledger.compensation_due,
                amount=rate,
                note=f"delay of {item.case.id}, day {day}",
            )
            for day in range(1, days + 1)
            if entry.transfer(id_ := transfer_id("atm compensation", item.case.id, day)) is None
        ]
        if missing and rate:
            entry.open_account(*machine.adapter.ledger.all())
            entry.post(*missing)
        return rate * len(missing)

    return machine.book.run(work)
