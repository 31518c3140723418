"""What a dispute is decided by: everything that proves a payment, in one JSON file that anybody can check.

The file holds the body that the card signed with certificate and signature, the sentence that was shown, all
receipts of the journal, and the end of the ledger's chain. ``check_evidence`` needs no database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from smartid.crypto import strict_json
from smartid.errors import EncodingError, SignatureInvalid
from smartid.identity.transaction import Authorization, displayed
from smartid.services.journal.journal import Journal
from smartid.services.journal.receipt import receipt_json, verify_receipt
from smartid.services.purchase.events import summary
from smartid.services.purchase.service import Purchases
from smartid.services.purchase.values import Verb
from smartid.services.purchase.wire import read_authorization

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "smartid purchase evidence 1"
MAX_SIZE = 4 << 20
_AGREEMENT = ("transaction", "certificate", "algorithm", "signature")
_MEMBERS = frozenset({"format", "payment", "agreement", "sentence", "lang", "receipts", "ledger"})


def evidence_of(purchases: Purchases, journal: Journal, case_id: str) -> bytes:
    """Put together the evidence of a payment. Raises Refused (unknown_case)."""
    case = purchases.desk.case(case_id)
    signed = case.terms.details["mandate" if case.terms.verb in {Verb.DRAW, Verb.MANDATE} else "intent"]
    kept = purchases.store.evidence(str(signed))
    head = purchases.book.head()
    members = {
        "format": FORMAT,
        "payment": summary(case),
        "agreement": {name: kept[name] for name in _AGREEMENT},
        "sentence": kept["sentence"],
        "lang": kept["lang"],
        "receipts": [json.loads(receipt_json(receipt)) for receipt in journal.receipts_of(case_id)],
        "ledger": {"height": head.height, "hash": head.hash.hex()},
    }
    return json.dumps(members, ensure_ascii=False, indent=1, sort_keys=True).encode()


def check_evidence(data: bytes, journal_key: Ed25519PublicKey) -> Authorization:
    """Check everything that needs no authority: signature of the card, sentence, receipts.

    Whether the certificate is to be believed is for ``spine.proof`` or any other program for X.509. Gives
    what the holder agreed to. Raises EncodingError, SignatureInvalid, AlgorithmRefused.
    """
    if len(data) > MAX_SIZE:
        raise _broken(f"at most {MAX_SIZE} bytes")
    members = strict_json.parse_object(data, "evidence")
    if members.keys() != _MEMBERS or members["format"] != FORMAT:
        raise _broken("exactly the members of the format")
    if not isinstance(members["agreement"], dict) or not isinstance(members["receipts"], list):
        raise _broken("an agreement and a list of receipts")
    agreed = read_authorization(members["agreement"])
    _require_signed(agreed)
    if displayed(_text(members["sentence"])) != agreed.transaction.display:
        raise SignatureInvalid("The card agreed to another sentence.")
    _require_receipts(members["receipts"], members["payment"], journal_key)
    return agreed


def _require_signed(agreed: Authorization) -> None:
    from smartid.trust.raw import verify_raw  # noqa: PLC0415 - only who checks pays
    from smartid.trust.x509 import parse_certificate  # noqa: PLC0415

    spki = parse_certificate(agreed.certificate).spki
    verify_raw(spki, agreed.algorithm, agreed.signature, message=agreed.transaction.message())


def _require_receipts(receipts: list[Any], payment: object, key: Ed25519PublicKey) -> None:
    if not isinstance(payment, Mapping) or not receipts:
        raise _broken("a payment and its receipts")
    for members in receipts:
        receipt = verify_receipt(json.dumps(members, ensure_ascii=False), key)
        if receipt.case != payment.get("payment"):
            raise SignatureInvalid("A receipt is about another payment.")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _broken("a sentence")
    return value


def _broken(expected: str) -> EncodingError:
    return EncodingError("evidence", offset=0, expected=expected, standard=FORMAT)
