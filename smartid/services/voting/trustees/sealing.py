"""Texts that one trustee alone can read: the values of polynomials, on their way through strangers' hands.

Integrated encryption over the election's group (after ISO/IEC 18033-2:2006): the sender draws e and shows E
= g^e; both sides know K = recipient^e = E^d. HKDF-SHA-256 (RFC 5869 (2010)) makes the key of AES-256-GCM
(NIST SP 800-38D (2007)) of it; that key is used once, so its nonce is zero. What the text is for, and both
public keys, go into the key: a text that is moved elsewhere does not open.

It hides; it does not say who wrote. What is inside is checked against what its sender signed.
"""

from __future__ import annotations

import base64
import binascii
import os
from typing import Any

from smartid.errors import EncodingError
from smartid.services.voting.compact import broken, compact, members
from smartid.services.voting.groups.base import Element, Group, Random

WHAT = "sealed text"
MAX_TEXT = 4096
_NONCE = bytes(12)


def seal(
    group: Group, recipient: Element, text: bytes, context: str, *, random: Random = os.urandom
) -> dict[str, Any]:
    """Seal a text for the owner of a key.

    context  what it is for; who opens it says the same
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    exponent = group.random_exponent(random)
    ephemeral = group.power_secret(group.generator, exponent)
    key = _key(group, ephemeral, recipient, group.power_secret(recipient, exponent), context)
    data = AESGCM(key).encrypt(_NONCE, text, None)
    return {"ephemeral": group.encode(ephemeral), "data": base64.b64encode(data).decode()}


def unseal(group: Group, secret: int, value: object, context: str) -> bytes:
    """Open a text that was sealed for g^secret. Raises EncodingError: broken, moved, or for somebody else."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    found = members(value, WHAT, ("ephemeral", "data"))
    ephemeral, data = group.decode(found["ephemeral"], WHAT), _data(found["data"])
    recipient = group.power_secret(group.generator, secret)
    key = _key(group, ephemeral, recipient, group.power_secret(ephemeral, secret), context)
    try:
        return AESGCM(key).decrypt(_NONCE, data, None)
    except InvalidTag:
        raise _broken() from None


def _key(group: Group, ephemeral: Element, recipient: Element, shared: Element, context: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    info = ["smartid sealed text 1", group.name, context, group.encode(ephemeral), group.encode(recipient)]
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=compact(info))
    return kdf.derive(group.encode(shared).encode())


def _data(value: object) -> bytes:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise broken(WHAT, f"at most {MAX_TEXT} characters of base64")
    try:
        return base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        raise _broken() from None


def _broken() -> EncodingError:
    return EncodingError(
        WHAT,
        offset=0,
        expected="a text for this key and this purpose, unchanged",
        standard="ISO/IEC 18033-2:2006",
    )
