"""What a certificate says about itself, for a list: nothing here is checked."""

from __future__ import annotations

import hashlib
from typing import Any

from smartid.crypto.der import decoding, require_short_arcs
from smartid.identity.model import CertificateClaim

_SHORT = {
    "common_name": "CN",
    "surname": "SN",
    "given_name": "GN",
    "serial_number": "serialNumber",
    "country_name": "C",
    "organization_name": "O",
    "organizational_unit_name": "OU",
    "locality_name": "L",
    "state_or_province_name": "ST",
    "organization_identifier": "organizationIdentifier",
    "domain_component": "DC",
    "email_address": "E",
}
_SPECIAL = frozenset(',+"\\<>;=')


def describe(claim: CertificateClaim) -> dict[str, str]:
    """Purpose, subject, issuer, end of validity (ISO 8601) and SHA-256 of a certificate.

    Names are written as RFC 4514 does. Raises EncodingError.
    """
    subject, issuer, not_after = _parts(claim.der)
    return {
        "purpose": str(claim.purpose),
        "subject": subject,
        "issuer": issuer,
        "not_after": not_after,
        "sha256": hashlib.sha256(claim.der).hexdigest(),
    }


def _parts(der: bytes) -> tuple[str, str, str]:
    from asn1crypto import x509  # noqa: PLC0415

    require_short_arcs(der, "certificate")
    with decoding("certificate", "RFC 5280"):
        fields = x509.Certificate.load(der, strict=True)["tbs_certificate"]
        until = fields["validity"]["not_after"].native.isoformat()
        return _name(fields["subject"]), _name(fields["issuer"]), until


def _name(name: Any) -> str:
    """RFC 4514, 2.1: the last relative name first."""
    parts = []
    for relative in reversed(list(name.chosen)):
        pairs = (f"{_short(item['type'])}={_escaped(str(item['value'].native))}" for item in relative)
        parts.append("+".join(pairs))
    return ",".join(parts)


def _short(kind: Any) -> str:
    return _SHORT.get(str(kind.native), str(kind.dotted))


def _escaped(value: str) -> str:
    """RFC 4514, 2.4."""
    text = "".join(f"\\{char}" if char in _SPECIAL else char for char in value)
    if text[:1] in ("#", " "):
        text = "\\" + text
    return text[:-1] + "\\ " if text.endswith(" ") and len(value) > 1 else text


def to_pem(der: bytes) -> str:
    """The certificate as text (RFC 7468)."""
    from asn1crypto import pem  # noqa: PLC0415

    text: str = pem.armor("CERTIFICATE", der).decode("ascii")
    return text
