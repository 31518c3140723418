"""The accounts of a purse scheme.

============================  ======  ==================================================================
account                       guard   balance (credits less debits)
============================  ======  ==================================================================
``purse/bank``                none    below zero: what the scheme's bank account holds for it
``purse/float/CARD``          none    shadow of a card: loads less collected payments, what is owed to it
``purse/merchant/MERCHANT``   none    owed to a merchant until it is settled
``purse/late``                none    payments that came after the acceptance window, until decided
============================  ======  ==================================================================

A load moves value from the bank to the card's shadow, a collected payment from the shadow to the merchant.
The float is the sum of the shadows. No shadow is guarded: one below zero is the proof that a card was spent
twice or is broken, and a proof is written down, not refused. Merchants are unguarded because a cancellation
may arrive before the payment that it cancels.
"""

from __future__ import annotations

from smartid.services.ledger.values import Account, Guard

UNIT = "IRR"
SERVICE = "purse"
FLOAT = "purse/float/"
MERCHANTS = "purse/merchant/"
BANK = Account(name="purse/bank", unit=UNIT, guard=Guard.NONE)
LATE = Account(name="purse/late", unit=UNIT, guard=Guard.NONE)


def shadow(card_id: bytes) -> Account:
    """Give the account of a card."""
    return Account(name=FLOAT + card_id.hex(), unit=UNIT, guard=Guard.NONE)


def merchant_account(merchant: str) -> Account:
    """Give the account of a merchant."""
    return Account(name=MERCHANTS + merchant, unit=UNIT, guard=Guard.NONE)
