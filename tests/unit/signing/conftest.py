"""A country with signers, and authorities that stamp and revoke."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore
from tests.unit.signing.tsa import OpenSSLAuthority, tsa_party
from tests.unit.trust.country import Country, Party

Sign = Callable[..., SoftwareSigner]


@pytest.fixture(scope="session")
def country() -> Country:
    return Country()


@pytest.fixture(scope="session")
def keys() -> dict[str, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey]:
    return {
        "P-256": ec.generate_private_key(ec.SECP256R1()),
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "P-521": ec.generate_private_key(ec.SECP521R1()),
        "RSA-2048": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    }


@pytest.fixture(scope="session")
def citizen(
    country: Country, keys: dict[str, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey]
) -> Callable[..., SoftwareSigner]:
    """``citizen("P-256")``: a signer with a certificate of the citizen CA."""

    def make(kind: str = "P-256", **changes: object) -> SoftwareSigner:
        party = country.citizen("signature", key=keys[kind], **changes)
        return SoftwareSigner(party.key, party.der)

    return make


@pytest.fixture
def authority(country: Country, tmp_path: Path) -> OpenSSLAuthority:
    folder = tmp_path / "tsa"
    folder.mkdir()
    return OpenSSLAuthority(folder, tsa_party(country))


@pytest.fixture
def chain(country: Country) -> tuple[bytes, ...]:
    return (country.citizen_ca.der,)


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


@pytest.fixture
def policy(country: Country) -> Policy:
    """Trusts the country's root; knows fresh CRLs of both authorities."""
    store = TrustStore.from_certificates(country.root.der, country.citizen_ca.der)
    lists = TrustStore(crls=(crl(country.root), crl(country.citizen_ca)))
    return Policy(anchors=store + lists, revocation=RevocationRule.ALWAYS)
