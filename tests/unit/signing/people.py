"""Signers of a small country, its revocation lists, and a policy that trusts it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore
from tests.unit.trust.country import Country, Party

_CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}


@cache
def key_of(kind: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if kind == "RSA-2048":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(_CURVES[kind]())


def signer_of(country: Country, kind: str = "P-256", **changes: Any) -> SoftwareSigner:
    """A signer with a certificate of the citizen CA."""
    party = country.citizen("signature", key=key_of(kind), **changes)
    return SoftwareSigner(party.key, party.der)


def crl(issuer: Party, *revoked: tuple[int, datetime], at: datetime | None = None, days: int = 7) -> bytes:
    """A CRL in DER, issued just now or at a time."""
    begin = at or datetime.now(UTC) - timedelta(minutes=1)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(begin)
        .next_update(begin + timedelta(days=days))
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
        )
    )
    for serial, when in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def policy_of(country: Country, *crls: bytes, **changes: Any) -> Policy:
    """Trusts the country's root; knows fresh CRLs of both authorities, or these."""
    store = TrustStore.from_certificates(country.root.der, country.citizen_ca.der)
    lists = TrustStore(crls=crls or (crl(country.root), crl(country.citizen_ca)))
    return Policy(**{"anchors": store + lists, "revocation": RevocationRule.ALWAYS, **changes})
