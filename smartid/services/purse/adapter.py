"""What a purse brings to the spine: terms of loads and unloads, ledger template, messages to the bank."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartid.errors import Refused
from smartid.identity.persian import to_persian_digits
from smartid.services.ledger.values import Account, Transfer
from smartid.services.messages import bank
from smartid.services.purse import accounts
from smartid.services.reasons import Reason
from smartid.services.spine.legs import two_account
from smartid.services.spine.outbox import Message
from smartid.services.spine.states import Step
from smartid.services.spine.values import Case, Holder, Terms

LOAD, UNLOAD = "load", "unload"
QUEUE = "purse-bank"
"""Queue of messages to the bank."""
POLICY = "purse-sample 2026-11-23"
_ACCOUNT = re.compile("[0-9A-Za-z]{1,34}")
_OFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """Somebody wants value on a card, or off it.

    card_id  of the purse, 8 bytes
    amount   rials
    account  at the bank, that gives or gets
    verb     LOAD or UNLOAD
    """

    card_id: bytes
    amount: int
    account: str
    verb: str = LOAD


class PurseAdapter:
    """Loads and unloads. Payments are made without the spine, offline: see ``terminal`` and ``office``.

    least, most  rials that are loaded at once
    """

    name = accounts.SERVICE
    reservation = timedelta(days=3650)
    """A load does not expire: bank and card say what became of it, whenever they are asked."""

    def __init__(self, *, least: int = 10_000, most: int = 20_000_000) -> None:
        self._least = least
        self._most = most

    def quote(self, request: LoadRequest, holder: Holder, now: datetime) -> Terms:
        """Offer a load or unload. Raises Refused: invalid_request, limit_exceeded."""
        del holder
        _check(request)
        least = self._least if request.verb == LOAD else 1
        if not least <= request.amount <= self._most:
            raise Refused(
                f"From {least} to {self._most} rials are loaded at once.",
                reason=Reason.LIMIT_EXCEEDED,
                limit="per load",
                remaining=self._most,
            )
        persian, english = _sentences(request)
        return Terms(
            service=self.name,
            verb=request.verb,
            amount=request.amount,
            unit=accounts.UNIT,
            payee=request.card_id.hex(),
            sentence_fa=persian,
            sentence_en=english,
            policy=POLICY,
            expires=now + _OFFER,
            details={"account": request.account},
        )

    def accounts(self, case: Case) -> Sequence[Account]:
        """The bank and the card's shadow."""
        return [accounts.BANK, accounts.shadow(card_of(case))]

    def transfers(self, case: Case, step: Step, amount: int) -> Sequence[Transfer]:
        """From the bank to the card's shadow, or back."""
        card = accounts.shadow(card_of(case)).name
        debit, credit = (accounts.BANK.name, card) if case.terms.verb == LOAD else (card, accounts.BANK.name)
        return two_account(case, step, amount, debit=debit, credit=credit)

    def messages(self, case: Case, step: Step) -> Sequence[Message]:
        """The bank is told to pay out what the card has given."""
        if case.terms.verb != UNLOAD or step is not Step.COMPLETE:
            return []
        payload = {"verb": bank.CREDIT, "account": account_of(case), "amount": case.completed}
        return [Message(queue=QUEUE, key=case.id, payload=payload)]


def card_of(case: Case) -> bytes:
    """Give the id of the card that is loaded."""
    return bytes.fromhex(case.terms.payee)


def account_of(case: Case) -> str:
    """Give the account at the bank."""
    return str(case.terms.details["account"])


def reversal(case: Case) -> Message:
    """The message that undoes the bank's part of a load."""
    payload = {"verb": bank.REVERSE, "account": account_of(case), "amount": case.terms.amount}
    return Message(queue=QUEUE, key=f"{case.id}/reverse", payload=payload, repeat_of=case.id)


def _check(request: LoadRequest) -> None:
    fine = request.verb in {LOAD, UNLOAD} and len(request.card_id) == 8
    if not fine or not _ACCOUNT.fullmatch(request.account) or type(request.amount) is not int:
        raise Refused("A load names a card, an account and an amount.", reason=Reason.INVALID_REQUEST)


def _sentences(request: LoadRequest) -> tuple[str, str]:
    tail = request.account[-4:]
    amount, account = to_persian_digits(f"{request.amount:,}").replace(",", "٬"), to_persian_digits(tail)
    if request.verb == LOAD:
        return (
            f"{amount} ریال از حساب …{account} به کیف پول کارت منتقل می‌شود.",
            f"{request.amount:,} rials move from account …{tail} to the purse on the card.",
        )
    return (
        f"{amount} ریال از کیف پول کارت به حساب …{account} بازمی‌گردد.",
        f"{request.amount:,} rials move from the purse on the card back to account …{tail}.",
    )
