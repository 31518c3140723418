"""One form for OCSP answers: some places hold the basic response without the response around it."""

from __future__ import annotations

from smartid.crypto.ber import encode
from smartid.crypto.elements import ENUMERATED, OCTET_STRING, OID, SEQUENCE

_BASIC = bytes.fromhex("2B0601050507300101")
_SUCCESSFUL = b"\x00"


def response_of(basic: bytes) -> bytes:
    """Put a BasicOCSPResponse in DER into an OCSPResponse (RFC 6960 (2013), 4.2.1)."""
    inner = encode(SEQUENCE, encode(OID, _BASIC), encode(OCTET_STRING, basic))
    return encode(SEQUENCE, encode(ENUMERATED, _SUCCESSFUL), encode(0xA0, inner))
