"""What one commit writes: begun, written and taken back in parts; the accounts that its transfers name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from smartid.services.ledger.chain import (
    GENESIS,
    GUARDS,
    Block,
    TransferRow,
    next_block,
    pack_account,
    pack_rows,
)
from smartid.services.ledger.standing import Standing
from smartid.services.ledger.tables import Writer
from smartid.services.ledger.values import Account

_KEPT = 200_000


class Page:
    """What one commit writes into the ledger, and the accounts that it is about.

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
            self._writer.set_balances([each.row() for each in self._touched.values()])
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
