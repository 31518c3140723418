"""Signed documents made by programs nobody here wrote: openssl signs, certomancer stamps, asn1crypto puts
the attributes in. The authorities are those of ``country.py``, with revocation lists."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import algos, cms, core, keys, tsp
from asn1crypto import x509 as asn1_x509
from certomancer.services import TimeStamper
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from tests.unit.trust.country import NOW, Country, Party, issue, name, tlv

CONTENT = b"Invented contract.\n" * 40
SIGNED = datetime(2026, 6, 1, 12, tzinfo=UTC)
POINT = x509.DistributionPoint(
    [x509.UniformResourceIdentifier("http://crl.example/ca.crl")], None, None, None
)
CRL_PLACE = (x509.CRLDistributionPoints([POINT]), False)
DAY = timedelta(days=1)
_FIELDS = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")


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
    old = _attributes(signer_info)
    encoded = [item.dump() for item in old]
    encoded += [tlv("30", cms.CMSAttributeType(oid).dump(), tlv("31", value)) for oid, value in attributes]
    kept = [signer_info[name].dump() for name in _FIELDS]
    new = cms.SignerInfo.load(tlv("30", *kept, tlv("A1", *encoded)))
    infos = [new if at == signer else item for at, item in enumerate(info["content"]["signer_infos"])]
    info["content"]["signer_infos"] = cms.SignerInfos(infos)
    return info.dump()


def _attributes(info: cms.SignerInfo) -> list[cms.CMSAttribute]:
    unsigned = info["unsigned_attrs"]
    return [] if isinstance(unsigned, core.Void) else list(unsigned)


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


def signed_by_hand(signer: Party, *attributes: tuple[str, bytes], content: bytes = CONTENT) -> bytes:
    """A detached CAdES-B by asn1crypto and pyca, with more signed attributes."""
    certificate = asn1_x509.Certificate.load(signer.der)
    reference = tsp.SigningCertificateV2(
        {"certs": [{"cert_hash": hashlib.sha256(signer.der).digest()}]}
    ).dump()
    digest = hashlib.sha256(content).digest()
    values = [
        cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
        cms.CMSAttribute({"type": "message_digest", "values": [digest]}),
        cms.CMSAttribute(
            {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2.load(reference)]}
        ),
    ]
    encoded = [value.dump() for value in values]
    encoded += [tlv("30", cms.CMSAttributeType(oid).dump(), tlv("31", value)) for oid, value in attributes]
    signed = cms.CMSAttributes.load(tlv("31", *sorted(encoded)))
    sha256 = {"algorithm": "sha256"}
    info = {
        "version": "v1",
        "sid": {
            "issuer_and_serial_number": {
                "issuer": certificate.issuer,
                "serial_number": certificate.serial_number,
            }
        },
        "digest_algorithm": sha256,
        "signed_attrs": signed,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signer.key.sign(signed.dump(), ec.ECDSA(hashes.SHA256())),
    }
    info["sid"] = cms.SignerIdentifier(
        "issuer_and_serial_number", cms.IssuerAndSerialNumber(info["sid"]["issuer_and_serial_number"])
    )
    data = {
        "version": "v1",
        "digest_algorithms": [sha256],
        "encap_content_info": {"content_type": "data"},
        "certificates": [certificate],
        "signer_infos": [info],
    }
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump()


def archived(
    signature: bytes, authority: Party, time: datetime, *, leave_out: int = 0, listed: bytes = b""
) -> bytes:
    """Add an archive-time-stamp-v3 (ETSI EN 319 122-1 V1.3.1, 5.5), put together with asn1crypto.

    leave_out  how many of the unsigned attributes, from the end, the index does not list
    listed     something that the index lists and that is not there
    """
    data = cms.ContentInfo.load(signature)["content"]
    info = data["signer_infos"][0]

    def digests(items: list[bytes]) -> list[bytes]:
        return [hashlib.sha256(item).digest() for item in items]

    unsigned = _attributes(info)
    values = [item["type"].dump() + value.dump() for item in unsigned for value in item["values"]]
    lists = [
        digests([choice.dump() for choice in data["certificates"]]),
        digests([choice.dump() for choice in data["crls"]] if data["crls"].native else []),
        digests([*values[: len(values) - leave_out], *([listed] if listed else [])]),
    ]
    index = tlv(
        "30",
        tlv("30", bytes.fromhex("0609608648016503040201")),
        *(tlv("30", *(tlv("04", digest) for digest in digests_of)) for digests_of in lists),
    )
    stamped = b"".join(
        (
            data["encap_content_info"]["content_type"].dump(),
            hashlib.sha256(CONTENT).digest(),
            *(info[field].dump() for field in _FIELDS),
            index,
        )
    )
    token = with_unsigned(stamp(authority, stamped, time), ("0.4.0.19122.1.5", index))
    return with_unsigned(signature, ("0.4.0.1733.2.4", token))
