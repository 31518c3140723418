"""Accounts as the writer knows them, and what an amount does to two of them."""

from __future__ import annotations

from smartid.services.ledger.chain import GUARDS
from smartid.services.ledger.tables import AccountRow
from smartid.services.ledger.values import MAX_AMOUNT, Balance, Guard, Outcome

_NO_OVERDRAFT = Guard.NO_OVERDRAFT
_NO_SURPLUS = Guard.NO_SURPLUS


class Standing:
    """An account as the writer knows it."""

    __slots__ = ("credits", "debits", "guard", "name", "number", "pending_credits", "pending_debits", "unit")

    def __init__(self, row: AccountRow) -> None:
        self.number, self.name, self.unit, guard = row[:4]
        self.guard = GUARDS[guard]
        self.debits, self.credits, self.pending_debits, self.pending_credits = row[4:]

    def amounts(self) -> tuple[int, int, int, int]:
        """Debits, credits, pending debits, pending credits."""
        return self.debits, self.credits, self.pending_debits, self.pending_credits

    def row(self) -> tuple[int, int, int, int, int]:
        """The amounts and the number, as they are written."""
        return self.debits, self.credits, self.pending_debits, self.pending_credits, self.number

    def restore(self, amounts: tuple[int, int, int, int]) -> None:
        """Go back to what ``amounts`` gave."""
        self.debits, self.credits, self.pending_debits, self.pending_credits = amounts

    def balance(self) -> Balance:
        """As a value."""
        return Balance(
            unit=self.unit,
            debits=self.debits,
            credits=self.credits,
            pending_debits=self.pending_debits,
            pending_credits=self.pending_credits,
        )


def room(debit: Standing, credit: Standing, amount: int) -> Outcome | None:
    """Tell whether the amount may move. Pending amounts count as if they were posted."""
    gone = debit.debits + debit.pending_debits + amount
    come = credit.credits + credit.pending_credits + amount
    if debit.unit != credit.unit:
        return Outcome.UNIT_MISMATCH
    if gone > MAX_AMOUNT or come > MAX_AMOUNT:
        return Outcome.OVERFLOW
    if (debit.guard is _NO_OVERDRAFT and gone > debit.credits) or (
        credit.guard is _NO_SURPLUS and come > credit.debits
    ):
        return Outcome.INSUFFICIENT
    return None


def move(debit: Standing, credit: Standing, amount: int) -> Outcome | None:
    """Move an amount, or say why not."""
    refusal = room(debit, credit, amount)
    if refusal is None:
        debit.debits += amount
        credit.credits += amount
    return refusal


def reserve(debit: Standing, credit: Standing, amount: int) -> Outcome | None:
    """Set an amount aside, or say why not."""
    refusal = room(debit, credit, amount)
    if refusal is None:
        debit.pending_debits += amount
        credit.pending_credits += amount
    return refusal


def release(debit: Standing, credit: Standing, amount: int, moved: int) -> None:
    """End what was set aside; of it ``moved`` is moved."""
    debit.pending_debits -= amount
    credit.pending_credits -= amount
    debit.debits += moved
    credit.credits += moved
