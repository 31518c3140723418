"""Notes that staff bring and take, in the book."""

from __future__ import annotations

from smartid.services.atm.adapter import CashMachineAdapter
from smartid.services.ledger.book import Book, Entry
from smartid.services.ledger.values import Transfer, transfer_id


def load_notes(book: Book, adapter: CashMachineAdapter, rials: int, *, key: str) -> None:
    """Book notes that were put into the machine, or taken out of it when ``rials`` is below zero.

    key  names the visit: the same visit is booked once

    Raises Refused: conflict; insufficient when more is taken than is there.
    """
    ends = (adapter.ledger.vault, adapter.ledger.cash)
    debit, credit = ends if rials > 0 else ends[::-1]
    id_ = transfer_id("atm notes", adapter.terminal, key)

    def work(entry: Entry) -> None:
        entry.open_account(*adapter.ledger.all())
        entry.post(Transfer(id=id_, debit=debit, credit=credit, amount=abs(rials), note=f"notes, {key}"))

    if rials:
        book.run(work)
