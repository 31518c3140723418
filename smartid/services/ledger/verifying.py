"""Is the ledger what was written into it? Everything is recomputed from the accounts and transfers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import astuple
from types import NoneType

from smartid.errors import EncodingError, LedgerBroken, SignatureInvalid
from smartid.services.ledger.chain import (
    GENESIS,
    GUARDS,
    Block,
    TransferRow,
    next_block,
    pack_account,
    pack_row,
)
from smartid.services.ledger.heads import signed_head
from smartid.services.ledger.tables import AccountRow, Reader
from smartid.services.ledger.values import MAX_AMOUNT, MAX_NAME, MAX_NOTE, MAX_UNIT, Head, Kind

_EVERY = 10_000
_ACCOUNT = (int, str, str, int, int, int, int, int)
_TRANSFERS = {
    (bytes, int, int, int, int, pending, expires, str)
    for pending in (bytes, NoneType)
    for expires in (int, NoneType)
}
_BLOCK = (int, int, int, int, bytes)
"""Types of what a row holds: a file whose tables were made anew may have texts in place of numbers."""


def recount(reader: Reader) -> dict[str, tuple[int, int]]:
    """By unit: the sum of all debits and of all credits. Raises LedgerBroken for a nameless account."""
    units = {row[0]: row[2] for row in reader.all_accounts()}
    debits: dict[str, int] = dict.fromkeys(units.values(), 0)
    credited = dict(debits)
    with closing(reader.all_transfers()) as transfers:
        for number, row in transfers:
            if tuple(map(type, row)) not in _TRANSFERS or row[1] not in units or row[2] not in units:
                raise LedgerBroken(f"transfer {number} is none, or its accounts are not there", block=0)
            if row[4] in {Kind.POSTED, Kind.POST}:
                debits[units[row[1]]] += row[3]
                credited[units[row[2]]] += row[3]
    return {unit: (debits[unit], credited[unit]) for unit in debits}


def verify(reader: Reader, progress: Callable[[int], None] | None) -> Head:
    """Recompute the chain, the pending transfers and the balances. Raises LedgerBroken."""
    heads = _heads(reader)
    last = GENESIS
    with (
        closing(reader.all_accounts()) as accounts,
        closing(reader.all_transfers()) as transfers,
        closing(reader.all_blocks()) as blocks,
    ):
        audit = Audit(accounts, transfers)
        for block in blocks:
            last = audit.block(last, block)
            if any(head != block.head for head in heads.pop(block.height, ())):
                raise LedgerBroken("a head that was signed is another one", block=block.height)
            if progress is not None and block.height % _EVERY == 0:
                progress(block.transfers)
        audit.finish(last)
    if not reader.ids_fit():
        raise LedgerBroken("the ids do not lead to their transfers", block=0)
    if any(head != GENESIS.head for some in heads.values() for head in some):
        raise LedgerBroken("a head was signed beyond the end of the chain", block=0)
    if progress is not None:
        progress(last.transfers)
    return last.head


def _heads(reader: Reader) -> dict[int, list[Head]]:
    by_height: dict[int, list[Head]] = {}
    for row in reader.heads():
        try:
            signed = signed_head(row)
            signed.verify(signed.key)
        except (EncodingError, SignatureInvalid) as error:
            raise LedgerBroken("a signed head has no valid signature", block=0) from error
        by_height.setdefault(signed.head.height, []).append(signed.head)
    return by_height


class _Sums:
    """An account, counted again."""

    __slots__ = ("credits", "debits", "pending_credits", "pending_debits", "row")

    def __init__(self, row: AccountRow) -> None:
        self.row = row
        self.debits = self.credits = self.pending_debits = self.pending_credits = 0

    @property
    def fits(self) -> bool:
        """Whether its guard holds."""
        return (self.row[3] != 1 or self.debits + self.pending_debits <= self.credits) and (
            self.row[3] != 2 or self.credits + self.pending_credits <= self.debits
        )

    @property
    def amounts(self) -> tuple[int, int, int, int]:
        """As the table has them."""
        return self.debits, self.credits, self.pending_debits, self.pending_credits


class Audit:
    """Walks along accounts, transfers and blocks at once, and counts again."""

    def __init__(self, accounts: Iterator[AccountRow], transfers: Iterator[tuple[int, TransferRow]]) -> None:
        self._account_rows = accounts
        self._transfer_rows = transfers
        self._sums: list[_Sums] = []
        self._pending: dict[bytes, TransferRow] = {}
        self._transfers = 0
        self._height = 0

    def block(self, before: Block, block: Block) -> Block:
        """Check one block after the one before, and give it."""
        self._height = before.height + 1
        self._demand(tuple(map(type, astuple(block))) == _BLOCK, f"block {self._height} is none")
        self._demand(block.height == self._height, f"block {self._height} is missing")
        grows = block.accounts >= before.accounts and block.transfers >= before.transfers
        self._demand(grows, "it counts fewer accounts or transfers than the block before")
        expected = next_block(
            before,
            at=block.at,
            accounts=[self._next_account() for _ in range(block.accounts - before.accounts)],
            transfers=[self._next_transfer() for _ in range(block.transfers - before.transfers)],
            counts=(block.accounts, block.transfers),
        )
        self._demand(expected == block, "its hash is not that of what it appended")
        return block

    def finish(self, last: Block) -> None:
        """Check that nothing is left over, and the balances."""
        self._height = 0
        self._demand(next(self._account_rows, None) is None, f"there are accounts after block {last.height}")
        self._demand(
            next(self._transfer_rows, None) is None, f"there are transfers after block {last.height}"
        )
        for each in self._sums:
            name = each.row[1]
            self._demand(
                each.row[4:] == each.amounts, f"the balance of {name!a} is not that of its transfers"
            )

    def _demand(self, holds: bool, why: str) -> None:  # noqa: FBT001 - a statement and its words
        if not holds:
            raise LedgerBroken(why, block=self._height)

    def _next_account(self) -> bytes:
        row = next(self._account_rows, None)
        number = len(self._sums) + 1
        if (
            row is None
            or tuple(map(type, row)) != _ACCOUNT
            or row[0] != number
            or row[3] not in range(len(GUARDS))
            or len(row[1]) > MAX_NAME
            or len(row[2]) > MAX_UNIT
        ):
            raise LedgerBroken(f"account {number} is missing, or its guard is none", block=self._height)
        self._sums.append(_Sums(row))
        return pack_account(number, row[1], row[2], GUARDS[row[3]])

    def _next_transfer(self) -> bytes:
        number, row = next(self._transfer_rows, (0, None))
        self._transfers += 1
        if row is None or number != self._transfers:
            raise LedgerBroken(f"transfer {self._transfers} is missing", block=self._height)
        id_, debit, credit, amount, kind, pending, expires, note = row
        self._demand(
            tuple(map(type, row)) in _TRANSFERS
            and len(id_) == 16
            and 0 < debit <= len(self._sums)
            and 0 < credit <= len(self._sums)
            and 0 <= amount <= MAX_AMOUNT
            and 0 <= kind <= Kind.EXPIRE
            and (pending is None or len(pending) == 16)
            and (pending is None) == (kind <= Kind.PENDING)
            and (expires is None or expires != 0)
            and len(note) <= MAX_NOTE,
            f"transfer {number} is none",
        )
        self._count(number, row, self._sums[debit - 1], self._sums[credit - 1])
        return pack_row(row)

    def _count(self, number: int, row: TransferRow, debit: _Sums, credit: _Sums) -> None:
        amount, kind = row[3], row[4]
        if kind == Kind.POSTED:
            debit.debits += amount
            credit.credits += amount
        elif kind == Kind.PENDING:
            debit.pending_debits += amount
            credit.pending_credits += amount
            self._pending[row[0]] = row
        else:
            self._resolve(number, row, debit, credit)
        self._demand(debit.fits and credit.fits, f"transfer {number} breaks the guard of an account")

    def _resolve(self, number: int, row: TransferRow, debit: _Sums, credit: _Sums) -> None:
        reserved = self._pending.pop(row[5] or b"", None)
        if reserved is None or reserved[1:3] != row[1:3]:
            raise LedgerBroken(f"transfer {number} resolves nothing that is pending", block=self._height)
        debit.pending_debits -= reserved[3]
        credit.pending_credits -= reserved[3]
        if row[4] == Kind.POST:
            self._demand(row[3] <= reserved[3], f"transfer {number} takes more than was reserved")
            debit.debits += row[3]
            credit.credits += row[3]
