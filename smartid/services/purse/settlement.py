"""A settled day as a message between banks: pacs.008 from the scheme's bank to the merchants' bank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from smartid.services.messages.iso20022 import Party, Payment, pacs_008, reference
from smartid.services.purse.accounts import SERVICE
from smartid.services.purse.office import Payout


def interbank(
    payouts: Sequence[Payout],
    *,
    scheme: Party,
    merchants: Mapping[str, Party],
    created: datetime,
) -> bytes | None:
    """Write the payouts of one day as pacs.008.001.08; None when nobody is paid.

    scheme     who pays, with the BIC of its bank
    merchants  by the name of the payout; all accounts at one bank, whose BIC stands in each

    The same day gives the same identifiers, so that a bank can tell a second copy. Raises KeyError for a
    merchant who is not named, ValueError for payouts of several days or accounts at several banks,
    EncodingError for a party that the message cannot carry.
    """
    due = [payout for payout in payouts if payout.amount > 0]
    if not due:
        return None
    days = {payout.day for payout in due}
    banks = {merchants[payout.merchant].bic for payout in due}
    if len(days) > 1 or len(banks) > 1:
        raise ValueError("one message carries the payouts of one day to one bank")
    day = days.pop()
    return pacs_008(
        message_id=reference(SERVICE, "settle", day.isoformat()),
        created=created,
        settlement=day,
        sender=scheme.bic,
        receiver=banks.pop(),
        payments=[_payment(payout, scheme, merchants[payout.merchant]) for payout in due],
    )


def _payment(payout: Payout, scheme: Party, merchant: Party) -> Payment:
    day = payout.day.isoformat()
    return Payment(
        id=reference(SERVICE, "settle", day, payout.merchant),
        creditor=merchant,
        amount=payout.amount,
        text=f"purse {day}",
        debtor=scheme,
    )
