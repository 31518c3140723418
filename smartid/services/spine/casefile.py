"""How cases and receipts are written down, and read again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from smartid.errors import Refused
from smartid.identity.transaction import Transaction
from smartid.services.ledger.book import Entry, Record
from smartid.services.reasons import Reason
from smartid.services.spine.states import State
from smartid.services.spine.values import Assurance, Authorized, Case, Holder, Receipt, Terms

_ID = re.compile("[0-9a-f]{32}")


def require_key(key: str) -> None:
    """Raises Refused (invalid_request) for what is no idempotency key."""
    if not 0 < len(key) <= 200 or not key.isprintable():
        raise Refused("A key has 1 to 200 printable characters.", reason=Reason.INVALID_REQUEST)


def case_id(service: str, key: str) -> str:
    """Derive the identifier of a case from the idempotency key, so that a repeat is found for ever.

    Raises Refused (invalid_request) for what is no key.
    """
    require_key(key)
    return hashlib.sha256(f"smartid case 1\n{service}\n{key}".encode()).hexdigest()[:32]


def open_case(authorized: Authorized, key: str, now: datetime) -> Case:
    """Make the case of a transaction that was proved."""
    prepared = authorized.prepared
    return Case(
        id=case_id(prepared.terms.service, key),
        service=prepared.terms.service,
        state=State.PROVED,
        terms=prepared.terms,
        holder=prepared.holder,
        transaction=prepared.transaction,
        key=key,
        opened=now,
        changed=now,
    )


def load_case(entry: Entry, service: str, id_: str) -> Case:
    """Give a case. Raises Refused (unknown_case)."""
    found = find_case(entry, service, id_) if _ID.fullmatch(id_) else None
    if found is None:
        raise Refused(f"{service} has no case {id_[:64]!a}.", reason=Reason.UNKNOWN_CASE)
    return found


def find_case(entry: Entry, service: str, id_: str) -> Case | None:
    """Give a case, None when there is none."""
    record = entry.load(f"{service}/case", id_)
    return read_case(record) if record else None


def keep_case(entry: Entry, case: Case, *, due: int = 0) -> None:
    """Write a case. ``due``: when its reservation expires, in seconds since 1970."""
    kind = f"{case.service}/case"
    entry.keep(Record(kind=kind, key=case.id, state=case.state, due=due, content=_case_content(case)))


def mark_of(case: Case) -> Record:
    """Make the record that a transaction was carried out, by its fingerprint."""
    key = case.transaction.fingerprint.hex()
    return Record(kind=mark_kind(case.service), key=key, content={"case": case.id})


def mark_kind(service: str) -> str:
    """Give the kind of the records that a transaction was carried out under a key."""
    return f"{service}/transaction"


def _case_content(case: Case) -> dict[str, Any]:
    holder, terms = case.holder, case.terms
    return {
        "state": case.state.value,
        "service": case.service,
        "key": case.key,
        "opened": case.opened.isoformat(),
        "changed": case.changed.isoformat(),
        "reserved": case.reserved,
        "completed": case.completed,
        "refunded": case.refunded,
        "original": case.original,
        "facts": dict(case.facts),
        "transaction": case.transaction.encode().decode(),
        "holder": {
            "pseudonym": holder.pseudonym,
            "assurance": holder.assurance.value,
            "certificate": holder.certificate.hex(),
            "throw_away": holder.throw_away,
        },
        "terms": {
            "verb": terms.verb,
            "amount": terms.amount,
            "unit": terms.unit,
            "payee": terms.payee,
            "sentence_fa": terms.sentence_fa,
            "sentence_en": terms.sentence_en,
            "policy": terms.policy,
            "expires": terms.expires.isoformat(),
            "details": dict(terms.details),
        },
    }


def read_case(record: Record) -> Case:
    """Read a case as ``keep_case`` wrote it."""
    content = record.content
    holder, terms = content["holder"], content["terms"]
    return Case(
        id=record.key,
        service=content["service"],
        state=State(content["state"]),
        terms=Terms(
            service=content["service"],
            expires=datetime.fromisoformat(terms["expires"]),
            **{name: value for name, value in terms.items() if name != "expires"},
        ),
        holder=Holder(
            pseudonym=holder["pseudonym"],
            assurance=Assurance(holder["assurance"]),
            certificate=bytes.fromhex(holder["certificate"]),
            throw_away=holder["throw_away"],
        ),
        transaction=Transaction.parse(content["transaction"].encode()),
        key=content["key"],
        opened=datetime.fromisoformat(content["opened"]),
        changed=datetime.fromisoformat(content["changed"]),
        **{name: content[name] for name in ("reserved", "completed", "refunded", "original", "facts")},
    )


def keep_answer(entry: Entry, service: str, name: str, fingerprint: str, receipt: Receipt) -> None:
    """Write the answer to a call, for those who repeat it.

    name         of the call: "CASE/complete", "refund/KEY"
    fingerprint  of what was asked
    """
    content = {"fingerprint": fingerprint, "receipt": _receipt_content(receipt)}
    entry.keep(Record(kind=f"{service}/answer", key=name, content=content))


def find_answer(entry: Entry, service: str, name: str, fingerprint: str) -> Receipt | None:
    """Give the answer to an earlier call, as a replay.

    Raises Refused (conflict) when something else was asked then.
    """
    record = entry.load(f"{service}/answer", name)
    if record is None:
        return None
    if record.content["fingerprint"] != fingerprint:
        raise conflict("It was asked for something else before.")
    return replace(_read_receipt(record.content["receipt"]), replayed=True)


def conflict(why: str) -> Refused:
    """The error for a second call that is not the first one again."""
    return Refused(
        why,
        reason=Reason.CONFLICT,
        remedy="Use a new key for another transaction, and repeat a call with what it was first made with.",
    )


def _receipt_content(receipt: Receipt) -> dict[str, Any]:
    signed = {"body": receipt.body.hex(), "signature": receipt.signature.hex(), "qr": receipt.qr}
    return receipt.as_dict() | signed


def _read_receipt(content: Mapping[str, Any]) -> Receipt:
    changed = {
        "state": State(content["state"]),
        "time": datetime.fromisoformat(content["time"]),
        "body": bytes.fromhex(content["body"]),
        "signature": bytes.fromhex(content["signature"]),
    }
    return Receipt(**{**content, **changed})
