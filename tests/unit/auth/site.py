"""A site, the country whose cards it takes, and tokens that pyca signs: nothing of ``make_token`` is in them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID

from smartid.auth.reasons import LoginReason
from smartid.auth.validate import validate_token
from smartid.auth.web_eid import parse_token
from smartid.errors import BadToken
from smartid.identity.auth_token import Challenge
from smartid.identity.model import VerifiedIdentity
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore
from tests.unit.trust.country import NOW, Country, Party, tlv

DAY = timedelta(days=1)
ORIGIN = "https://ria.example"
NONCE = base64.b64encode(bytes(range(32))).decode()
CHALLENGE = Challenge(ORIGIN, NONCE)
HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
SIZES = {"P-256": 32, "P-384": 48, "P-521": 66}
CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def key_of(kind: str) -> Key:
    """One key of a kind for all tests: P-256, P-384, P-521, RSA-2048 …"""
    if kind.startswith("RSA-"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(kind[4:]))
    return ec.generate_private_key(CURVES[kind]())


def kind_for(algorithm: str) -> str:
    kinds = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    return kinds.get(algorithm, "RSA-2048")


def sign(
    key: Key, algorithm: str, origin: str = ORIGIN, nonce: str = NONCE, *, raw: bool = True, salt: int = -1
) -> bytes:
    """Sign H(origin) || H(nonce) by pyca, as the architecture of Web eID says it."""
    digest = f"sha{algorithm[2:]}"
    message = b"".join(hashlib.new(digest, text.encode()).digest() for text in (origin, nonce))
    chosen = HASHES[algorithm[2:]]()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        der = key.sign(message, ec.ECDSA(chosen))
        return in_raw_form(der, (key.key_size + 7) // 8) if raw else der
    if algorithm.startswith("PS"):
        length = salt if salt >= 0 else chosen.digest_size
        return key.sign(message, padding.PSS(padding.MGF1(chosen), length), chosen)
    return key.sign(message, padding.PKCS1v15(), chosen)


def in_raw_form(der: bytes, size: int) -> bytes:
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(der))


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def policy_with(identifier: str) -> tuple[x509.ExtensionType, bool]:
    information = x509.PolicyInformation(x509.ObjectIdentifier(identifier), None)
    return x509.CertificatePolicies([information]), False


class Site:
    """A country, its citizens, and a policy that trusts it."""

    def __init__(self, **policy: Any) -> None:
        self.country = Country()
        self.policy = self.trusting(self.country.root.der, self.country.citizen_ca.der, **policy)

    def trusting(self, *certificates: bytes, **changes: Any) -> Policy:
        values = {
            "anchors": TrustStore.from_certificates(*certificates),
            "clock": lambda: NOW,
            "revocation": RevocationRule.IF_KNOWN,
        }
        return Policy(**{**values, **changes})

    def holder(self, algorithm: str = "ES384", purpose: str = "authentication", **changes: Any) -> Party:
        changes.setdefault("key", key_of(kind_for(algorithm)))
        return self.country.citizen(purpose, **changes)

    def members(
        self, algorithm: str = "ES384", holder: Party | None = None, **changes: Any
    ) -> dict[str, Any]:
        """The members of a good token; those that ``changes`` gives as None are left out."""
        holder = holder or self.holder(algorithm)
        members = {
            "unverifiedCertificate": text_of(holder.der),
            "algorithm": algorithm,
            "signature": text_of(sign(holder.key, algorithm)),
            "format": "web-eid:1.0",
            "appVersion": "https://web-eid.example/app/2.9.0",
        } | changes
        return {name: value for name, value in members.items() if value is not None}

    def token(self, algorithm: str = "ES384", holder: Party | None = None, **changes: Any) -> str:
        return json.dumps(self.members(algorithm, holder, **changes))

    def judge(
        self,
        text: str | bytes,
        challenge: Challenge = CHALLENGE,
        policy: Policy | None = None,
        *rules: Any,
        at: datetime | None = None,
    ) -> VerifiedIdentity:
        return validate_token(parse_token(text), challenge, policy or self.policy, *rules, at=at)

    def refuses(self, reason: LoginReason, text: str | bytes, *arguments: Any, **options: Any) -> BadToken:
        """Check that a token is refused for this reason, and that the error shows nothing of it."""
        with pytest.raises(BadToken) as caught:
            self.judge(text, *arguments, **options)
        assert caught.value.reason == reason, caught.value
        return caught.value


def changed(site: Site, **changes: Callable[[str], str]) -> str:
    members = site.members()
    for member, change in changes.items():
        members[member] = change(members[member])
    return json.dumps(members)


def edited(party: Party, issuer: Party, edit: Callable[[bytes], bytes], identifier: str) -> Party:
    """Change what the issuer signs of a certificate, and let it sign again.

    identifier  DER of the algorithm identifier outside of the signed part
    """
    tbs = edit(party.certificate.tbs_certificate_bytes)
    assert isinstance(issuer.key, ec.EllipticCurvePrivateKey)
    signature = issuer.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    return Bytes(party.key, tbs, bytes.fromhex(identifier), signature)


class Bytes(Party):
    """A certificate that pyca may refuse to load."""

    def __init__(self, key: Key, tbs: bytes, identifier: bytes, signature: bytes) -> None:
        self.key = key
        self._der = tlv("30", tbs, identifier, tlv("03", b"\0" + signature))

    @property
    def der(self) -> bytes:
        return self._der
