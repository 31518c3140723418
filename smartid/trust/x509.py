"""Reading X.509 certificates: everything at once, so that no later step meets broken bytes.

The walk is lenient where real cards are: parameters that should be absent, defaults that are written out.
Signatures are checked over the bytes as they came; nothing is encoded again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from asn1crypto import x509

from smartid.crypto.der import decoding, require_short_arcs
from smartid.crypto.elements import (
    BIT_STRING,
    INTEGER,
    OID,
    SEQUENCE,
    Element,
    Fields,
    dotted,
    integer_of,
    read_element,
    time_of,
)
from smartid.errors import AlgorithmRefused, EncodingError
from smartid.trust.algorithms import SignatureScheme
from smartid.trust.certificate import Certificate
from smartid.trust.schemes import scheme_from_der
from smartid.trust.x509_extensions import read_extensions
from smartid.trust.x509_names import name_from_der

STANDARD = "RFC 5280 (2008), 4.1"
MAX_CERTIFICATE_LENGTH = 64 << 10
"""Longest certificate that is read, in bytes. Real ones have one to four thousand."""

MAX_ENCLOSED_LENGTH = 16 << 10
"""Longest certificate of somebody else, as documents and answers bring them along, in bytes."""

_VERSION, _ISSUER_ID, _SUBJECT_ID, _EXTENSIONS = 0xA0, 0x81, 0x82, 0xA3


def parse_certificate(der: bytes) -> Certificate:
    """Read one certificate in DER, with nothing after it. Raises EncodingError."""
    if len(der) > MAX_CERTIFICATE_LENGTH:
        raise _broken(f"at most {MAX_CERTIFICATE_LENGTH} bytes")
    require_short_arcs(der, "certificate")
    parts = Fields(read_element(der))
    tbs, identifier, signature = parts.take(SEQUENCE), parts.take(SEQUENCE), parts.take(BIT_STRING)
    parts.end()
    fields = Fields(tbs)
    fields.maybe(_VERSION)
    serial, inner = fields.take(INTEGER), fields.take(SEQUENCE)
    # Some authorities add parameters to the inner identifier only: the algorithm itself has to agree.
    if _algorithm(inner) != _algorithm(identifier):
        raise _broken("the same algorithm inside and outside of the signed part")
    issuer, validity, subject = fields.take(SEQUENCE), Fields(fields.take(SEQUENCE)), fields.take(SEQUENCE)
    not_before, not_after = _time(validity.take()), _time(validity.take())
    validity.end()
    spki = fields.take(SEQUENCE)
    return Certificate(
        der=der,
        tbs=tbs.raw,
        signature=_octets(signature),
        scheme=_scheme(identifier.raw),
        serial_number=integer_of(serial),
        issuer=name_from_der(issuer.raw),
        subject=name_from_der(subject.raw),
        not_before=not_before,
        not_after=not_after,
        spki=spki.raw,
        **_extensions(fields),
    )


@lru_cache(maxsize=512)
def readable_certificate(der: bytes) -> Certificate | None:
    """Give a certificate that came along with something, None when it cannot be read or is too long.

    The same bytes are asked about again and again, and both answers are remembered: a document full of junk
    must not cost its length squared.
    """
    if len(der) > MAX_ENCLOSED_LENGTH:
        return None
    try:
        return parse_certificate(der)
    except EncodingError:
        return None


def _algorithm(identifier: Element) -> str:
    return dotted(Fields(identifier).take(OID).value)


def _scheme(identifier: bytes) -> SignatureScheme | None:
    try:
        return scheme_from_der(identifier, "")
    except AlgorithmRefused:
        return None


def _octets(signature: Element) -> bytes:
    """Give the bits of a signature as bytes; how many of the last byte do not count is of no matter here."""
    value = signature.value
    if not value or value[0] > 7:
        raise _broken("a BIT STRING as signature")
    return value[1:]


def _time(element: Element) -> datetime:
    """Read a time; some cards leave the seconds out of it."""
    try:
        return time_of(element)
    except EncodingError:
        with decoding("certificate", STANDARD):
            native = x509.Time.load(element.raw, strict=True).native
    if not isinstance(native, datetime) or native.tzinfo is None:
        raise _broken("a date and a time in UTC")
    return native.astimezone(UTC)


def _extensions(fields: Fields) -> dict[str, Any]:
    """Read what is left of the signed part: identifiers that nobody uses, and the extensions."""
    fields.maybe(_ISSUER_ID)
    fields.maybe(_SUBJECT_ID)
    holder = fields.maybe(_EXTENSIONS)
    fields.end()
    if holder is None:
        return {}
    inner = Fields(holder, _EXTENSIONS)
    extensions = inner.take(SEQUENCE)
    inner.end()
    return read_extensions(extensions)


def _broken(expected: str) -> EncodingError:
    return EncodingError("certificate", offset=0, expected=expected, standard=STANDARD)
