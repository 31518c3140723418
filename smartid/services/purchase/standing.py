"""Mandates: a holder signs once, a payee draws within the signed bounds.

What a mandate allows in a period is an account of its own, filled when the first draw of the period comes.
Every draw takes from it in the same entry in which it is reserved, so two draws at the same moment cannot
pass the ceiling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from smartid.errors import Refused
from smartid.identity.transaction import Authorization
from smartid.services.ledger.book import Entry
from smartid.services.ledger.values import Transfer, transfer_id
from smartid.services.purchase import adapter
from smartid.services.purchase.adapter import Draw, Request
from smartid.services.purchase.service import LEASE, Purchases
from smartid.services.purchase.store import MANDATE, mandate_record
from smartid.services.purchase.values import Capture, Intent, Mandate, refused, require_sum, require_text
from smartid.services.purchase.wire import read_authorization
from smartid.services.reasons import Reason
from smartid.services.spine.periods import Period
from smartid.services.spine.values import Authorized, Case, Prepared, Receipt

LONGEST = timedelta(days=366)


class Mandates:
    """Standing mandates, and intents that are captured in parts, of one service."""

    def __init__(self, purchases: Purchases) -> None:
        self._purchases = purchases
        self._desk = purchases.desk
        self._store = purchases.store

    def ask(
        self, payee: str, ceiling: int, order: str, *, period: Period, until: datetime, key: str
    ) -> Mandate:
        """Ask for a mandate. Raises Refused: invalid_request, conflict, unknown_case."""
        self._store.payee(payee)
        now = self._purchases.now
        if not now < until <= now + LONGEST:
            raise refused("until", f"a time within {LONGEST.days} days")
        mandate = Mandate(
            id=transfer_id("mandate", payee, key).hex(),
            payee=payee,
            ceiling=ceiling,
            period=period,
            order=order,
            until=until.replace(microsecond=0),
            created=now,
        )
        return self._store.keep_mandate(mandate)

    def prepare(self, id_: str, certificate: bytes, *, lang: str = "fa") -> Prepared:
        """Say what the holder of a card would allow; ``id_`` of a mandate, or of an intent in parts."""
        if self._desk.find(_key(id_)) is not None:
            raise Refused("This was signed before.", reason=Reason.WRONG_STATE)
        return self._purchases.counter.prepare(id_, self._request(id_), certificate, lang=lang)

    def confirm(self, id_: str, authorization: Authorization) -> Receipt:
        """Take the holder's agreement. Nothing moves yet. Raises Refused: bad_proof, quote_expired."""
        request = self._request(id_)
        authorized = self._purchases.counter.confirm(id_, request, authorization)
        receipt = self._desk.commit(authorized, key=_key(id_))
        mandate = _mandate_of(request.what)
        self._purchases.book.run(lambda entry: _sign(entry, mandate, receipt.case))
        return receipt

    def draw(self, id_: str, amount: int, order: str, *, key: str) -> Case:
        """Take a part of what a mandate allows.

        Raises Refused: insufficient (the ceiling is reached), quote_expired (over or revoked), and what the
        acquirer says; GatewayUnavailable.
        """
        require_sum(amount)
        mandate = self._signed(id_)
        name = f"draw/{id_}/{key}"
        case = self._desk.find(name)
        if case is None:
            case = self._reserve(mandate, amount, require_text("order", order), name)
        elif (case.terms.amount, case.terms.details["order"]) != (amount, order):
            raise Refused("This key was used for another draw.", reason=Reason.CONFLICT)
        return self._purchases.settle_with_acquirer(case)

    def left(self, id_: str) -> int:
        """Give what a mandate still allows in the period that runs."""
        mandate = self._signed(id_)
        if mandate.revoked:
            return 0
        name = adapter.allowance_name(mandate, self._purchases.now)
        self._purchases.book.run(lambda entry: _fill(entry, id_, name))
        return self._purchases.book.balance(adapter.allowance(name)).available

    def revoke(self, id_: str) -> Mandate:
        """End a mandate. What was drawn stays; nothing is drawn after this call."""

        def work(entry: Entry) -> Mandate:
            mandate = replace(_loaded(entry, id_), revoked=True)
            entry.keep(mandate_record(mandate))
            _empty(entry, mandate, adapter.allowance_name(mandate, self._purchases.now))
            return mandate

        self._store.mandate(id_)
        return self._purchases.book.run(work)

    def _reserve(self, mandate: Mandate, amount: int, order: str, key: str) -> Case:
        signed = self._desk.case(mandate.case)
        name = adapter.allowance_name(mandate, self._purchases.now)
        self._purchases.book.run(lambda entry: _fill(entry, mandate.id, name))
        what = Draw(mandate=mandate, amount=amount, order=order)
        request = Request(what=what, payee=self._store.payee(mandate.payee))
        prepared = self._desk.prepare(request, signed.holder)
        # The agreement is the one to the mandate: the card is not there when a payee draws.
        agreed = read_authorization(_agreement(self._store.evidence(mandate.id)))
        authorized = Authorized(prepared=prepared, authorization=agreed)
        return self._desk.reserve(authorized, key=key, lease=LEASE)

    def _signed(self, id_: str) -> Mandate:
        mandate = self._store.mandate(id_)
        if not mandate.case:
            raise Refused("The holder has not agreed yet.", reason=Reason.WRONG_STATE)
        return mandate

    def _request(self, id_: str) -> Request:
        what: Intent | Mandate
        try:
            what = self._store.mandate(id_)
        except Refused:
            what = self._store.intent(id_)
        if isinstance(what, Mandate) and what.period is Period.EVER:
            what = self._store.intent(id_)
        if isinstance(what, Intent) and what.capture is not Capture.PARTS:
            raise refused("intent", "one that is captured in parts")
        return Request(what=what, payee=self._store.payee(what.payee))


