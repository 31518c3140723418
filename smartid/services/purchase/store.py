"""What the service keeps beside its cases: payees and their keys, intents, mandates, offers, evidence."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, TypeVar

from smartid.errors import Refused
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.purchase.values import Intent, Mandate, Payee
from smartid.services.reasons import Reason

PAYEE = "purchase/payee"
KEY = "purchase/api-key"
INTENT = "purchase/intent-asked"
MANDATE = "purchase/mandate"
OFFER = "purchase/offer"
EVIDENCE = "purchase/evidence"
APPROVED = "purchase/approved"
Kept = TypeVar("Kept", Intent, Mandate)


class Store:
    """Records of the service in its book."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def register(self, payee: Payee) -> str:
        """Write a payee, in place of an earlier one, and give a new key for the programming interface.

        The key is told here and never again: its SHA-256 is all that is kept. It has 256 random bits, so a
        slow hash would add nothing.
        """
        key = f"sk_{secrets.token_urlsafe(32)}"
        made = Record(kind=KEY, key=_hashed(key), content={"payee": payee.id})
        self._book.run(lambda entry: entry.keep(_payee_record(payee), made))
        return key

    def change(self, payee: Payee) -> None:
        """Write a payee; its keys stay."""
        self._book.run(lambda entry: entry.keep(_payee_record(payee)))

    def withdraw_key(self, key: str) -> None:
        """Make a key worthless."""
        self._book.run(lambda entry: entry.forget(KEY, _hashed(key)))

    def payee_of(self, key: str) -> Payee | None:
        """Give the payee to whom a key belongs. Only hashes are compared, so times tell nothing of keys."""
        if not key.isascii() or len(key) > 100:
            return None
        found = self._load(KEY, _hashed(key))
        return self.payee(found["payee"]) if found else None

    def payee(self, id_: str) -> Payee:
        """Give a payee. Raises Refused (unknown_case)."""
        return Payee.of(id_, self._require(PAYEE, id_))

    def intent(self, id_: str) -> Intent:
        """Give an intent. Raises Refused (unknown_case)."""
        return Intent.of(id_, self._require(INTENT, id_))

    def keep_intent(self, intent: Intent) -> Intent:
        """Write an intent once. Raises Refused (conflict) when there is another one of this name."""

        def work(entry: Entry) -> Intent:
            known = entry.load(INTENT, intent.id)
            if known is None:
                entry.keep(Record(kind=INTENT, key=intent.id, content=intent.as_dict()))
                return intent
            found = Intent.of(intent.id, known.content)
            return _same(found, intent, ("payee", "amount", "order", "capture"))

        return self._book.run(work)

    def mandate(self, id_: str) -> Mandate:
        """Give a mandate. Raises Refused (unknown_case)."""
        return Mandate.of(id_, self._require(MANDATE, id_))

    def keep_mandate(self, mandate: Mandate) -> Mandate:
        """Write a mandate that nobody has signed, once. Raises Refused (conflict)."""

        def work(entry: Entry) -> Mandate:
            known = entry.load(MANDATE, mandate.id)
            if known is None:
                entry.keep(mandate_record(mandate))
                return mandate
            found = Mandate.of(mandate.id, known.content)
            return _same(found, mandate, ("payee", "ceiling", "period", "order", "until"))

        return self._book.run(work)

    def offer(self, id_: str) -> Mapping[str, Any] | None:
        """Give what was last shown for an intent or a mandate."""
        return self._load(OFFER, id_)

    def keep_offer(self, id_: str, body: bytes, lang: str) -> None:
        """Write what was shown: only this can be signed."""
        content = {"body": body.decode(), "lang": lang}
        self._book.run(lambda entry: entry.keep(Record(kind=OFFER, key=id_, content=content)))

    def evidence(self, id_: str) -> Mapping[str, Any]:
        """Give what a holder signed for an intent or a mandate. Raises Refused (unknown_case)."""
        return self._require(EVIDENCE, id_)

    def keep_evidence(self, id_: str, content: Mapping[str, Any]) -> None:
        """Write what a holder signed."""
        self._book.run(lambda entry: entry.keep(Record(kind=EVIDENCE, key=id_, content=content)))

    def approval(self, case_id: str) -> Mapping[str, Any] | None:
        """Give what the acquirer answered when it held an amount."""
        return self._load(APPROVED, case_id)

    def keep_approval(self, case_id: str, answer: Mapping[str, str]) -> None:
        """Write that the acquirer holds an amount."""
        content = {"code": answer["39"], "approval": answer.get("38", "")}
        self._book.run(lambda entry: entry.keep(Record(kind=APPROVED, key=case_id, content=content)))

    def _load(self, kind: str, key: str) -> Mapping[str, Any] | None:
        found = self._book.run(lambda entry: entry.load(kind, key[:200]))
        return found.content if found else None

    def _require(self, kind: str, key: str) -> Mapping[str, Any]:
        found = self._load(kind, key)
        if found is None:
            raise Refused(f"There is no {kind.partition('/')[2]} of this name.", reason=Reason.UNKNOWN_CASE)
        return found


def mandate_record(mandate: Mandate) -> Record:
    """Give the record of a mandate."""
    return Record(kind=MANDATE, key=mandate.id, content=mandate.as_dict())


def _payee_record(payee: Payee) -> Record:
    return Record(kind=PAYEE, key=payee.id, content=payee.as_dict())


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _same(found: Kept, wanted: Kept, names: tuple[str, ...]) -> Kept:
    if any(getattr(found, name) != getattr(wanted, name) for name in names):
        raise Refused("This key was used for another request.", reason=Reason.CONFLICT)
    return found
