"""What the extensions of a certificate say (RFC 5280 (2008), 4.2.1), as members of ``Certificate``."""

from __future__ import annotations

from typing import Any

from smartid.crypto.elements import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    Element,
    Fields,
    dotted,
    integer_of,
    octets_of,
    read_element,
)
from smartid.errors import EncodingError

STANDARD = "RFC 5280 (2008), 4.2"

_BASIC_CONSTRAINTS = "2.5.29.19"
_KEY_USAGE = "2.5.29.15"
_EXTENDED_KEY_USAGE = "2.5.29.37"
_POLICIES = "2.5.29.32"
_SUBJECT_KEY_ID = "2.5.29.14"
_AUTHORITY_KEY_ID = "2.5.29.35"
_SUBJECT_ALT_NAME = "2.5.29.17"
_CONSTRAINTS = {"2.5.29.30", "2.5.29.33", "2.5.29.36", "2.5.29.54"}
"""Name constraints, policy mappings, policy constraints, inhibitAnyPolicy."""
_HONOURED = {
    _BASIC_CONSTRAINTS,
    _KEY_USAGE,
    _EXTENDED_KEY_USAGE,
    _POLICIES,
    _SUBJECT_KEY_ID,
    _AUTHORITY_KEY_ID,
    _SUBJECT_ALT_NAME,
}
_UNDERSTOOD = _HONOURED | _CONSTRAINTS
_UNDERSTOOD |= {"2.5.29.31", "2.5.29.46", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.3", "1.3.6.1.5.5.7.48.1.5"}
"""With where to ask for revocation data (CRL, delta CRL, OCSP), qualified statements, and ocsp-nocheck."""

_KEY_USAGES = (
    "digital_signature",
    "non_repudiation",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_MAX_KEY_USAGE = 8
"""Longest key usage, in bytes; two hold all its bits."""
_KEY_IDENTIFIER = 0x80


def read_extensions(extensions: Element) -> dict[str, Any]:
    """Read the extensions by object identifier; each may occur once. Raises EncodingError."""
    found = _by_oid(extensions)
    critical = frozenset(oid for oid, (marked, _) in found.items() if marked)
    values = {oid: read_element(value) for oid, (_, value) in found.items() if oid in _HONOURED}
    if _SUBJECT_ALT_NAME in values:
        values[_SUBJECT_ALT_NAME].require(SEQUENCE)
    return {
        **_constraints(values.get(_BASIC_CONSTRAINTS)),
        "subject_key_id": octets_of(values[_SUBJECT_KEY_ID]) if _SUBJECT_KEY_ID in values else None,
        "authority_key_id": _authority_key_id(values.get(_AUTHORITY_KEY_ID)),
        "key_usage": _key_usage(values.get(_KEY_USAGE)),
        "extended_key_usage": _identifiers(values.get(_EXTENDED_KEY_USAGE)),
        "policies": _policies(values.get(_POLICIES)),
        "critical": critical,
        "unprocessed": critical - _UNDERSTOOD,
        "constraints": frozenset(_CONSTRAINTS & found.keys()),
    }


def _by_oid(extensions: Element) -> dict[str, tuple[bool, bytes]]:
    """Give criticality and value of each."""
    children = extensions.require(SEQUENCE).children()
    found = {}
    for extension in children:
        fields = Fields(extension)
        oid, mark = dotted(fields.take(OID).value), fields.maybe(BOOLEAN)
        found[oid] = (_truth(mark), fields.take(OCTET_STRING).value)
        fields.end()
    if len(found) != len(children):
        raise _broken("each extension once")
    return found


def _truth(mark: Element | None) -> bool:
    """Read a BOOLEAN, whose default is false. Some cards write true as 01, and the default out in full."""
    if mark is not None and len(mark.value) != 1:
        raise _broken("a BOOLEAN of one byte")
    return mark is not None and mark.value != b"\0"


def _constraints(value: Element | None) -> dict[str, Any]:
    if value is None:
        return {}
    fields = Fields(value)
    is_ca, length = _truth(fields.maybe(BOOLEAN)), fields.maybe(INTEGER)
    fields.end()
    limit = None if length is None else integer_of(length)
    if limit is not None and limit < 0:
        raise _broken("a path length that is not negative")
    return {"is_ca": is_ca, "path_length": limit}


def _authority_key_id(value: Element | None) -> bytes | None:
    if value is None:
        return None
    parts = value.require(SEQUENCE).children()
    return next((part.value for part in parts if part.tag == _KEY_IDENTIFIER), None)


def _key_usage(value: Element | None) -> frozenset[str] | None:
    if value is None:
        return None
    octets = value.require(BIT_STRING).value
    if not 1 <= len(octets) <= _MAX_KEY_USAGE or octets[0] > 7:
        raise _broken("a BIT STRING")
    bits = f"{int.from_bytes(octets[1:], 'big'):0{8 * len(octets) - 8}b}"
    meant = bits[: len(bits) - octets[0]]
    return frozenset(name for name, bit in zip(_KEY_USAGES, meant, strict=False) if bit == "1")


def _identifiers(value: Element | None) -> frozenset[str] | None:
    if value is None:
        return None
    return frozenset(dotted(item.require(OID).value) for item in value.require(SEQUENCE).children())


def _policies(value: Element | None) -> frozenset[str]:
    if value is None:
        return frozenset()
    policies = value.require(SEQUENCE).children()
    return frozenset(dotted(Fields(policy).take(OID).value) for policy in policies)


def _broken(expected: str) -> EncodingError:
    return EncodingError("certificate extensions", offset=0, expected=expected, standard=STANDARD)
