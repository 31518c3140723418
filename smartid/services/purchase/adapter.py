"""What is particular to a purchase: its offers, and which accounts move at which step.

::

    purchase/acquirer          what the acquirer owes us; below zero means that we owe it
    purchase/payable/PAYEE     what is taken for a payee and not yet paid out
    purchase/fees              what payees paid for it
    purchase/bank              paid out
    purchase/allowance/M/P     what a mandate still allows in a period, in a unit of its own
    purchase/allowances/UNIT   the other side of those
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from smartid.errors import Refused
from smartid.services.ledger.values import Account, Guard, Transfer
from smartid.services.purchase import acquirer, events, words
from smartid.services.purchase.values import UNIT, VERBS, Intent, Mandate, Payee, Verb
from smartid.services.reasons import Reason
from smartid.services.spine.legs import leg, two_account
from smartid.services.spine.outbox import Message
from smartid.services.spine.periods import begin_of, day_of
from smartid.services.spine.policies import PolicyData
from smartid.services.spine.states import Step
from smartid.services.spine.values import Case, Holder, Terms

NAME = "purchase"
ACQUIRER = "purchase/acquirer"
FEES = "purchase/fees"
BANK = "purchase/bank"
_MOVES = frozenset({Verb.PAY, Verb.AUTHORISE, Verb.DRAW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A part that a payee takes on a mandate."""

    mandate: Mandate
    amount: int
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is quoted, and for whom."""

    what: Intent | Mandate | Draw
    payee: Payee


class PurchaseAdapter:
    """The service "purchase" (``spine.Adapter``).

    policy  gives the rules of a day
    """

    name = NAME

    def __init__(self, policy: Callable[[date], PolicyData]) -> None:
        self._policy = policy

    @property
    def reservation(self) -> timedelta:
        """How long an amount is held for the payee."""
        return timedelta(days=self._policy(date.max).values["hold_days"])

    def quote(self, request: Request, holder: Holder, now: datetime) -> Terms:
        """Say what is offered. Raises Refused: denylisted, quote_expired, insufficient."""
        del holder
        if not request.payee.allowed:
            raise Refused(f"Nothing is paid to {request.payee.id}.", reason=Reason.DENYLISTED)
        moment = now.replace(microsecond=0)
        policy = self._policy(day_of(now))
        stands = moment + timedelta(minutes=policy.values["offer_minutes"])
        match request.what:
            case Intent() as intent:
                return _payment(intent, request.payee, policy, moment, stands)
            case Mandate() as mandate:
                return _mandate(mandate, request.payee, policy, moment, stands)
            case Draw() as draw:
                return _draw(draw, request.payee, policy, moment, stands)

    def accounts(self, case: Case) -> Sequence[Account]:
        """Name the accounts of a case. Only allowances have a guard: a refund may come after the payout."""
        if case.terms.verb not in _MOVES:
            return []
        names = (ACQUIRER, payable(case.terms.payee), FEES)
        money = [Account(name=name, unit=UNIT, guard=Guard.NONE) for name in names]
        if case.terms.verb != Verb.DRAW:
            return money
        return [*money, *allowance_accounts(str(case.terms.details["allowance"]), _unit(case))]

    def transfers(self, case: Case, step: Step, amount: int) -> Sequence[Transfer]:
        """Give the transfers of a step. Settled money moves when it is paid out (``payout``)."""
        if case.terms.verb not in _MOVES:
            return []
        payee = payable(case.terms.payee)
        moved = [*two_account(case, step, amount, debit=ACQUIRER, credit=payee)]
        fee = self.fee(case, amount) if step is Step.COMPLETE else 0
        if fee:
            moved.append(Transfer(id=leg(case, step, "fee"), debit=payee, credit=FEES, amount=fee))
        if case.terms.verb == Verb.DRAW and step not in {Step.REFUND, Step.UPHOLD}:
            name = str(case.terms.details["allowance"])
            other = allowances(_unit(case))
            moved += two_account(case, step, amount, debit=allowance(name), credit=other, name="allowance")
        return moved

    def messages(self, case: Case, step: Step) -> Sequence[Message]:
        """Tell the acquirer what it does not know yet, and the payee what happened."""
        return [*acquirer.advices(case, step), *events.events(case, step)]

    def fee(self, case: Case, amount: int) -> int:
        """Give what the payee pays for an amount, by the rules of the day on which it was offered."""
        values = self._policy(day_of(case.opened)).values
        share: int = amount * values["fee_per_10000"] // 10_000
        return min(share, int(values["fee_maximum"]))


def payable(payee: str) -> str:
    """Name the account of what was taken for a payee."""
    return f"purchase/payable/{payee}"


def allowance(name: str) -> str:
    """Name the account of what a mandate still allows; ``name`` is MANDATE/PERIOD."""
    return f"purchase/allowance/{name}"


def allowances(unit: str) -> str:
    """Name the other side of all allowances of a unit."""
    return f"purchase/allowances/{unit.rsplit(' ', 1)[1]}"


def allowance_accounts(name: str, unit: str) -> list[Account]:
    """Name both sides of an allowance."""
    other = Account(name=allowances(unit), unit=unit, guard=Guard.NONE)
    return [Account(name=allowance(name), unit=unit), other]


def _payment(intent: Intent, payee: Payee, policy: PolicyData, now: datetime, stands: datetime) -> Terms:
    if now >= intent.expires:
        raise Refused("The offer is over.", reason=Reason.QUOTE_EXPIRED)
    fa, en = words.payment(intent, payee)
    verb = VERBS[intent.capture]
    return Terms(
        service=NAME,
        verb=verb,
        amount=intent.amount,
        unit=f"{UNIT} in all" if verb is Verb.PARTS else UNIT,
        payee=payee.id,
        sentence_fa=fa,
        sentence_en=en,
        policy=policy.label,
        expires=min(stands, intent.expires),
        details={"intent": intent.id, "order": intent.order},
    )


def _mandate(mandate: Mandate, payee: Payee, policy: PolicyData, now: datetime, stands: datetime) -> Terms:
    if now >= mandate.until:
        raise Refused("The mandate would be over.", reason=Reason.QUOTE_EXPIRED)
    fa, en = words.mandate(mandate, payee)
    return Terms(
        service=NAME,
        verb=Verb.MANDATE,
        amount=mandate.ceiling,
        unit=mandate.unit,
        payee=payee.id,
        sentence_fa=fa,
        sentence_en=en,
        policy=policy.label,
        expires=stands,
        details={
            "mandate": mandate.id,
            "order": mandate.order,
            "period": mandate.period.value,
            "until": int(mandate.until.timestamp()),
        },
    )


def _draw(draw: Draw, payee: Payee, policy: PolicyData, now: datetime, stands: datetime) -> Terms:
    mandate = draw.mandate
    if now >= mandate.until or mandate.revoked:
        raise Refused("The mandate is over.", reason=Reason.QUOTE_EXPIRED)
    fa, en = words.draw(draw.amount, draw.order, payee)
    return Terms(
        service=NAME,
        verb=Verb.DRAW,
        amount=draw.amount,
        unit=UNIT,
        payee=payee.id,
        sentence_fa=fa,
        sentence_en=en,
        policy=policy.label,
        expires=stands,
        details={
            "mandate": mandate.id,
            "order": draw.order,
            "allowance": allowance_name(mandate, now),
            "allowance_unit": mandate.unit,
        },
    )


def allowance_name(mandate: Mandate, now: datetime) -> str:
    """Name what a mandate allows at a time: MANDATE/PERIOD, the period by its first day."""
    if mandate.unit.endswith("all"):
        return f"{mandate.id}/all"
    return f"{mandate.id}/{begin_of(mandate.period, now).date().isoformat()}"


def _unit(case: Case) -> str:
    return str(case.terms.details["allowance_unit"])
