"""What is shown is what is signed: the last offer of an intent or a mandate, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from smartid.errors import Refused
from smartid.identity.transaction import Authorization
from smartid.services.purchase.adapter import Request
from smartid.services.purchase.store import Store
from smartid.services.purchase.wire import authorization_json
from smartid.services.reasons import Reason
from smartid.services.spine.desk import Desk
from smartid.services.spine.values import Authorized, Prepared


class Counter:
    """Shows offers and takes agreements."""

    def __init__(self, desk: Desk, store: Store) -> None:
        self._desk = desk
        self._store = store

    def prepare(self, id_: str, request: Request, certificate: bytes, *, lang: str) -> Prepared:
        """Make an offer to the holder of a card. An earlier one of the same name can no longer be signed."""
        holder = self._desk.holder(certificate)
        prepared = self._desk.prepare(request, holder, lang=lang)
        self._store.keep_offer(id_, prepared.transaction.encode(), lang)
        return prepared

    def confirm(self, id_: str, request: Request, authorization: Authorization) -> Authorized:
        """Take an agreement to the last offer, and keep it as evidence.

        Raises Refused: bad_proof when it is about anything else; what ``Proofs.verify`` raises.
        """
        offer = self._store.offer(id_)
        if offer is None:
            raise Refused("Nothing was shown to the holder yet.", reason=Reason.NEEDS_CONSENT)
        transaction = authorization.transaction
        if transaction.encode() != offer["body"].encode():
            raise Refused("The card agreed to something else than what was shown.", reason=Reason.BAD_PROOF)
        holder = self._desk.holder(authorization.certificate)
        # The offer is a pure function of request, rules and time, so it is made again instead of being kept.
        terms = self._desk.adapter.quote(request, holder, datetime.fromtimestamp(transaction.time, UTC))
        prepared = Prepared(terms=terms, holder=holder, transaction=transaction, lang=offer["lang"])
        authorized = self._desk.authorize(prepared, authorization)
        sentence = terms.sentence(offer["lang"])
        self._store.keep_evidence(
            id_, {**authorization_json(authorization), "sentence": sentence, "lang": offer["lang"]}
        )
        return authorized
