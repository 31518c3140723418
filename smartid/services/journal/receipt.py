"""Receipts out of bodies and signatures, and the verification of what somebody shows."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from smartid.crypto import strict_json
from smartid.errors import SignatureInvalid
from smartid.services.journal import proof
from smartid.services.journal.body import STANDARD, Body, broken, details_digest
from smartid.services.spine.values import Receipt

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_RECEIPT = 65536
SIGNATURE_SIZE = 64


def make_receipt(body: Body, signature: bytes, details: Mapping[str, str | int]) -> Receipt:
    """Put a receipt together. Nothing is verified."""
    return Receipt(
        id=body.digest()[:16].hex(),
        number=body.number,
        service=body.service,
        verb=body.verb,
        state=body.state,
        amount=body.amount,
        unit=body.unit,
        payee=body.payee,
        time=datetime.fromtimestamp(body.time, UTC),
        case=body.case,
        details=dict(details),
        body=body.encode(),
        signature=signature,
        qr=proof.pack(body, signature),
    )


def receipt_json(receipt: Receipt) -> str:
    """Write a receipt as a file: format, body as text, details, signature in base64."""
    members = {
        "format": STANDARD,
        "body": receipt.body.decode(),
        "details": dict(receipt.details),
        "signature": base64.b64encode(receipt.signature).decode(),
    }
    return json.dumps(members, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def parse_receipt(data: str | bytes) -> Receipt:
    """Read a receipt: the text of a QR code, or a file. Nothing is verified. Raises EncodingError.

    The text of a QR code has no details, only their hash.
    """
    raw = data.encode(errors="replace") if isinstance(data, str) else data
    if len(raw) > MAX_RECEIPT:
        raise broken("receipt", f"at most {MAX_RECEIPT} bytes")
    raw = raw.strip()
    if raw.startswith(proof.PREFIX.encode()):
        body, signature = proof.unpack(raw)
        return make_receipt(body, signature, {})
    return _from_file(strict_json.parse_object(raw, "receipt"))


def verify_receipt(
    data: str | bytes, public_key: Ed25519PublicKey, *, signature: bytes | None = None
) -> Receipt:
    """Check a receipt, without any network: the text of a QR code, a file, or a body with its signature.

    Raises EncodingError for what is no receipt, SignatureInvalid when the key did not sign it.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    if signature is None:
        receipt = parse_receipt(data)
    else:
        body = Body.parse(data.encode() if isinstance(data, str) else data)
        receipt = make_receipt(body, signature, {})
    try:
        public_key.verify(receipt.signature, Body.parse(receipt.body).message())
    except InvalidSignature:
        raise SignatureInvalid("The receipt was not signed by this key, or it was changed.") from None
    return receipt


def _from_file(members: Mapping[str, Any]) -> Receipt:
    if members.keys() != {"format", "body", "details", "signature"} or members["format"] != STANDARD:
        raise broken("receipt", f"the members body, details, signature, and format: {STANDARD}")
    body, details, text = members["body"], members["details"], members["signature"]
    if not isinstance(body, str) or not isinstance(details, dict) or not isinstance(text, str):
        raise broken("receipt", "body and signature as texts, details as an object")
    found = Body.parse(body.encode(errors="replace"))
    if details_digest(details) != found.details:
        raise broken("details", "those whose hash was signed")
    return make_receipt(found, _signature(text), details)


def _signature(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise broken("signature", "base64") from None
    if len(found) != SIGNATURE_SIZE or base64.b64encode(found).decode() != text:
        raise broken("signature", f"{SIGNATURE_SIZE} bytes in base64")
    return found
