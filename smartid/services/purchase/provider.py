"""A payment provider, put together: desk, payments, mandates, interface, events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from smartid.services.journal.journal import Journal
from smartid.services.ledger.book import Book
from smartid.services.purchase.adapter import PurchaseAdapter
from smartid.services.purchase.api import PurchaseAPI
from smartid.services.purchase.gateway import Gateway
from smartid.services.purchase.service import Purchases, sample_policy
from smartid.services.purchase.standing import Mandates
from smartid.services.purchase.webhooks import Webhooks
from smartid.services.spine.desk import Desk
from smartid.services.spine.periods import day_of
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.trust.policy import Policy, utc_now
from smartid.web.keyed import Keyed


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The parts of one provider, on one book."""

    adapter: PurchaseAdapter
    desk: Desk
    purchases: Purchases
    mandates: Mandates
    api: PurchaseAPI
    webhooks: Webhooks


def provide(
    book: Book,
    journal: Journal,
    gateway: Gateway,
    *,
    policy: Policy,
    secret: bytes,
    terminal: str,
    clock: Callable[[], datetime] = utc_now,
) -> Provider:
    """Put a provider together, with the sample rules of the day.

    policy    whose cards are believed
    secret    at least 32 random bytes: pseudonyms and the payees' webhook secrets come from it
    terminal  identifier of the shop's program
    """
    keyed = Keyed(secret)
    pseudonyms = Pseudonyms(keyed.mac("pseudonyms"))
    adapter = PurchaseAdapter(sample_policy)
    desk = Desk(
        adapter,
        book,
        journal,
        proofs=Proofs(policy, pseudonyms=pseudonyms, clock=clock),
        pseudonyms=pseudonyms,
        clock=clock,
        limits=sample_policy(day_of(clock())).limits,
        terminal=terminal,
    )
    purchases = Purchases(desk, gateway, clock=clock)
    mandates = Mandates(purchases)
    return Provider(
        adapter=adapter,
        desk=desk,
        purchases=purchases,
        mandates=mandates,
        api=PurchaseAPI(purchases, mandates, journal),
        webhooks=Webhooks(purchases.outbox, purchases.store, keyed, clock=clock),
    )
