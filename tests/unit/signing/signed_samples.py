"""A citizen with keys of every kind, and requests to sign with them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from smartid.crypto.signature import SignatureAlgorithm
from smartid.signing.content import Content
from smartid.signing.facts import SignatureFacts
from smartid.signing.form import SignatureForm
from smartid.signing.request import SigningRequest
from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy
from smartid.trust.verdict import SubIndication
from tests.unit.trust.country import NOW, Country, Party

POLICY = Policy(clock=lambda: NOW)
XML = (
    '<?xml-stylesheet href="a.css"?><نامه xmlns="urn:x" xml:lang="fa"><!-- c --><b>سلام</b>\n</نامه>'.encode()
)

_CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


@cache
def country() -> Country:
    return Country()


@cache
def citizen(algorithm: str) -> Party:
    if algorithm in _CURVES:
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = ec.generate_private_key(_CURVES[algorithm]())
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return country().citizen("signature", key=key)


class CountingSigner(SoftwareSigner):
    """Counts how often it is asked to sign."""

    touches = 0

    def sign_digest(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
        self.touches += 1
        return super().sign_digest(digest, algorithm)


def request(
    content: bytes | Path,
    name: str,
    form: SignatureForm,
    *,
    algorithm: str = "ES256",
    signer: SoftwareSigner | None = None,
    detached: bool = False,
) -> SigningRequest:
    party = citizen("RS256" if algorithm[0] in "RP" else algorithm)
    return SigningRequest(
        content=Content(content),
        name=name,
        signer=signer or CountingSigner(party.key, party.der),
        algorithm=SignatureAlgorithm(algorithm),
        form=form,
        detached=detached,
        signed_at=NOW,
        chain=(country().citizen_ca.der,),
    )


def reasons(*facts: SignatureFacts) -> dict[str, SubIndication]:
    """What stands against signatures, by the name of the check."""
    return {finding.check.name: finding.reason for one in facts for finding in one.findings if finding.reason}
