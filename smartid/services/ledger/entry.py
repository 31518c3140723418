"""One transaction on the book, as a service sees it."""

from __future__ import annotations

from collections.abc import Sequence

from smartid.errors import Refused
from smartid.services.ledger.book import Record
from smartid.services.ledger.chain import moment
from smartid.services.ledger.records import record, row
from smartid.services.ledger.sheet import Sheet
from smartid.services.ledger.tables import Writer
from smartid.services.ledger.values import Account, Balance, Kind, Outcome, Transfer
from smartid.services.reasons import Reason

_REASONS = {
    Outcome.CONFLICT: Reason.CONFLICT,
    Outcome.INSUFFICIENT: Reason.INSUFFICIENT,
    Outcome.UNKNOWN_ACCOUNT: Reason.UNKNOWN_CASE,
    Outcome.UNKNOWN_PENDING: Reason.UNKNOWN_CASE,
    Outcome.RESOLVED: Reason.WRONG_STATE,
    Outcome.NOT_DUE: Reason.WRONG_STATE,
    Outcome.UNIT_MISMATCH: Reason.INVALID_REQUEST,
    Outcome.EXCEEDS_PENDING: Reason.INVALID_REQUEST,
    Outcome.OVERFLOW: Reason.INVALID_REQUEST,
}


class SheetEntry:
    """``Entry`` over the sheet of the commit that it is part of."""

    def __init__(self, sheet: Sheet, writer: Writer) -> None:
        self._sheet = sheet
        self._writer = writer
        self.refusal: Refused | None = None
        self._open = True

    def end(self) -> None:
        """Let nobody use it any more. Raises Refused when a posting was refused, even if nobody looked."""
        self._open = False
        if self.refusal is not None:
            raise self.refusal

    def _use(self) -> Sheet:
        if not self._open:
            raise RuntimeError("this entry is over: use it within the work that run() was given")
        return self._sheet

    def _refuse(self, message: str, reason: Reason) -> Refused:
        self.refusal = Refused(message, reason=reason)
        return self.refusal

    def open_account(self, *accounts: Account) -> None:
        """Open accounts that are missing."""
        other = self._use().open(accounts)
        if other is not None:
            raise self._refuse(
                f"The account {other.name} is there with another unit or guard.", Reason.CONFLICT
            )

    def post(self, *transfers: Transfer) -> Outcome:
        """Carry out transfers together."""
        outcome = self._use().post_all([transfers], careful=True)[0] if transfers else Outcome.POSTED
        if outcome in _REASONS:
            raise self._refuse(f"The ledger refuses the posting: {outcome}.", _REASONS[outcome])
        return outcome

    def balance(self, account: str) -> Balance:
        """Give the balance of an account."""
        standing = self._use().account(account)
        if standing is None:
            raise Refused(f"There is no account {account}.", reason=Reason.UNKNOWN_CASE)
        return standing.balance()

    def transfer(self, id_: bytes) -> Transfer | None:
        """Give a transfer as it was posted."""
        found = self._use().find(id_)
        if found is None:
            return None
        _, debit, credit, amount, kind, pending, expires, note = found
        names = self._writer.names([debit, credit])
        return Transfer(
            id=id_,
            debit=names[debit],
            credit=names[credit],
            amount=amount,
            kind=Kind(kind),
            pending=pending or b"",
            expires=None if expires is None else moment(expires),
            note=note,
        )

    def keep(self, *records: Record) -> None:
        """Write records, in place of those of the same kind and key."""
        self._use()
        if records:
            self._writer.keep([row(each) for each in records])

    def load(self, kind: str, key: str) -> Record | None:
        """Give a record."""
        return self.load_many(kind, [key]).get(key)

    def load_many(self, kind: str, keys: Sequence[str]) -> dict[str, Record]:
        """Give those of the records that are there, by key."""
        self._use()
        return {each[1]: record(each) for each in self._writer.records(kind, list(keys))}

    def find(
        self, kind: str, *, state: str | None = None, due: int | None = None, limit: int = 100
    ) -> list[Record]:
        """Give records of a kind by (due, key)."""
        self._use()
        return [record(each) for each in self._writer.find(kind, state, due, limit)]

    def forget(self, kind: str, key: str) -> None:
        """Remove a record."""
        self._use()
        self._writer.forget(kind, key)

    def next_number(self, series: str) -> int:
        """Count."""
        self._use()
        return self._writer.next_number(series)
