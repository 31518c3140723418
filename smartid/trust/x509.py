"""Reading X.509 certificates: everything at once, so that no later step meets broken bytes.

asn1crypto reads real certificates that stricter parsers refuse. Signatures are checked over the bytes as they
came; nothing is encoded again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from asn1crypto import core, x509

from smartid.crypto.der import decoding, require_short_arcs
from smartid.crypto.elements import INTEGER, OID, SEQUENCE, SET, Element, Fields, oid_of, read_element
from smartid.errors import AlgorithmRefused, EncodingError
from smartid.iso7816 import tlv
from smartid.trust.algorithms import SignatureScheme
from smartid.trust.certificate import Certificate, DistinguishedName
from smartid.trust.schemes import scheme_of

STANDARD = "RFC 5280 (2008), 4.1"
MAX_CERTIFICATE_LENGTH = 64 << 10
"""Longest certificate that is read, in bytes. Real ones have one to four thousand."""

MAX_ENCLOSED_LENGTH = 16 << 10
"""Longest certificate of somebody else, as documents and answers bring them along, in bytes."""

_VERSION = 0xA0
_PLAIN_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii"}
"""UTF8String, PrintableString, IA5String."""
_DIRECTORY_STRINGS = {f"2.5.4.{number}" for number in (3, 4, 5, 6, 7, 8, 10, 11, 12, 42, 97)}
"""Attributes that are any kind of text, and no address or bits (RFC 5280 (2008), appendix A.1)."""
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


def parse_certificate(der: bytes) -> Certificate:
    """Read one certificate in DER, with nothing after it. Raises EncodingError."""
    if len(der) > MAX_CERTIFICATE_LENGTH:
        raise _broken(f"at most {MAX_CERTIFICATE_LENGTH} bytes")
    tlv.parse_one(der, SEQUENCE)
    require_short_arcs(der, "certificate")
    with decoding("certificate", STANDARD):
        certificate = x509.Certificate.load(der, strict=True)
        tbs = certificate["tbs_certificate"]
        # Some authorities add parameters to the inner identifier only: the algorithm itself has to agree.
        if tbs["signature"]["algorithm"].dotted != certificate["signature_algorithm"]["algorithm"].dotted:
            raise _broken("the same algorithm inside and outside of the signed part")
        raw = _raw_parts(der)
        return Certificate(
            der=der,
            tbs=raw.tbs,
            signature=certificate["signature_value"].native,
            scheme=_scheme(certificate["signature_algorithm"]),
            serial_number=tbs["serial_number"].native,
            issuer=name_from_der(raw.issuer),
            subject=_plain_name(raw.subject) or read_name(tbs["subject"]),
            not_before=_time(tbs["validity"]["not_before"]),
            not_after=_time(tbs["validity"]["not_after"]),
            spki=raw.spki,
            **_extensions(tbs["extensions"]),
        )


class _RawParts(NamedTuple):
    """Parts of a certificate as they came: asn1crypto may encode them anew, when a header ends in 80."""

    tbs: bytes
    issuer: bytes
    subject: Element
    spki: bytes


def _raw_parts(der: bytes) -> _RawParts:
    tbs = Fields(read_element(der)).take(SEQUENCE)
    fields = Fields(tbs)
    fields.maybe(_VERSION)
    fields.take(INTEGER)
    fields.take(SEQUENCE)  # signature
    issuer = fields.take(SEQUENCE)
    fields.take(SEQUENCE)  # validity
    subject = fields.take(SEQUENCE)
    return _RawParts(tbs.raw, issuer.raw, subject, fields.take(SEQUENCE).raw)


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


def read_name(name: x509.Name) -> DistinguishedName:
    """Read a distinguished name whose structure is already decoded. Raises EncodingError."""
    with decoding("distinguished name", "RFC 5280 (2008), 4.1.2.4"):
        return _named([[(pair["type"].dotted, _text(pair["value"])) for pair in rdn] for rdn in name.chosen])


def _plain_name(name: Element) -> DistinguishedName | None:
    """Read a name of the usual kinds of text in a fraction of the time; None for any other."""
    try:
        return _named(
            [[_plain_pair(pair) for pair in rdn.require(SET).children()] for rdn in name.children()]
        )
    except (EncodingError, UnicodeDecodeError):
        return None


def _plain_pair(pair: Element) -> tuple[str, str]:
    fields = Fields(pair)
    kind, value = oid_of(fields.take(OID)), fields.take(*_PLAIN_TEXTS)
    fields.end()
    if kind not in _DIRECTORY_STRINGS:
        raise _broken("a name of plain texts")
    return kind, value.value.decode(_PLAIN_TEXTS[value.tag])


def _named(parts: Sequence[Sequence[tuple[str, str]]]) -> DistinguishedName:
    key = "\x1e".join("\x1f".join(sorted(f"{oid}={_folded(text)}" for oid, text in rdn)) for rdn in parts)
    return DistinguishedName(tuple(pair for rdn in parts for pair in rdn), key)


@lru_cache(maxsize=1024)
def name_from_der(der: bytes) -> DistinguishedName:
    """Read a distinguished name in DER. Raises EncodingError."""
    require_short_arcs(der, "distinguished name")
    with decoding("distinguished name", "RFC 5280 (2008), 4.1.2.4"):
        return read_name(x509.Name.load(der, strict=True))


def _text(value: core.Asn1Value) -> str:
    native = value.native
    return native if isinstance(native, str) else value.dump().hex()


def _folded(text: str) -> str:
    """Fold case, compatibility forms and spaces, and take out what separates the parts of a key."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.replace("\x1e", " ").replace("\x1f", " ").split())


