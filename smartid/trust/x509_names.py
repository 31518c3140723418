"""Reading distinguished names (RFC 5280 (2008), 4.1.2.4), and the key by which two of them match (7.1)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from asn1crypto import core, x509

from smartid.crypto.der import decoding, require_short_arcs
from smartid.crypto.elements import OID, SEQUENCE, SET, Element, dotted, read_element
from smartid.trust.certificate import DistinguishedName

STANDARD = "RFC 5280 (2008), 4.1.2.4"

_ENCODINGS = {0x0C: "utf-8", 0x13: "latin-1"}
"""UTF8String and PrintableString, which nearly all names are written in."""
_PLAIN_TYPES = "2.5.4."
"""Attribute types of X.520, whose strings mean themselves; addresses and host names are folded otherwise."""

Pair = tuple[str, str]


@lru_cache(maxsize=1024)
def name_from_der(der: bytes) -> DistinguishedName:
    """Read a distinguished name in DER. Raises EncodingError."""
    require_short_arcs(der, "distinguished name")
    with decoding("distinguished name", STANDARD):
        parts = _plain(read_element(der, SEQUENCE))
        return _name(parts) if parts is not None else read_name(x509.Name.load(der, strict=True))


def read_name(name: x509.Name) -> DistinguishedName:
    """Read a distinguished name whose structure is already decoded. Raises EncodingError."""
    with decoding("distinguished name", STANDARD):
        return _name([[(pair["type"].dotted, _text(pair["value"])) for pair in rdn] for rdn in name.chosen])


def _name(parts: list[list[Pair]]) -> DistinguishedName:
    key = "\x1e".join("\x1f".join(sorted(f"{oid}={_folded(text)}" for oid, text in rdn)) for rdn in parts)
    return DistinguishedName(tuple(pair for rdn in parts for pair in rdn), key)


def _plain(name: Element) -> list[list[Pair]] | None:
    """Read a name of plain types and strings; None for any other. Raises EncodingError, ValueError."""
    parts = []
    for rdn in name.children():
        pairs = [_pair(attribute) for attribute in rdn.require(SET).children()]
        if not pairs or None in pairs:
            return None
        parts.append([pair for pair in pairs if pair is not None])
    return parts


def _pair(attribute: Element) -> Pair | None:
    fields = attribute.require(SEQUENCE).children()
    if len(fields) != 2:
        return None
    oid, encoding = dotted(fields[0].require(OID).value), _ENCODINGS.get(fields[1].tag)
    if encoding is None or not oid.startswith(_PLAIN_TYPES):
        return None
    return oid, fields[1].value.decode(encoding)


def _text(value: core.Asn1Value) -> str:
    native = value.native
    return native if isinstance(native, str) else value.dump().hex()


def _folded(text: str) -> str:
    """Fold case, compatibility forms and spaces, and take out what separates the parts of a key."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.replace("\x1e", " ").replace("\x1f", " ").split())
