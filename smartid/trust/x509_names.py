"""Reading distinguished names (RFC 5280 (2008), 4.1.2.4), and the key by which two of them match (7.1)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from asn1crypto import core, x509

from smartid.crypto.der import decoding, require_short_arcs
from smartid.crypto.elements import OID, SEQUENCE, SET, Element, Fields, oid_of, read_element
from smartid.errors import EncodingError
from smartid.trust.certificate import DistinguishedName

STANDARD = "RFC 5280 (2008), 4.1.2.4"

_ENCODINGS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii"}
"""UTF8String, PrintableString and IA5String, which nearly all names are written in."""
_DIRECTORY_STRINGS = {f"2.5.4.{number}" for number in (3, 4, 5, 6, 7, 8, 10, 11, 12, 42, 97)}
"""Attributes that are any kind of text, and no address or bits (RFC 5280 (2008), appendix A.1)."""

Pair = tuple[str, str]


@lru_cache(maxsize=1024)
def name_from_der(der: bytes) -> DistinguishedName:
    """Read a distinguished name in DER. Raises EncodingError."""
    require_short_arcs(der, "distinguished name")
    with decoding("distinguished name", STANDARD):
        return _plain_name(read_element(der, SEQUENCE)) or read_name(x509.Name.load(der, strict=True))


def read_name(name: x509.Name) -> DistinguishedName:
    """Read a distinguished name whose structure is already decoded. Raises EncodingError."""
    with decoding("distinguished name", STANDARD):
        return _name([[(pair["type"].dotted, _text(pair["value"])) for pair in rdn] for rdn in name.chosen])


def _name(parts: list[list[Pair]]) -> DistinguishedName:
    key = "\x1e".join("\x1f".join(sorted(f"{oid}={_folded(text)}" for oid, text in rdn)) for rdn in parts)
    return DistinguishedName(tuple(pair for rdn in parts for pair in rdn), key)


def _plain_name(name: Element) -> DistinguishedName | None:
    """Read a name of the usual kinds of text in a fraction of the time; None for any other."""
    try:
        return _name([[_plain_pair(pair) for pair in rdn.require(SET).children()] for rdn in name.children()])
    except (EncodingError, UnicodeDecodeError):
        return None


def _plain_pair(pair: Element) -> Pair:
    fields = Fields(pair)
    kind, value = oid_of(fields.take(OID)), fields.take(*_ENCODINGS)
    fields.end()
    if kind not in _DIRECTORY_STRINGS:
        raise EncodingError("name", offset=pair.start, expected="an attribute of text", standard=STANDARD)
    return kind, value.value.decode(_ENCODINGS[value.tag])


def _text(value: core.Asn1Value) -> str:
    native = value.native
    return native if isinstance(native, str) else value.dump().hex()


def _folded(text: str) -> str:
    """Fold case, compatibility forms and spaces, and take out what separates the parts of a key."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.replace("\x1e", " ").replace("\x1f", " ").split())
