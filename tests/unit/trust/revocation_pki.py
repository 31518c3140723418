"""A small PKI with lists and OCSP answers, made with pyca/cryptography: nothing comes from our readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from smartid.trust.certificate import Certificate
from smartid.trust.policy import Policy
from smartid.trust.revocation import RevocationStatus, revocation_status
from smartid.trust.store import TrustStore
from smartid.trust.validation_data import ValidationData
from smartid.trust.x509 import parse_certificate
from tests.unit.trust.country import CA_USAGE, NOW, Party, issue, name

DAY = timedelta(days=1)
CRL_URL = "http://crl.example/ca.crl"
OCSP_URL = "http://ocsp.example/"


def distribution_point(url: str = CRL_URL, **values: Any) -> tuple[x509.ExtensionType, bool]:
    fields = {"full_name": [x509.UniformResourceIdentifier(url)], "relative_name": None, "reasons": None}
    point = x509.DistributionPoint(**(fields | {"crl_issuer": None} | values))
    return x509.CRLDistributionPoints([point]), False


def responder_address(url: str = OCSP_URL) -> tuple[x509.ExtensionType, bool]:
    where = x509.UniformResourceIdentifier(url)
    return (
        x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)]),
        False,
    )


def point(**values: Any) -> tuple[x509.ExtensionType, bool]:
    fields: dict[str, Any] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**(fields | values)), True


def entry(
    party: Party, when: datetime, reason: str | None = None, *extra: tuple[x509.ExtensionType, bool]
) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(party.certificate.serial_number)
    builder = builder.revocation_date(when)
    if reason:
        builder = builder.add_extension(x509.CRLReason(x509.ReasonFlags(reason)), critical=False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    return builder.build()


def crl(
    issuer: Party,
    entries: Sequence[x509.RevokedCertificate] = (),
    *,
    made: datetime = NOW,
    ends: datetime | None = None,
    number: int | None = 1,
    base: int | None = None,
    extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
    key: Any = None,
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(made).next_update(ends or made + DAY)
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    if base is not None:
        builder = builder.add_extension(x509.DeltaCRLIndicator(base), critical=True)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    for item in entries:
        builder = builder.add_revoked_certificate(item)
    signed = builder.sign(key or issuer.key, algorithm or hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def answer(
    leaf: Party,
    issuer: Party,
    signer: Party,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    *,
    made: datetime = NOW,
    ends: datetime | None = NOW + DAY,
    revoked_at: datetime | None = None,
    reason: x509.ReasonFlags | None = None,
    nonce: bytes | None = None,
    by_key: bool = False,
    hash_name: hashes.HashAlgorithm | None = None,
    enclosed: Sequence[Party] = (),
    extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> bytes:
    encoding = ocsp.OCSPResponderEncoding.HASH if by_key else ocsp.OCSPResponderEncoding.NAME
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            leaf.certificate,
            issuer.certificate,
            hash_name or hashes.SHA1(),
            status,
            made,
            ends,
            revoked_at,
            reason,
        )
        .responder_id(encoding, signer.certificate)
    )
    if enclosed:
        builder = builder.certificates([party.certificate for party in enclosed])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@dataclass
class RevocationPKI:
    """A root, a CA below it, a citizen, and a responder that the CA appointed."""

    root: Party = field(init=False)
    ca: Party = field(init=False)
    leaf: Party = field(init=False)
    other: Party = field(init=False)
    responder: Party = field(init=False)

    def __post_init__(self) -> None:
        self.root = issue(name(COMMON_NAME="Root"), ca=True, usage=CA_USAGE)
        self.ca = issue(name(COMMON_NAME="CA"), self.root, ca=True, usage=CA_USAGE)
        self.leaf = self.citizen()
        self.other = self.citizen()
        self.responder = self.appoint()

    def citizen(self, *extra: tuple[x509.ExtensionType, bool], **changes: Any) -> Party:
        places = extra or (distribution_point(), responder_address())
        values = {"usage": ("digital_signature",), "extra": places, **changes}
        return issue(name(COMMON_NAME="Citizen"), values.pop("issuer", self.ca), **values)

    def appoint(self, issuer: Party | None = None, **changes: Any) -> Party:
        values = {
            "extended": (ExtendedKeyUsageOID.OCSP_SIGNING,),
            "usage": ("digital_signature",),
            "extra": ((x509.OCSPNoCheck(), False),),
            **changes,
        }
        return issue(name(COMMON_NAME="Responder"), issuer or self.ca, **values)

    def policy(self, *crls: bytes, **changes: Any) -> Policy:
        store = TrustStore.from_certificates(self.root.der, self.ca.der)
        anchors = TrustStore(anchors=store.anchors, intermediates=store.intermediates, crls=crls)
        return Policy(anchors=anchors, **({"clock": lambda: NOW} | changes))

    def status(
        self,
        *crls: bytes,
        leaf: Party | None = None,
        at: datetime = NOW,
        data: ValidationData | None = None,
        **changes: Any,
    ) -> RevocationStatus:
        policy = self.policy(*crls, **changes)
        return revocation_status(
            read(leaf or self.leaf), read(self.ca), policy, at, data=data or ValidationData()
        )


def read(party: Party) -> Certificate:
    return parse_certificate(party.der)
