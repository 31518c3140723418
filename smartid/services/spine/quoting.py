"""The rules at a counter: who is served, what may be asked, how the transaction is made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime

from smartid.errors import Refused
from smartid.identity.transaction import MAX_NUMBER, Transaction, displayed
from smartid.services.ledger.book import Entry
from smartid.services.reasons import Reason
from smartid.services.spine import limits
from smartid.services.spine.denylist import Denylist
from smartid.services.spine.limits import Limit, Place
from smartid.services.spine.values import Assurance, Case, Holder, Prepared, Terms

_SKEW = 300
"""How far clocks may differ, in seconds."""


Limits = Sequence[Limit] | Callable[[datetime], Sequence[Limit]]
"""Limits, or what gives those of a time."""


class Counter:
    """A terminal of a service, with its limits and its denylist."""

    def __init__(
        self,
        *,
        service: str,
        terminal: str,
        limits: Limits,
        denylist: Denylist | None,
        place: Place | None,
        typed_allowed: bool,
    ) -> None:
        self.service = service
        self._terminal = terminal
        self._limits = limits
        self._denylist = denylist
        self._place = place
        self._typed_allowed = typed_allowed

    def renew(self, denylist: Denylist) -> None:
        """Take a newer list."""
        if self._denylist is None or denylist.version > self._denylist.version:
            self._denylist = denylist

    def require_holder(self, holder: Holder) -> None:
        """Raises Refused: denylisted; needs_pin when a typed number is not enough."""
        listed = self._denylist
        if listed and (holder.pseudonym in listed or _card_name(holder) in listed):
            raise Refused(
                "The card or its holder is on the list of those to refuse.", reason=Reason.DENYLISTED
            )
        if holder.assurance is Assurance.TYPED and not self._typed_allowed:
            raise Refused(
                "A typed number is not enough here.",
                reason=Reason.NEEDS_PIN,
                remedy="Use the chip of the card and its PIN.",
            )

    def require_own(self, transaction: Transaction) -> None:
        """Raises Refused (bad_proof) for a transaction that was agreed to at another terminal."""
        if self._terminal and transaction.terminal != self._terminal:
            raise Refused("The holder has agreed at another terminal.", reason=Reason.BAD_PROOF)

    def require_terms(self, terms: Terms, now: datetime) -> None:
        """Raises Refused for an offer that nobody can accept: invalid_request, quote_expired."""
        fits = type(terms.amount) is int and 0 <= terms.amount <= MAX_NUMBER
        if not fits or terms.service != self.service:
            raise Refused("The offer is no offer of this service.", reason=Reason.INVALID_REQUEST)
        if terms.expires <= now:
            raise _expired()

    def number(self, entry: Entry, terms: Terms, holder: Holder, now: datetime) -> int:
        """Look at the limits, and count."""
        self._check(entry, terms, holder, now, record=False)
        return entry.next_number(f"{self.service}/terminal/{self._terminal}")

    def use(self, entry: Entry, terms: Terms, holder: Holder, now: datetime) -> None:
        """Look at the limits and record the use. Raises Refused."""
        self._check(entry, terms, holder, now, record=True)

    def give_back(self, entry: Entry, case: Case, amount: int, *, whole: bool) -> None:
        """Take back a use."""
        applying = self._applying(case.terms, case.holder, case.opened)
        limits.give_back(entry, applying, self._usage_key(case.holder), amount, case.opened, whole=whole)

    def prepared(
        self, terms: Terms, holder: Holder, *, now: datetime, number: int, nonce: bytes, lang: str
    ) -> Prepared:
        """Make the transaction. Raises EncodingError when the terms do not fit into one."""
        transaction = Transaction(
            service=terms.service,
            verb=terms.verb,
            amount=terms.amount,
            unit=terms.unit,
            payee=terms.payee,
            terminal=self._terminal,
            terminal_counter=number,
            holder=holder.pseudonym,
            time=int(now.timestamp()),
            expires=int(terms.expires.timestamp()),
            nonce=nonce.hex(),
            policy=terms.policy,
            display=displayed(terms.sentence(lang)),
            details=terms.details,
        )
        return Prepared(terms=terms, holder=holder, transaction=transaction, lang=lang)

    def _check(self, entry: Entry, terms: Terms, holder: Holder, now: datetime, *, record: bool) -> None:
        applying = self._applying(terms, holder, now)
        key = self._usage_key(holder)
        limits.check(entry, applying, key, terms.amount, now, place=self._place, record=record)

    def _applying(self, terms: Terms, holder: Holder, now: datetime) -> tuple[Limit, ...]:
        stale = self._denylist is not None and self._denylist.is_stale(now)
        rules = self._limits(now) if callable(self._limits) else self._limits
        return limits.applying(rules, verb=terms.verb, assurance=holder.assurance, stale=stale)

    def _usage_key(self, holder: Holder) -> str:
        return f"{self.service}/{holder.pseudonym}"


def require_time(transaction: Transaction, now: datetime) -> None:
    """Raises Refused (quote_expired) for an offer whose time is over, or lies ahead of this clock."""
    seconds = now.timestamp()
    if seconds >= transaction.expires or transaction.time > seconds + _SKEW:
        raise _expired()


def _card_name(holder: Holder) -> str:
    """A card on a denylist: SHA-256 of the certificate of its transaction key, in hexadecimal."""
    return hashlib.sha256(holder.certificate).hexdigest()


def _expired() -> Refused:
    return Refused(
        "The offer does not stand any more.", reason=Reason.QUOTE_EXPIRED, remedy="Ask for a new offer."
    )
