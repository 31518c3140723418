"""Signed documents to measure with: a national PKI in memory and many signers, the same for every engine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from smartid.identity.model import Purpose
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.signing.sign import sign
from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore

SIGNERS = 100
REVOKED = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Documents signed with CAdES-B, each by a citizen of its own, and what is needed to judge them."""

    pki: ThrowAwayPKI
    documents: tuple[bytes, ...]
    policy: Policy

    def write(self, folder: Path, count: int) -> list[Path]:
        """Write ``count`` of them, again and again from the first, as ``*.p7m``."""
        paths = []
        for number in range(count):
            path = folder / f"{number:05}.p7m"
            path.write_bytes(self.documents[number % len(self.documents)])
            paths.append(path)
        return paths


@cache
def batch() -> Batch:
    """P-256 signers below a P-384 citizen CA below a P-384 root; CRLs of both."""
    pki = ThrowAwayPKI.fresh()
    documents = []
    for number in range(SIGNERS):
        signer = SoftwareSigner(*citizen(pki, number))
        documents.append(sign(b"contract %d " % number * 40, signer, chain=[pki.citizen_ca.der]).data)
    store = TrustStore.from_certificates(pki.root.der, pki.citizen_ca.der, pki.csca.der)
    store += TrustStore(crls=tuple(pki.crls()))
    return Batch(
        pki=pki,
        documents=tuple(documents),
        policy=Policy(anchors=store, revocation=RevocationRule.ALWAYS),
    )


def citizen(pki: ThrowAwayPKI, number: int) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """A signature key on P-256 with its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = pki.issue(
        key.public_key(),
        purpose=Purpose.SIGNATURE,
        subject=[(NameOID.COMMON_NAME, f"citizen {number}")],
        not_before=date(2026, 1, 1),
        not_after=date(2036, 1, 1),
    )
    return key, certificate


@cache
def long_crl() -> bytes:
    """A CRL of the citizen CA with 200,000 entries, none of which is one of the signers."""
    pki = batch().pki
    now = datetime.now(UTC).replace(microsecond=0)
    revoked = [
        x509.RevokedCertificateBuilder()
        .serial_number(int.from_bytes(b"\x01" + os.urandom(15), "big"))
        .revocation_date(now - timedelta(days=1))
        .build()
        for _ in range(REVOKED)
    ]
    # Adding one by one copies the list each time.
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=pki.citizen_ca.certificate.subject,
        last_update=now - timedelta(hours=1),
        next_update=now + timedelta(days=30),
        revoked_certificates=revoked,
    )
    signed = builder.sign(pki.citizen_ca.key, hashes.SHA384())
    return signed.public_bytes(serialization.Encoding.DER)
