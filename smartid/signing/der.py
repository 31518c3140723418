"""Writing DER by hand: what goes into a signature is put together byte by byte, and read back as it lies.

Every function gives whole elements: tag, length and value (ITU-T X.690 (2021), 8 to 10).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

from asn1crypto import core

from smartid.crypto.ber import encode
from smartid.crypto.elements import (
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    UTC_TIME,
    read_element,
)
from smartid.crypto.signature import SignatureAlgorithm

NULL = b"\x05\x00"

_HASHES = {
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
_SIGNATURES = {
    SignatureAlgorithm.ES256: "1.2.840.10045.4.3.2",
    SignatureAlgorithm.ES384: "1.2.840.10045.4.3.3",
    SignatureAlgorithm.ES512: "1.2.840.10045.4.3.4",
    SignatureAlgorithm.RS256: "1.2.840.113549.1.1.11",
    SignatureAlgorithm.RS384: "1.2.840.113549.1.1.12",
    SignatureAlgorithm.RS512: "1.2.840.113549.1.1.13",
}
_PSS = "1.2.840.113549.1.1.10"
_MGF1 = "1.2.840.113549.1.1.8"


@cache
def oid(dotted: str) -> bytes:
    """Write an object identifier."""
    return bytes(core.ObjectIdentifier(dotted).dump())


def integer(number: int) -> bytes:
    """Write a number that is not negative."""
    return encode(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def octets(value: bytes) -> bytes:
    """Write an octet string."""
    return encode(OCTET_STRING, value)


def sequence(*elements: bytes) -> bytes:
    """Write a sequence of elements."""
    return encode(SEQUENCE, *elements)


def set_of(elements: Iterable[bytes], tag: int = SET) -> bytes:
    """Write a set of elements in DER order: sorted as octet strings (X.690, 11.6)."""
    return encode(tag, *sorted(elements))


def attribute(kind: str, *values: bytes) -> bytes:
    """Write an Attribute of RFC 5652 (2009), 5.3: its type and a set of values."""
    return sequence(oid(kind), set_of(values))


def time(moment: datetime) -> bytes:
    """Write a Time in whole seconds UTC: two digits for 1950 to 2049, else four (RFC 5652 (2009), 11.3)."""
    text = moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()
    if 1950 <= moment.astimezone(UTC).year < 2050:
        return encode(UTC_TIME, text[2:])
    return encode(GENERALIZED_TIME, text)


def hash_algorithm(name: str) -> bytes:
    """Write the AlgorithmIdentifier of a hash, without parameters (RFC 5754 (2010), 2).

    Raises KeyError for a hash that is unknown here.
    """
    return sequence(oid(_HASHES[name]))


def hash_name(identifier: bytes) -> str | None:
    """Name the hash of an AlgorithmIdentifier, None when it is unknown here. Raises EncodingError."""
    kind = elements(identifier)[:1]
    return next((name for name, dotted in _HASHES.items() if kind == (oid(dotted),)), None)


def signature_algorithm(algorithm: SignatureAlgorithm) -> bytes:
    """Write the AlgorithmIdentifier of a signature.

    ECDSA has no parameters (RFC 5754 (2010), 3.3), RSASSA-PKCS1-v1_5 has NULL (3.2), RSASSA-PSS names hash,
    mask and the salt, which is as long as the digest (RFC 4056 (2005), 3; RFC 4055 (2005), 3.1).
    """
    if algorithm.is_pss:
        return _pss(algorithm)
    parameters = NULL if algorithm.key_type == "RSA" else b""
    return sequence(oid(_SIGNATURES[algorithm]), parameters)


def _pss(algorithm: SignatureAlgorithm) -> bytes:
    hashed = sequence(oid(_HASHES[algorithm.hash_name]), NULL)
    mask = sequence(oid(_MGF1), hashed)
    salt = integer(algorithm.digest_size)
    parameters = (encode(0xA0, hashed), encode(0xA1, mask), encode(0xA2, salt))
    return sequence(oid(_PSS), sequence(*parameters))


def elements(data: bytes, tag: int = SEQUENCE) -> tuple[bytes, ...]:
    """Take an element apart; each part comes as it lies, with its tag and length. Raises EncodingError."""
    return tuple(part.raw for part in read_element(data, tag).children())


def value_of(data: bytes, tag: int) -> bytes:
    """Give the value of an element of this tag. Raises EncodingError."""
    return read_element(data, tag).value
