"""The three serializations of JSON Web Signatures: compact, flattened and general (RFC 7515 (2015), 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smartid.crypto.strict_json import base64url_decode, broken, parse_object
from smartid.signing.content import MAX_WHOLE

MAX_LENGTH = 2 * MAX_WHOLE
MAX_HEADER = 1 << 20
MAX_SIGNATURES = 64
WHAT = "JSON Web Signature"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Signature:
    """One signature of a JWS, read but not believed.

    header     the protected header
    protected  it, as it is signed
    value      the signature, r and s side by side for ECDSA
    unsigned   whether there is a header that nobody signed
    """

    header: dict[str, Any]
    protected: bytes
    value: bytes
    unsigned: bool = False

    @property
    def plain_payload(self) -> bool:
        """Whether the payload is signed as it is, not in base64url (RFC 7797 (2016), 3)."""
        return self.header.get("b64") is False

    def message(self, payload: bytes) -> bytes:
        """Give what is signed: the header, a dot, and the payload as it is written."""
        return self.protected + b"." + payload


def parse_jws(data: bytes) -> tuple[bytes | None, tuple[Signature, ...]]:
    """Read a JWS in any serialization: the payload as written, None for a detached one, and the signatures.

    Raises EncodingError.
    """
    if len(data) > MAX_LENGTH:
        raise broken(WHAT, f"at most {MAX_LENGTH} bytes")
    text = data.strip(b" \t\r\n")
    return _json(text) if text.startswith(b"{") else _compact(text)


def _compact(text: bytes) -> tuple[bytes | None, tuple[Signature, ...]]:
    protected, dot, rest = text.partition(b".")
    payload, second_dot, value = rest.rpartition(b".")
    if not dot or not second_dot:
        raise broken(WHAT, "a JSON object, or three parts with dots between them")
    return payload or None, (_signature(protected, value),)


def _json(text: bytes) -> tuple[bytes | None, tuple[Signature, ...]]:
    members = parse_object(text, WHAT)
    payload = _text(members, "payload") or None if "payload" in members else None
    if ("signatures" in members) == ("signature" in members):
        raise broken(WHAT, "either a member signature or a member signatures")
    items = members.get("signatures", [members])
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_SIGNATURES:
        raise broken(WHAT, f"1 to {MAX_SIGNATURES} signatures")
    signatures = tuple(_item(item) for item in items)
    if len({signature.plain_payload for signature in signatures}) > 1:
        raise broken(WHAT, "the same b64 in every signature (RFC 7797, 3)")
    return payload, signatures


def _item(item: Any) -> Signature:
    if not isinstance(item, dict):
        raise broken(WHAT, "an object for each signature")
    signature = _signature(_text(item, "protected"), _text(item, "signature"), unsigned="header" in item)
    header = item.get("header", {})
    if not isinstance(header, dict) or header.keys() & signature.header.keys():
        raise broken(WHAT, "no header parameter twice")
    return signature


def _text(members: dict[str, Any], name: str) -> bytes:
    value = members.get(name)
    if not isinstance(value, str):
        raise broken(WHAT, f"a text in the member {name}")
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise broken(WHAT, "Unicode text") from error


def _signature(protected: bytes, value: bytes, *, unsigned: bool = False) -> Signature:
    if len(protected) > MAX_HEADER or len(value) > MAX_HEADER:
        raise broken(WHAT, f"a header of at most {MAX_HEADER} bytes")
    header = parse_object(base64url_decode(protected, WHAT), "JWS header")
    return Signature(
        header=header, protected=protected, value=base64url_decode(value, WHAT), unsigned=unsigned
    )
