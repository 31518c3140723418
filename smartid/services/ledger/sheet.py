"""The rules of posting: what a transfer does to two accounts, and when it may not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from smartid.services.ledger.chain import (
    GENESIS,
    GUARDS,
    Block,
    TransferRow,
    microseconds,
    next_block,
    pack_account,
    pack_rows,
)
from smartid.services.ledger.tables import AccountRow, Writer
from smartid.services.ledger.values import (
    MAX_AMOUNT,
    Account,
    Balance,
    Guard,
    Kind,
    Outcome,
    Posting,
    Transfer,
)

_POSTED = Kind.POSTED
_DONE = Outcome.POSTED
_NO_OVERDRAFT = Guard.NO_OVERDRAFT
_NO_SURPLUS = Guard.NO_SURPLUS
_FINE = {Outcome.POSTED, Outcome.EXISTS}
_KEPT = 200_000


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


class Sheet:
    """What one commit writes into the ledger.

    Accounts are kept from one commit to the next, and thrown away when the chain has grown without us.
    A part of a commit begins with ``begin_part`` and ends with ``end_part`` or ``undo_part``.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._accounts: dict[str, Standing] = {}
        self._touched: dict[str, Standing] = {}
        self._fresh: dict[bytes, TransferRow] = {}
        self._solved: dict[bytes, TransferRow] = {}
        self._rows: list[TransferRow] = []
        self._packed: list[bytes] = []
        self._opened: list[bytes] = []
        self._last = GENESIS
        self._mark = (0, 0)
        self._alone = False
        self.now = 0

    # -- one commit

    def begin(self, now: int) -> None:
        """Begin a commit."""
        if self._writer.others_wrote() or self._last is GENESIS:
            self._last = self._writer.last_block()
            self._accounts.clear()
        elif len(self._accounts) > _KEPT:
            self._accounts.clear()
        self.now = now
        self._packed, self._opened = [], []

    def finish(self) -> Block:
        """Append the block, if there is something in it."""
        if not self._packed and not self._opened:
            return self._last
        block = next_block(
            self._last, at=self.now, accounts=self._opened, transfers=self._packed, counts=self._counts()
        )
        self._writer.add_block(block)
        return block

    def committed(self, block: Block) -> None:
        """The commit is on the disk."""
        self._last = block

    def failed(self) -> None:
        """The commit did not take place."""
        self._last = GENESIS  # nobody knows whether it did, so look at the next begin
        self._accounts.clear()
        self._touched.clear()
        self._forget_part()

    def _counts(self) -> tuple[int, int]:
        return self._last.accounts + len(self._opened), self._last.transfers + len(self._packed)

    # -- one part of it

    def begin_part(self, *, alone: bool) -> None:
        """Begin what is done as a whole or not at all; ``alone`` when the commit has no other part."""
        self._alone = alone
        if not alone:
            self._writer.savepoint()
        self._mark = (len(self._packed), len(self._opened))

    def end_part(self) -> None:
        """Write what the part did. Raises RowExists when a transfer of it was there before."""
        if self._rows:
            self._writer.add_transfers(self._rows, self._last.transfers + self._mark[0])
        if self._touched:
            rows = [(*each.amounts(), each.number) for each in self._touched.values()]
            self._writer.set_balances(rows)
        if not self._alone:
            self._writer.release()
        self._packed += pack_rows(self._rows)
        self._touched.clear()
        self._forget_part()

    def undo_part(self) -> None:
        """Leave no trace of the part."""
        for name in self._touched:
            self._accounts.pop(name, None)
        self._touched.clear()
        del self._opened[self._mark[1] :]
        self._forget_part()
        if self._alone:
            self._writer.rollback()
            self._writer.begin()
            self.begin(self.now)
        else:
            self._writer.undo()

    def _forget_part(self) -> None:
        self._rows = []
        self._fresh = {}
        self._solved = {}

    # -- accounts

    def fetch(self, names: Iterable[str]) -> None:
        """Have these accounts at hand, those that exist."""
        missing = [name for name in names if name not in self._accounts]
        if missing:
            for row in self._writer.accounts(missing):
                self._accounts[row[1]] = Standing(row)

    def account(self, name: str) -> Standing | None:
        """Give an account."""
        if name not in self._accounts:
            self.fetch([name])
        return self._accounts.get(name)

    def open(self, accounts: Sequence[Account]) -> Account | None:
        """Open those that are missing. Gives the first that is there with another content."""
        self.fetch({account.name for account in accounts})
        for account in accounts:
            known = self._accounts.get(account.name)
            if known is None:
                self._add(account)
            elif (known.unit, known.guard) != (account.unit, account.guard):
                return account
        return None

    def _add(self, account: Account) -> None:
        number = self._last.accounts + len(self._opened) + 1
        row = (number, account.name, account.unit, GUARDS.index(account.guard), 0, 0, 0, 0)
        self._writer.add_accounts([row])
        self._opened.append(pack_account(number, account.name, account.unit, account.guard))
        self._accounts[account.name] = self._touched[account.name] = Standing(row)

    # -- transfers

    def find(self, id_: bytes) -> TransferRow | None:
        """Give a transfer, of this part or of before."""
        return self._fresh.get(id_) or self._known([id_]).get(id_)

    def post_all(self, postings: Sequence[Posting], *, careful: bool = False) -> list[Outcome]:
        """Post groups, each for itself. Unless ``careful``, ``end_part`` finds out what was there before."""
        if careful:
            self._fetch_all(postings)
            known = self._known([each.id for posting in postings for each in posting])
            return [self._group(posting, known) for posting in postings]
        return self._post_hopefully(postings)

    def _fetch_all(self, postings: Sequence[Posting]) -> None:
        self.fetch({name for posting in postings for each in posting for name in (each.debit, each.credit)})

    def _post_hopefully(self, postings: Sequence[Posting]) -> list[Outcome]:
        """Take that no id was there before. The loop is for what nearly all groups are: one transfer."""
        outcomes = [_DONE] * len(postings)
        accounts, fresh, touched, rows = self._accounts, self._fresh, self._touched, self._rows
        fetched = False
        for place, posting in enumerate(postings):
            if len(posting) == 1 and (transfer := posting[0]).kind is _POSTED:
                id_, amount = transfer.id, transfer.amount
                debit_name, credit_name = transfer.debit, transfer.credit
                debit, credit = accounts.get(debit_name), accounts.get(credit_name)
                if debit is not None and credit is not None and id_ not in fresh:
                    gone = debit.debits + amount
                    come = credit.credits + amount
                    if (
                        debit.unit == credit.unit
                        and come + credit.pending_credits <= MAX_AMOUNT
                        and credit.guard is not _NO_SURPLUS
                        and gone + debit.pending_debits
                        <= (debit.credits if debit.guard is _NO_OVERDRAFT else MAX_AMOUNT)
                    ):
                        debit.debits = gone
                        credit.credits = come
                        touched[debit_name] = debit
                        touched[credit_name] = credit
                        row = (id_, debit.number, credit.number, amount, 0, None, None, transfer.note)
                        fresh[id_] = row
                        rows.append(row)
                        continue
            if not fetched:
                self._fetch_all(postings)
                fetched = True
            outcomes[place] = self._post_slowly(posting)
        return outcomes

    def _post_slowly(self, posting: Posting) -> Outcome:
        outcome = self._group(posting, {})
        if outcome is _DONE or outcome is Outcome.EXISTS:
            return outcome
        return self._group(posting, self._known([each.id for each in posting]))

    def _known(self, ids: Sequence[bytes]) -> dict[bytes, TransferRow]:
        return {row[0]: row for row in self._writer.transfers(ids)}

    def _group(self, posting: Posting, known: Mapping[bytes, TransferRow]) -> Outcome:
        if len(posting) == 1:
            return self._post(posting[0], known)
        before = [(each, each.amounts()) for each in self._involved(posting)]
        done = len(self._rows)
        outcomes = set()
        for transfer in posting:
            outcomes.add(self._post(transfer, known))
            if len(outcomes) > 1 or outcomes - _FINE:
                self._take_back(before, done)
                return Outcome.CONFLICT if outcomes <= _FINE else (outcomes - _FINE).pop()
        return outcomes.pop()

    def _involved(self, posting: Posting) -> Iterable[Standing]:
        names = {name for each in posting for name in (each.debit, each.credit)}
        return [self._accounts[name] for name in names if name in self._accounts]

    def _take_back(self, before: Iterable[tuple[Standing, tuple[int, int, int, int]]], done: int) -> None:
        for standing, amounts in before:
            standing.restore(amounts)
        for row in self._rows[done:]:
            del self._fresh[row[0]]
            if row[5] is not None:
                del self._solved[row[5]]
        del self._rows[done:]

    def _post(self, transfer: Transfer, known: Mapping[bytes, TransferRow]) -> Outcome:
        id_, amount, kind, note = transfer.id, transfer.amount, transfer.kind, transfer.note
        debit = self._accounts.get(transfer.debit)
        credit = self._accounts.get(transfer.credit)
        there = self._fresh.get(id_) or known.get(id_)
        if debit is None or credit is None:
            return Outcome.CONFLICT if there else Outcome.UNKNOWN_ACCOUNT
        if kind is _POSTED:
            row: TransferRow = (id_, debit.number, credit.number, amount, 0, None, None, note)
        else:
            expires = None if transfer.expires is None else microseconds(transfer.expires)
            row = (
                id_,
                debit.number,
                credit.number,
                amount,
                int(kind),
                transfer.pending or None,
                expires,
                note,
            )
        if there is not None:
            return Outcome.EXISTS if there == row else Outcome.CONFLICT
        refusal = (
            self._move(debit, credit, amount) if kind is _POSTED else self._two_steps(debit, credit, row)
        )
        if refusal is not None:
            return refusal
        self._touched[debit.name] = debit
        self._touched[credit.name] = credit
        self._fresh[id_] = row
        self._rows.append(row)
        return _DONE

    def _room(self, debit: Standing, credit: Standing, amount: int) -> Outcome | None:
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

    def _move(self, debit: Standing, credit: Standing, amount: int) -> Outcome | None:
        refusal = self._room(debit, credit, amount)
        if refusal is None:
            debit.debits += amount
            credit.credits += amount
        return refusal

    def _two_steps(self, debit: Standing, credit: Standing, row: TransferRow) -> Outcome | None:
        if row[4] != Kind.PENDING:
            return self._resolve(debit, credit, row)
        refusal = self._room(debit, credit, row[3])
        if refusal is None:
            debit.pending_debits += row[3]
            credit.pending_credits += row[3]
        return refusal

    def _resolve(self, debit: Standing, credit: Standing, row: TransferRow) -> Outcome | None:
        _, _, _, amount, kind, pending, _, _ = row
        if pending is None:
            return Outcome.UNKNOWN_PENDING
        reserved = self.find(pending)
        if reserved is None or reserved[4] != Kind.PENDING or reserved[1:3] != row[1:3]:
            return Outcome.UNKNOWN_PENDING
        if pending in self._solved or self._writer.resolutions([pending]):
            return Outcome.RESOLVED
        if kind == Kind.POST and amount > reserved[3]:
            return Outcome.EXCEEDS_PENDING
        if kind == Kind.EXPIRE and (reserved[6] is None or reserved[6] > self.now):
            return Outcome.NOT_DUE
        debit.pending_debits -= reserved[3]
        credit.pending_credits -= reserved[3]
        if kind == Kind.POST:
            debit.debits += amount
            credit.credits += amount
        self._solved[pending] = row
        return None
