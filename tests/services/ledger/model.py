"""The ledger once more, as plainly as it can be said: a dict of transfers, and sums over all of them."""

from __future__ import annotations

from smartid.services.ledger.values import MAX_AMOUNT, Account, Guard, Kind, Outcome, Posting, Transfer


class Model:
    def __init__(self, accounts: tuple[Account, ...]) -> None:
        self.accounts = {account.name: account for account in accounts}
        self.transfers: dict[bytes, Transfer] = {}

    def resolution(self, pending: bytes) -> Transfer | None:
        return next((each for each in self.transfers.values() if each.pending == pending), None)

    def sums(self, name: str) -> tuple[int, int, int, int]:
        """Debits, credits, pending debits, pending credits."""
        sums = [0, 0, 0, 0]
        for each in self.transfers.values():
            column = {Kind.POSTED: 0, Kind.POST: 0}.get(each.kind)
            if each.kind is Kind.PENDING and self.resolution(each.id) is None:
                column = 2
            if column is not None:
                sums[column] += each.amount * (each.debit == name)
                sums[column + 1] += each.amount * (each.credit == name)
        return tuple(sums)

    def post(self, posting: Posting, now: object) -> Outcome:
        if all(self.transfers.get(each.id) == each for each in posting):
            return Outcome.EXISTS
        before = dict(self.transfers)
        for each in posting:
            outcome = self._one(each, now)
            if outcome is not Outcome.POSTED:
                self.transfers = before
                whole = len(posting) > 1 and outcome is Outcome.EXISTS
                return Outcome.CONFLICT if whole else outcome
        return Outcome.POSTED

    def _one(self, new: Transfer, now: object) -> Outcome:
        old = self.transfers.get(new.id)
        if old is not None:
            return Outcome.EXISTS if old == new else Outcome.CONFLICT
        if not {new.debit, new.credit} <= self.accounts.keys():
            return Outcome.UNKNOWN_ACCOUNT
        refusal = self._resolve(new, now) if new.pending else self._move(new)
        if refusal is None:
            self.transfers[new.id] = new
        return refusal or Outcome.POSTED

    def _move(self, new: Transfer) -> Outcome | None:
        giver, taker = self.accounts[new.debit], self.accounts[new.credit]
        if giver.unit != taker.unit:
            return Outcome.UNIT_MISMATCH
        debits, covered, reserved, _ = self.sums(new.debit)
        lent, taken, _, coming = self.sums(new.credit)
        if max(debits + reserved, taken + coming) + new.amount > MAX_AMOUNT:
            return Outcome.OVERFLOW
        if giver.guard is Guard.NO_OVERDRAFT and debits + reserved + new.amount > covered:
            return Outcome.INSUFFICIENT
        if taker.guard is Guard.NO_SURPLUS and taken + coming + new.amount > lent:
            return Outcome.INSUFFICIENT
        return None

    def _resolve(self, new: Transfer, now: object) -> Outcome | None:
        old = self.transfers.get(new.pending)
        if old is None or old.kind is not Kind.PENDING or (old.debit, old.credit) != (new.debit, new.credit):
            return Outcome.UNKNOWN_PENDING
        if self.resolution(new.pending):
            return Outcome.RESOLVED
        if new.kind is Kind.POST and new.amount > old.amount:
            return Outcome.EXCEEDS_PENDING
        if new.kind is Kind.EXPIRE and (old.expires is None or now < old.expires):
            return Outcome.NOT_DUE
        return None
