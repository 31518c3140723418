"""Small files that somebody signed: a first line that says what it is, the signature, canonical JSON.

::

    smartid voter register 1
    <Ed25519 signature (RFC 8032 (2017)) of the first line, its line feed and the body: 128 hexadecimal digits>
    {…}
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
_DIGITS = re.compile(rb"[0-9a-f]{128}")


def sign_file(title: str, members: Mapping[str, Any], key: Ed25519PrivateKey) -> bytes:
    """Write members under a title, signed."""
    head, body = title.encode() + b"\n", canonical(members)
    return head + key.sign(head + body).hex().encode() + b"\n" + body


def read_signed(title: str, data: bytes, key: Ed25519PublicKey) -> dict[str, Any]:
    """Check the signature and the one form of a file; give its members.

    Raises EncodingError, SignatureInvalid.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    head = title.encode() + b"\n"
    if len(data) > MAX_FILE or not data.startswith(head):
        raise broken(title, f"at most {MAX_FILE} bytes that begin with the title")
    digits, separator, body = data[len(head) :].partition(b"\n")
    if not separator or not _DIGITS.fullmatch(digits):
        raise broken(title, "a signature of 128 hexadecimal digits in the second line")
    try:
        key.verify(bytes.fromhex(digits.decode()), head + body)
    except InvalidSignature:
        raise SignatureInvalid(f"The {title.rsplit(' ', 1)[0]} was not signed by this key.") from None
    members = strict_json.parse_object(body, title)
    if canonical(members) != body:
        raise broken(title, "the canonical form (RFC 8785)")
    return members


def broken(title: str, expected: str) -> EncodingError:
    """The error for a signed file, or a member of one, that is not built as it should be."""
    return EncodingError(title, offset=0, expected=expected, standard=title)
