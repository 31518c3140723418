"""Signed documents made by programs nobody here wrote: openssl signs, certomancer stamps, asn1crypto puts
the attributes in. The authorities are those of ``country.py``, with revocation lists."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import algos, cms, keys, tsp
from asn1crypto import x509 as asn1_x509
from certomancer.services import TimeStamper
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from tests.unit.trust.country import NOW, Country, Party, issue, name

CONTENT = b"Invented contract.\n" * 40
SIGNED = datetime(2026, 6, 1, 12, tzinfo=UTC)
POINT = x509.DistributionPoint(
    [x509.UniformResourceIdentifier("http://crl.example/ca.crl")], None, None, None
)
CRL_PLACE = (x509.CRLDistributionPoints([POINT]), False)
DAY = timedelta(days=1)


def tsa(issuer: Party, **changes: object) -> Party:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    values = {"usage": ("digital_signature",), "extra": ((usage, True),), **changes}
    return issue(name(COUNTRY_NAME="IR", COMMON_NAME="Test TSA"), issuer, **values)


def crl(
    issuer: Party, *revoked: tuple[Party, datetime], issued: datetime, until: datetime | None = None
) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(issued).next_update(until or issued + 30 * DAY)
    for party, time in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(party.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(time).build())
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
    ).add_extension(x509.CRLNumber(1), critical=False)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def stamp(authority: Party, data: bytes, time: datetime, *, hash_name: str = "sha256") -> bytes:
    """A token by certomancer's authority, with ESSCertID of the first version."""
    key = keys.PrivateKeyInfo.load(
        authority.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    stamper = TimeStamper(asn1_x509.Certificate.load(authority.der), key, fixed_dt=time)
    imprint = tsp.MessageImprint(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": hash_name}),
            "hashed_message": hashlib.new(hash_name, data).digest(),
        }
    )
    request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True})
    return stamper.request_tsa_response(request)["time_stamp_token"].dump()


def openssl_cms(folder: Path, signer: Party, *options: str, certificates: tuple[Party, ...] = ()) -> bytes:
    (folder / "content").write_bytes(CONTENT)
    (folder / "signer.pem").write_bytes(signer.pem)
    (folder / "signer.key").write_bytes(signer.key_pem)
    (folder / "others.pem").write_bytes(b"".join(party.pem for party in certificates) or signer.pem)
    command = ["openssl", "cms", "-sign", "-binary", "-signer", "signer.pem", "-inkey", "signer.key"]
    command += ["-certfile", "others.pem", "-in", "content", "-outform", "DER", "-out", "signed", *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "signed").read_bytes()


def with_unsigned(signature: bytes, *attributes: tuple[str, bytes], signer: int = 0) -> bytes:
    """Add unsigned attributes to a signature: object identifier and value in DER."""
    info = cms.ContentInfo.load(signature)
    signer_info = info["content"]["signer_infos"][signer]
    old = [] if signer_info["unsigned_attrs"].native is None else list(signer_info["unsigned_attrs"])
    new = [cms.CMSAttribute({"type": oid, "values": [_any(oid, value)]}) for oid, value in attributes]
    signer_info["unsigned_attrs"] = cms.CMSAttributes([*old, *new])
    return info.dump(force=True)


def _any(oid: str, value: bytes) -> object:
    kind = cms.CMSAttribute._oid_specs.get(cms.CMSAttributeType(oid).native)
    return kind._child_spec.load(value) if kind else value


def with_data(
    signature: bytes, *, certificates: tuple[bytes, ...] = (), crls: tuple[bytes, ...] = ()
) -> bytes:
    """Put certificates and revocation lists into the signed data."""
    info = cms.ContentInfo.load(signature)
    data = info["content"]
    inside = {choice.dump() for choice in data["certificates"]}
    more = [asn1_x509.Certificate.load(der) for der in certificates if der not in inside]
    data["certificates"] = cms.CertificateSet([*data["certificates"], *more])
    if crls:
        from asn1crypto import crl as asn1_crl

        data["crls"] = cms.RevocationInfoChoices([asn1_crl.CertificateList.load(der) for der in crls])
    return info.dump(force=True)


def value_of(signature: bytes, signer: int = 0) -> bytes:
    return cms.ContentInfo.load(signature)["content"]["signer_infos"][signer]["signature"].native


@dataclass
class World:
    """A country, a citizen who signs, and a time-stamping authority under the same root."""

    folder: Path
    country: Country = field(default_factory=Country)
    signer: Party = field(init=False)
    tsa: Party = field(init=False)

    def __post_init__(self) -> None:
        self.signer = self.country.citizen("signature", extra=(CRL_PLACE,))
        self.tsa = tsa(self.country.root)

    def policy(self, *crls: bytes, **changes: object) -> Policy:
        anchors = TrustStore.from_certificates(self.country.root.der)
        values = {"clock": lambda: NOW, **changes}
        return Policy(anchors=TrustStore(anchors=anchors.anchors, crls=crls), **values)

    def sign(self, *options: str, signer: Party | None = None) -> bytes:
        return openssl_cms(
            self.folder,
            signer or self.signer,
            *(options or ("-cades",)),
            certificates=(self.country.citizen_ca,),
        )

    def stamped(self, signature: bytes, time: datetime, authority: Party | None = None) -> bytes:
        token = stamp(authority or self.tsa, value_of(signature), time)
        return with_unsigned(signature, ("1.2.840.113549.1.9.16.2.14", token))

    def crl(self, *revoked: tuple[Party, datetime], issued: datetime = NOW - DAY, **changes: object) -> bytes:
        return crl(self.country.citizen_ca, *revoked, issued=issued, **changes)
