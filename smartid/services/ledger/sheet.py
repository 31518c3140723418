"""The rules of posting: what a transfer does, and when it may not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from smartid.services.ledger.chain import TransferRow, microseconds
from smartid.services.ledger.page import Page
from smartid.services.ledger.standing import Standing, move, release, reserve
from smartid.services.ledger.values import MAX_AMOUNT, Guard, Kind, Outcome, Posting, Transfer

_POSTED = Kind.POSTED
_DONE = Outcome.POSTED
_NO_OVERDRAFT = Guard.NO_OVERDRAFT
_NO_SURPLUS = Guard.NO_SURPLUS
_FINE = {Outcome.POSTED, Outcome.EXISTS}


class Sheet(Page):
    """A page that takes transfers."""

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
        refusal = move(debit, credit, amount) if kind is _POSTED else self._two_steps(debit, credit, row)
        if refusal is not None:
            return refusal
        self._touched[debit.name] = debit
        self._touched[credit.name] = credit
        self._fresh[id_] = row
        self._rows.append(row)
        return _DONE

    def _two_steps(self, debit: Standing, credit: Standing, row: TransferRow) -> Outcome | None:
        if row[4] == Kind.PENDING:
            return reserve(debit, credit, row[3])
        return self._resolve(debit, credit, row)

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
        release(debit, credit, reserved[3], amount if kind == Kind.POST else 0)
        self._solved[pending] = row
        return None