def _mandate_of(what: Intent | Mandate | Draw) -> Mandate:
    if isinstance(what, Intent):
        return Mandate(
            id=what.id,
            payee=what.payee,
            ceiling=what.amount,
            period=Period.EVER,
            order=what.order,
            until=what.expires.replace(microsecond=0),
            created=what.created,
        )
    if isinstance(what, Draw):
        return what.mandate
    return what


def _key(id_: str) -> str:
    return f"mandate/{id_}"


def _agreement(evidence: Mapping[str, Any]) -> dict[str, str]:
    return {name: evidence[name] for name in ("transaction", "certificate", "algorithm", "signature")}


def _sign(entry: Entry, mandate: Mandate, case: str) -> None:
    known = entry.load(MANDATE, mandate.id)
    if known is None or not known.content["case"]:
        entry.keep(mandate_record(replace(mandate, case=case)))


def _loaded(entry: Entry, id_: str) -> Mandate:
    record = entry.load(MANDATE, id_)
    if record is None:
        raise Refused("There is no mandate of this name.", reason=Reason.UNKNOWN_CASE)
    return Mandate.of(id_, record.content)


def _fill(entry: Entry, id_: str, name: str) -> None:
    """Fill the allowance of a period, once, unless the mandate was revoked."""
    mandate = _loaded(entry, id_)
    if mandate.revoked:
        raise Refused("The mandate was revoked.", reason=Reason.QUOTE_EXPIRED)
    entry.open_account(*adapter.allowance_accounts(name, mandate.unit))
    grant = Transfer(
        id=transfer_id("allowance", name),
        debit=adapter.allowances(mandate.unit),
        credit=adapter.allowance(name),
        amount=mandate.ceiling,
        note=f"mandate {id_}",
    )
    if entry.transfer(grant.id) is None:
        entry.post(grant)


def _empty(entry: Entry, mandate: Mandate, name: str) -> None:
    entry.open_account(*adapter.allowance_accounts(name, mandate.unit))
    left = entry.balance(adapter.allowance(name)).available
    if left:
        entry.post(
            Transfer(
                id=transfer_id("revoked", name),
                debit=adapter.allowance(name),
                credit=adapter.allowances(mandate.unit),
                amount=left,
                note=f"mandate {mandate.id} revoked",
            )
        )
