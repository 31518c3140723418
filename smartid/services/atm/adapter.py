"""What the cash machine brings to the spine: terms, ledger template, reversals.

The machine's book has the notes, not the customers' accounts: those are the switch's::

    vault ── loaded ──▶ cash ── withdrawn ──▶ paid-out
    paid-in ── deposited ──▶ cash
    cash, paid-in ── nobody knows ──▶ suspense ── counted ──▶ paid-out, cash, loss

Whenever a reservation is let go that the switch did not refuse, a reversal leaves in the same entry: whole,
or with the true amount when part of it was carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from smartid.errors import Refused
from smartid.identity.persian import to_persian_digits
from smartid.services.atm.requests import PROCESSING, VERBS, Deposit, Request, Transfer, masked
from smartid.services.atm.rules import Rules
from smartid.services.ledger.values import Account, Guard, Kind
from smartid.services.ledger.values import Transfer as Movement
from smartid.services.messages import cash_machine
from smartid.services.messages.cash_machine import Trace
from smartid.services.reasons import Reason
from smartid.services.spine.legs import leg
from smartid.services.spine.outbox import Message
from smartid.services.spine.states import State, Step
from smartid.services.spine.values import Case, Holder, Terms

SERVICE = "atm"
QUEUE = "switch"
REVERSED = "reversed"
"""Why a case is voided whose reversal has left before."""
UNIT = "IRR"
_KINDS = {
    Step.RESERVE: Kind.PENDING,
    Step.COMPLETE: Kind.POST,
    Step.VOID: Kind.VOID,
    Step.EXPIRE: Kind.VOID,
    Step.SUSPEND: Kind.VOID,
}
_BACK = {Step.REFUND, Step.UPHOLD}
_SENTENCES = {
    "withdraw": ("برداشت {amount} ریال از حساب {shown}", "Withdraw {amount} rials from account {account}"),
    "deposit": ("واریز {amount} ریال به حساب {shown}", "Deposit {amount} rials into account {account}"),
    "transfer": (
        "انتقال {amount} ریال از حساب {shown} به حساب {payee}",
        "Transfer {amount} rials from account {account} to account {payee}",
    ),
}


@dataclass(frozen=True, slots=True)
class Accounts:
    """Names of the accounts of one terminal."""

    terminal: str

    @property
    def vault(self) -> str:
        """Where notes come from and go to by hand."""
        return self._of("vault")

    @property
    def cash(self) -> str:
        """Notes in the machine that nobody doubts."""
        return self._of("cash")

    @property
    def paid_out(self) -> str:
        """Notes that customers took."""
        return self._of("paid-out")

    @property
    def paid_in(self) -> str:
        """Notes that customers brought."""
        return self._of("paid-in")

    @property
    def suspense(self) -> str:
        """Notes of which nobody knows where they are, and money of which nobody knows whose it is."""
        return self._of("suspense")

    @property
    def loss(self) -> str:
        """What customers got back although the notes are gone."""
        return self._of("loss")

    @property
    def compensation_cost(self) -> str:
        """What delays cost the bank."""
        return self._of("compensation-cost")

    @property
    def compensation_due(self) -> str:
        """What customers are owed for delays."""
        return self._of("compensation-due")

    def all(self) -> tuple[Account, ...]:
        """All of them."""
        guarded = (self.cash, self.suspense, self.compensation_due)
        free = (self.vault, self.paid_out, self.paid_in, self.loss, self.compensation_cost)
        return (
            *(Account(name=name, unit=UNIT) for name in guarded),
            *(Account(name=name, unit=UNIT, guard=Guard.NONE) for name in free),
        )

    def _of(self, name: str) -> str:
        return f"{SERVICE}/{self.terminal}/{name}"


class CashMachineAdapter:
    """One terminal's share of the service.

    terminal  8 characters, field 41 of every message
    acquirer  digits of the institution that owns it, field 32
    """

    name = SERVICE

    def __init__(self, *, terminal: str, acquirer: str, rules: Rules) -> None:
        self.terminal = terminal
        self.acquirer = acquirer
        self.rules = rules
        self.ledger = Accounts(terminal)

    @property
    def reservation(self) -> timedelta:
        """As ``Adapter.reservation``."""
        return self.rules.reservation

    def quote(self, request: Request, holder: Holder, now: datetime) -> Terms:
        """As ``Adapter.quote``. Raises Refused (invalid_request)."""
        del holder  # nobody pays more than another one
        self._require_amount(request)
        verb = VERBS[type(request)]
        payee = request.to_account if isinstance(request, Transfer) else self.terminal
        account = masked(request.account)
        shown = {"amount": f"{request.amount:,}", "account": account, "payee": payee}
        shown["shown"] = f"\u2066{account}\u2069"  # else its halves change places in Persian
        persian, english = (text.format(**shown) for text in _SENTENCES[verb])
        return Terms(
            service=SERVICE,
            verb=verb,
            amount=request.amount,
            unit=UNIT,
            payee=payee,
            sentence_fa=to_persian_digits(persian.replace(",", "٬")),
            sentence_en=english,
            policy=self.rules.label,
            expires=now + self.rules.offer,
            details=_details(request),
        )

    def accounts(self, case: Case) -> Sequence[Account]:
        """As ``Adapter.accounts``."""
        return () if case.terms.verb == "transfer" else self.ledger.all()

    def transfers(self, case: Case, step: Step, amount: int) -> Sequence[Movement]:
        """As ``Adapter.transfers``."""
        if case.terms.verb == "transfer":
            return []
        if case.state is State.UNKNOWN:
            return self._from_suspense(case, step, amount if step is Step.COMPLETE else 0)
        return self._plain(case, step, amount)

    def _plain(self, case: Case, step: Step, amount: int) -> Sequence[Movement]:
        """The transfers of a step while everything is known."""
        source, target = ends = self._ends(case)
        if step in _BACK:
            return [_move(case, step, (target, self.ledger.loss), amount)]
        kind = _KINDS.get(step)
        if kind is None:
            return []
        moved = _move(case, step, ends, 0 if kind is Kind.VOID else amount, kind=kind)
        if step is not Step.SUSPEND:
            return [moved]
        return [moved, _move(case, step, (source, self.ledger.suspense), case.reserved, name="suspense")]

    def messages(self, case: Case, step: Step) -> Sequence[Message]:
        """As ``Adapter.messages``: the reversal of what was not carried out, unless one has left before."""
        if case.facts.get("reversed") or case.facts.get("why") == REVERSED:
            return []
        if step in {Step.VOID, Step.EXPIRE} and not case.original:
            return [self.reversal(case, str(case.facts.get("why", step)))]
        if step is Step.COMPLETE and case.completed < case.terms.amount:
            return [self.reversal(case, "partly carried out", replacement=case.completed)]
        if step in _BACK:
            return [self._correction(case, step)]
        return []

    def reversal(self, case: Case, reason: str, *, replacement: int = 0) -> Message:
        """Make the reversal of a case; there is one, whatever is the reason."""
        fields = cash_machine.reversal(
            self.trace(case),
            PROCESSING[case.terms.verb],
            amount=case.terms.amount,
            replacement=replacement,
            reason=reason,
        )
        return Message(queue=QUEUE, key=case.id, payload=fields)

    def _correction(self, case: Case, step: Step) -> Message:
        """A reversal after all was done: it has the original's number, and a time of its own."""
        fields = self.reversal(case, str(step), replacement=case.completed - case.refunded).payload
        own = replace(self.trace(case), time=case.changed).transmitted
        return Message(queue=QUEUE, key=f"{case.id}/{step}/{case.refunded}", payload={**fields, "7": own})

    def trace(self, case: Case) -> Trace:
        """Name the 0200 of a case: known before it is sent, and after a power cut."""
        signed = case.transaction
        return Trace(
            number=cash_machine.trace_number(signed.terminal_counter),
            time=datetime.fromtimestamp(signed.time, UTC),
            acquirer=self.acquirer,
            terminal=self.terminal,
        )

    def _ends(self, case: Case) -> tuple[str, str]:
        if case.terms.verb == "deposit":
            return self.ledger.paid_in, self.ledger.cash
        return self.ledger.cash, self.ledger.paid_out

    def _from_suspense(self, case: Case, step: Step, amount: int) -> Sequence[Movement]:
        source, target = self._ends(case)
        if case.facts.get("reversed") and case.terms.verb == "withdraw":
            target = self.ledger.loss
        suspense, rest = self.ledger.suspense, case.reserved - amount
        parts = [("", target, amount), ("rest", source, rest)]
        return [_move(case, step, (suspense, end), part, name=name) for name, end, part in parts if part]

    def _require_amount(self, request: Request) -> None:
        note = 1 if isinstance(request, Transfer) else self.rules.smallest_note
        if type(request.amount) is not int or request.amount <= 0 or request.amount % note:
            raise Refused(
                f"An amount is a multiple of {note:,} rials, and more than none.",
                reason=Reason.INVALID_REQUEST,
            )
        if isinstance(request, Transfer):
            masked(request.to_account)
            if request.to_account == request.account:
                raise Refused("Both accounts are the same.", reason=Reason.INVALID_REQUEST)


def _details(request: Request) -> dict[str, str | int]:
    details: dict[str, str | int] = {"account": masked(request.account)}
    if isinstance(request, Deposit):
        details["bunch"] = request.bunch
        details |= {f"notes_{denomination}": count for denomination, count in request.notes.items()}
    return details


def _move(
    case: Case, step: Step, ends: tuple[str, str], amount: int, *, name: str = "", kind: Kind = Kind.POSTED
) -> Movement:
    """One transfer of a step; whatever resolves names what RESERVE held."""
    return Movement(
        id=leg(case, step, name),
        debit=ends[0],
        credit=ends[1],
        amount=amount,
        kind=kind,
        pending=b"" if kind in {Kind.POSTED, Kind.PENDING} else leg(case, Step.RESERVE),
        note=f"{case.terms.verb} {case.id} {step}",
    )
