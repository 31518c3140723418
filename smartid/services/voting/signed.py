"""Small files that somebody signed: canonical JSON (RFC 8785 (2020)) of a title, members, and a signature.

::

    {"body": {…}, "signature": S, "title": "smartid voter register 1"}

S  Ed25519 (RFC 8032 (2017)) over the title, a line feed and the body as canonical JSON, in hexadecimal
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from smartid.crypto import strict_json
from smartid.errors import EncodingError, SignatureInvalid
from smartid.services.journal.body import canonical

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_FILE = 256 << 20
"""Longest file that is read, in bytes."""
_DIGITS = re.compile(r"[0-9a-f]{128}")


def sign_file(title: str, body: Mapping[str, Any], key: Ed25519PrivateKey) -> bytes:
    """Write members under a title, signed."""
    signature = key.sign(_message(title, body)).hex()
    return canonical({"body": body, "signature": signature, "title": title})


def read_signed(title: str, data: bytes, key: Ed25519PublicKey) -> dict[str, Any]:
    """Check the signature and the one form of a file; give its members.

    Raises EncodingError, SignatureInvalid.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    if len(data) > MAX_FILE:
        raise broken(title, f"at most {MAX_FILE} bytes")
    found = strict_json.parse_object(data, title)
    body, digits = found.get("body"), found.get("signature")
    if found.keys() != {"body", "signature", "title"} or found["title"] != title:
        raise broken(title, f"body, signature, and title: {title}")
    if not isinstance(body, dict) or not isinstance(digits, str) or not _DIGITS.fullmatch(digits):
        raise broken(title, "an object as body, and a signature of 128 hexadecimal digits")
    if canonical(found) != data:
        raise broken(title, "the canonical form (RFC 8785)")
    try:
        key.verify(bytes.fromhex(digits), _message(title, body))
    except InvalidSignature:
        raise SignatureInvalid(f"The {title.rsplit(' ', 1)[0]} was not signed by this key.") from None
    return body


def broken(title: str, expected: str) -> EncodingError:
    """The error for a signed file, or a member of one, that is not built as it should be."""
    return EncodingError(title, offset=0, expected=expected, standard=title)


def _message(title: str, body: Mapping[str, Any]) -> bytes:
    return title.encode() + b"\n" + canonical(body)