def _scheme(identifier: core.Asn1Value) -> SignatureScheme | None:
    try:
        return scheme_of(identifier)
    except AlgorithmRefused:
        return None


def _time(value: x509.Time) -> datetime:
    native = value.native
    if not isinstance(native, datetime) or native.tzinfo is None:
        raise _broken("a date and a time in UTC")
    return native.astimezone(UTC)


def _extensions(extensions: Iterable[Any] | core.Void) -> dict[str, Any]:
    """Read the extensions by object identifier; each may occur once."""
    if isinstance(extensions, core.Void):
        return {}
    found = {extension["extn_id"].dotted: extension for extension in extensions}
    if len(found) != len(list(extensions)):
        raise _broken("each extension once")
    critical = {oid for oid, extension in found.items() if extension["critical"].native}
    parsed = {oid: extension["extn_value"].parsed for oid, extension in found.items() if oid in _HONOURED}
    return {
        **_constraints(parsed),
        **_key_ids(parsed),
        "key_usage": _names(parsed.get(_KEY_USAGE)),
        "extended_key_usage": _oids(parsed.get(_EXTENDED_KEY_USAGE)),
        "policies": frozenset(policy["policy_identifier"].dotted for policy in parsed.get(_POLICIES, ())),
        "critical": frozenset(critical),
        "unprocessed": frozenset(critical - _UNDERSTOOD),
        "constraints": frozenset(_CONSTRAINTS & set(found)),
    }


def _constraints(parsed: dict[str, Any]) -> dict[str, Any]:
    if _BASIC_CONSTRAINTS not in parsed:
        return {}
    native = parsed[_BASIC_CONSTRAINTS].native
    length = native["path_len_constraint"]
    if length is not None and length < 0:
        raise _broken("a path length that is not negative")
    return {"is_ca": native["ca"], "path_length": length}


def _key_ids(parsed: dict[str, Any]) -> dict[str, Any]:
    authority = parsed.get(_AUTHORITY_KEY_ID)
    subject = parsed.get(_SUBJECT_KEY_ID)
    return {
        "subject_key_id": None if subject is None else subject.native,
        "authority_key_id": None if authority is None else authority["key_identifier"].native,
    }


def _names(usage: Any) -> frozenset[str] | None:
    return None if usage is None else frozenset(usage.native)


def _oids(identifiers: Any) -> frozenset[str] | None:
    return None if identifiers is None else frozenset(identifier.dotted for identifier in identifiers)


def _broken(expected: str) -> EncodingError:
    return EncodingError("certificate", offset=0, expected=expected, standard=STANDARD)
