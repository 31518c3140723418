"""What a customer can ask of a cash machine, and how a machine names accounts."""

from __future__ import annotations

from dataclasses import dataclass, field

from smartid.errors import Refused
from smartid.services.atm.dispenser import Notes, value
from smartid.services.messages.cash_machine import Processing
from smartid.services.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Cash out of an account.

    account  number of the account, 12 to 19 digits
    amount   in rials
    """

    account: str = field(repr=False)
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Cash into an account.

    bunch  what the device calls the notes in its escrow
    notes  as the device counted them
    """

    account: str = field(repr=False)
    bunch: str
    notes: Notes

    @property
    def amount(self) -> int:
        """In rials."""
        return value(self.notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Money from one account to another one."""

    account: str = field(repr=False)
    to_account: str
    amount: int


Request = Withdrawal | Deposit | Transfer

VERBS = {Withdrawal: "withdraw", Deposit: "deposit", Transfer: "transfer"}
PROCESSING = {
    "withdraw": Processing.WITHDRAWAL,
    "deposit": Processing.DEPOSIT,
    "transfer": Processing.TRANSFER,
}


def masked(account: str) -> str:
    """Show an account number as paper does: the first six and the last four digits.

    A machine keeps this form only. Raises Refused (invalid_request) for what is no account number.
    """
    if not (account.isascii() and account.isdecimal() and 12 <= len(account) <= 19):
        raise Refused("An account number has 12 to 19 digits.", reason=Reason.INVALID_REQUEST)
    return f"{account[:6]}{'*' * (len(account) - 10)}{account[-4:]}"
