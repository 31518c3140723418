"""Paying payees what a settled day left them: movements in the book, and a pain.001 for the bank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from smartid.services.ledger.book import Entry, Record
from smartid.services.ledger.values import Account, Guard, Transfer, transfer_id
from smartid.services.messages.iso20022 import Party, Payment, pain_001, reference
from smartid.services.purchase.adapter import BANK, PurchaseAdapter, payable
from smartid.services.purchase.service import Purchases
from smartid.services.purchase.values import UNIT
from smartid.services.spine.settlement import Batch, Item, batch_items

CARRIED = "purchase/carried"
PAID = "purchase/payout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """What a payee is paid for a day; 0 when more went back than came in, and that is taken off the next."""

    payee: str
    amount: int


class Payouts:
    """Pays out, once a day and payee.

    adapter  tells the fees
    office   the account from which payees are paid
    """

    def __init__(self, purchases: Purchases, adapter: PurchaseAdapter, office: Party) -> None:
        self._purchases = purchases
        self._adapter = adapter
        self._office = office

    def pay(self, batch: Batch) -> Sequence[Payout]:
        """Move what each payee is owed for a closed day. Twice is once."""
        items = batch_items(self._purchases.book, batch.service, batch.day)
        owed: dict[str, int] = defaultdict(int)
        for item in items:
            if item.unit == UNIT:
                owed[item.payee] += self._net(item)
        return [self._pay(batch, payee, net) for payee, net in sorted(owed.items())]

    def message(
        self, batch: Batch, payouts: Sequence[Payout], *, created: datetime, execution: date
    ) -> bytes | None:
        """Write the pain.001 of a day; None when nobody is paid. The same day gives the same identifiers."""
        payments = [self._payment(batch, payout) for payout in payouts if payout.amount]
        if not payments:
            return None
        return pain_001(
            message_id=reference(batch.id),
            created=created,
            debtor=self._office,
            execution=execution,
            payments=payments,
        )

    def _pay(self, batch: Batch, payee: str, net: int) -> Payout:
        return self._purchases.book.run(lambda entry: _pay(entry, batch.id, payee, net))

    def _net(self, item: Item) -> int:
        if item.amount < 0 or not item.case:
            return item.amount
        case = self._purchases.desk.case(item.case)
        return item.amount - self._adapter.fee(case, item.amount)

    def _payment(self, batch: Batch, payout: Payout) -> Payment:
        payee = self._purchases.store.payee(payout.payee)
        return Payment(
            id=reference(batch.id, payee.id),
            creditor=Party(name=payee.name_fa, iban=payee.iban),
            amount=payout.amount,
            text=f"{batch.id} {payee.id}",
        )


def _pay(entry: Entry, batch: str, payee: str, net: int) -> Payout:
    key = f"{batch}/{payee}"
    known = entry.load(PAID, key)
    if known is not None:
        return Payout(payee=payee, amount=known.content["amount"])
    before = entry.load(CARRIED, payee)
    total = net + (before.content["amount"] if before else 0)
    amount = max(0, total)
    entry.keep(
        Record(kind=PAID, key=key, content={"amount": amount}),
        Record(kind=CARRIED, key=payee, content={"amount": total - amount}),
    )
    if amount:
        entry.open_account(Account(name=BANK, unit=UNIT, guard=Guard.NONE))
        id_ = transfer_id("payout", key)
        entry.post(Transfer(id=id_, debit=payable(payee), credit=BANK, amount=amount, note=f"payout {batch}"))
    return Payout(payee=payee, amount=amount)
