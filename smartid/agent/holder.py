"""What a certificate says of its holder, for showing only: nobody has checked it."""

from __future__ import annotations

from smartid.crypto.der import decoding, require_short_arcs
from smartid.errors import EncodingError
from smartid.identity.evidence import THROW_AWAY_POLICY_OID

_MAX_NAME = 80


def holder_name(certificate: bytes) -> str:
    """The name in the subject, given names first; empty when there is none that can be shown."""
    from asn1crypto import x509  # noqa: PLC0415 - not on the way to the first message

    try:
        require_short_arcs(certificate, "certificate")
        with decoding("certificate", "RFC 5280"):
            subject = x509.Certificate.load(certificate).subject.native
    except EncodingError:
        return ""
    parts = [subject.get("given_name"), subject.get("surname")]
    names = [part for part in parts if isinstance(part, str)] or [subject.get("common_name")]
    text = " ".join(part for part in names if isinstance(part, str))
    return "".join(char for char in text if char.isprintable() or char == "\u200c")[:_MAX_NAME]


def is_throw_away(certificate: bytes) -> bool:
    """Whether the certificate carries the policy that marks the throw-away PKI of the mock cards."""
    from asn1crypto.core import ObjectIdentifier  # noqa: PLC0415

    return bool(ObjectIdentifier(THROW_AWAY_POLICY_OID).dump() in certificate)
