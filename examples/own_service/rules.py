"""The rules of a swimming pool: all that it adds to the spine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import smartid
from smartid.services.ledger.values import Account, Guard, Transfer
from smartid.services.spine.legs import two_account
from smartid.services.spine.outbox import Message
from smartid.services.spine.periods import day_of
from smartid.services.spine.policies import load_policy
from smartid.services.spine.states import Step
from smartid.services.spine.values import Case, Holder, Terms

POLICY = Path(__file__).with_name("pool.toml")
TILL = Account(name="pool/till", unit="IRR", guard=Guard.NONE)
INCOME = Account(name="pool/income", unit="IRR")


@dataclass(frozen=True)
class Visit:
    """Who wants to swim."""

    adults: int
    children: int = 0


class Pool:
    """Entry tickets, paid from what the visitor left at the till."""

    name = "pool"
    reservation = timedelta(minutes=10)

    def quote(self, request: Visit, holder: Holder, now: datetime) -> Terms:
        """One price for adults, one for children; who comes alone with children is welcome."""
        del holder  # the same price for everybody
        if request.adults < 1 or not 0 <= request.children <= 10:
            raise smartid.Refused("Children swim with an adult.", reason="invalid_request")
        policy = load_policy(POLICY, day_of(now))
        amount = request.adults * policy.values["adult"] + request.children * policy.values["child"]
        return Terms(
            service=self.name,
            verb="enter",
            amount=amount,
            unit="IRR",
            payee="pool-north",
            sentence_fa=f"ورود به استخر، {in_persian(request.adults)} بزرگسال و"
            f" {in_persian(request.children)} کودک: {in_persian(amount)} ریال",
            sentence_en=f"Entry of {request.adults} adults and {request.children} children: {amount} rial",
            policy=policy.label,
            expires=now + timedelta(minutes=5),
            details={"adults": request.adults, "children": request.children},
        )

    def accounts(self, case: Case) -> Sequence[Account]:
        """What the visitor left at the till, and what the pool earned."""
        return [visitor(case.holder), INCOME]

    def transfers(self, case: Case, step: Step, amount: int) -> Sequence[Transfer]:
        """From the one to the other."""
        return two_account(case, step, amount, debit=visitor(case.holder).name, credit=INCOME.name)

    def messages(self, case: Case, step: Step) -> Sequence[Message]:
        """The turnstile opens for so many."""
        if step is not Step.COMPLETE:
            return ()
        return [Message(queue="turnstile", key=case.id, payload=dict(case.terms.details))]


def in_persian(number: int) -> str:
    """A number as a Persian reader expects it; for display only."""
    return f"{number:,}".translate(str.maketrans("0123456789,", "۰۱۲۳۴۵۶۷۸۹٬"))


def visitor(holder: Holder) -> Account:
    """The account of a visitor. It cannot be overdrawn."""
    return Account(name=f"pool/visitor/{holder.pseudonym}", unit="IRR")
