"""Message authentication of ISO 8583 messages with AES-CMAC (NIST SP 800-38B (2016)).

The code covers the message up to the last field, which holds it: field 64, or 128 when there is a field
above 64. It is cut to its first 8 bytes. Which key belongs to which line is agreed upon outside.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from smartid.errors import EncodingError
from smartid.services.messages.iso8583 import Spec, decode, encode

SIZE = 8


def seal(spec: Spec, fields: Mapping[str, str | bytes], key: bytes) -> bytes:
    """Write a message with its code. Raises what ``encode`` raises."""
    place = "128" if any(name.isdigit() and int(name) > 64 for name in fields) else "64"
    open_ = encode(spec, {**fields, place: bytes(SIZE)})[:-SIZE]
    return open_ + _mac(open_, key)


def unseal(spec: Spec, data: bytes, key: bytes) -> dict[str, str]:
    """Read a message and check its code, which is not among what is given. Raises EncodingError."""
    found = decode(spec, data)
    place = "128" if found.pop("128", None) else "64"
    if place == "64" and found.pop("64", None) is None:
        raise EncodingError("message", offset=len(data), expected="field 64 or 128", standard=spec.standard)
    if not hmac.compare_digest(_mac(data[:-SIZE], key), data[-SIZE:]):
        raise EncodingError(f"field {place}", offset=len(data) - SIZE, expected="the code of this message")
    return found


def _mac(data: bytes, key: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415
    from cryptography.hazmat.primitives.cmac import CMAC  # noqa: PLC0415

    code = CMAC(AES(key))
    code.update(data)
    return code.finalize()[:SIZE]
