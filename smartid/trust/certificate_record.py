"""Certificates as plain JSON values and back, so that a cache need not read their ASN.1 again.

A record is the list of a certificate's members in the order of ``MEMBERS``. Numbers, texts, truths and None
stand for themselves; everything else is a list that begins with a letter:

=====  =====================================================
``b``  Base64 of bytes
``t``  a time, ISO 8601
``s``  a frozen set, its members in order
``n``  a distinguished name: pairs, and the key for matching
``a``  a signature scheme: padding, and name of the hash
=====  =====================================================
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any

from smartid.errors import AlgorithmRefused, EncodingError
from smartid.trust.algorithms import Padding, SignatureScheme
from smartid.trust.certificate import Certificate, DistinguishedName

MEMBERS = tuple(member.name for member in fields(Certificate))


def to_record(certificate: Certificate) -> list[object]:
    """Give the record of a certificate. Raises TypeError for a member of a kind that has no form here."""
    return [_encode(getattr(certificate, name)) for name in MEMBERS]


def from_record(record: Any) -> Certificate:
    """Make a certificate out of its record. Raises EncodingError."""
    try:
        values = map(_decode, record)
        return Certificate(**dict(zip(MEMBERS, values, strict=True)))
    except (TypeError, ValueError, LookupError, AttributeError, AlgorithmRefused) as error:
        raise EncodingError(
            "certificate record", offset=0, expected="the members of a certificate"
        ) from error


def _encode(value: object) -> object:
    match value:
        case None | bool() | int() | str():
            return value
        case bytes():
            return ["b", b64encode(value).decode("ascii")]
        case datetime():
            return ["t", value.isoformat()]
        case frozenset():
            return ["s", *sorted(value)]
        case DistinguishedName():
            return ["n", [list(pair) for pair in value.attributes], value.key]
        case SignatureScheme():
            return ["a", value.padding.value, value.hash_name]
    raise TypeError(f"a certificate has no {type(value).__name__}")


def _decode(value: Any) -> Any:
    return _READERS[value[0]](*value[1:]) if isinstance(value, list) else value


def _name(pairs: list[tuple[str, str]], key: str) -> DistinguishedName:
    return DistinguishedName(tuple((oid, text) for oid, text in pairs), key)


def _set(*members: str) -> frozenset[str]:
    return frozenset(members)


def _scheme(padding: str, hash_name: str) -> SignatureScheme:
    return SignatureScheme(Padding(padding), hash_name)


_READERS: dict[str, Callable[..., object]] = {
    "b": b64decode,
    "t": datetime.fromisoformat,
    "s": _set,
    "n": _name,
    "a": _scheme,
}
