"""A small country: root and citizen CA, CSCA and document signer, and a card with all its evidence.

Keys and certificates are made by ``cryptography``, the document security object by the ``openssl`` program
over an LDS security object whose DER is put together here, byte by byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from smartid.crypto import iso9796
from smartid.identity.evidence import THROW_AWAY_POLICY_OID, ActiveAuthentication, Evidence
from smartid.trust.certificate import CertificateUsage
from smartid.trust.path import PathResult, validate_path
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore
from smartid.trust.validation_data import ValidationData

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2060, 1, 1, tzinfo=UTC)

CHALLENGE = bytes.fromhex("0011223344556677")
NAMES = "KARIMI<<ZAHRA<<<<<<<<<<<<<<<<<"
KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def check_digit(text: str) -> str:
    values = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    weighted = ((0 if c == "<" else values.index(c)) * (7, 3, 1)[i % 3] for i, c in enumerate(text))
    return str(sum(weighted) % 10)


def mrz(expiry: str = "310509") -> bytes:
    """An invented TD1 zone; check digits by ICAO Doc 9303-3, 8th edition, 4.9."""
    number, birth = "A12345678", "850312"
    line1 = f"I<IRN{number}{check_digit(number)}".ljust(30, "<")
    body = f"{birth}{check_digit(birth)}F{expiry}{check_digit(expiry)}IRN".ljust(29, "<")
    composite = line1[5:30] + body[0:7] + body[8:15] + body[18:29]
    return (line1 + body + check_digit(composite) + NAMES).encode("ascii")


def tlv(tag: str, *values: bytes) -> bytes:
    value = b"".join(values)
    size = len(value)
    if size < 0x80:
        length = bytes((size,))
    else:
        octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes((0x80 | len(octets),)) + octets
    return bytes.fromhex(tag) + length + value


def security_object(groups: dict[int, bytes], hash_name: str = "sha256") -> bytes:
    """LDSSecurityObject, version 0 (ICAO Doc 9303-10, 8th edition, 4.6.2.2)."""
    oids = {"sha256": "0609608648016503040201", "sha384": "0609608648016503040202", "sha1": "06052B0E03021A"}
    hashes_of = [
        tlv("30", tlv("02", bytes((number,))), tlv("04", hashlib.new(hash_name, data).digest()))
        for number, data in sorted(groups.items())
    ]
    algorithm = tlv("30", bytes.fromhex(oids[hash_name]))
    return tlv("30", tlv("02", b"\x00"), algorithm, tlv("30", *hashes_of))


def name(**attributes: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(getattr(NameOID, key), value) for key, value in attributes.items()])


@dataclass
class Party:
    """A key and its certificate."""

    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def spki(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def issue(
    subject: x509.Name,
    issuer: Party | None = None,
    *,
    ca: bool | None = None,
    path_length: int | None = None,
    usage: tuple[str, ...] = (),
    extended: tuple[x509.ObjectIdentifier, ...] = (),
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
    begin: datetime = BEGIN,
    end: datetime = END,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    throw_away: bool = False,
    key_ids: bool = True,
    algorithm: hashes.HashAlgorithm | None = None,
    sign_with: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
) -> Party:
    """Issue a certificate; without an issuer it signs itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, path_length), critical=True)
    if usage:
        flags = {flag: flag in usage for flag in KEY_USAGES}
        builder = builder.add_extension(x509.KeyUsage(**flags), critical=True)
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    if key_ids:
        authority = (issuer.key if issuer else key).public_key()
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority), critical=False
        )
    if throw_away:
        policy = x509.PolicyInformation(x509.ObjectIdentifier(THROW_AWAY_POLICY_OID), None)
        builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    signing_key = sign_with or (issuer.key if issuer else key)
    return Party(key, builder.sign(signing_key, algorithm or hashes.SHA256()))


CA_USAGE = ("key_cert_sign", "crl_sign")
HOLDER = {
    "COUNTRY_NAME": "IR",
    "SURNAME": "كريمي",  # Arabic letters on purpose
    "GIVEN_NAME": "زهرا",
    "SERIAL_NUMBER": "PNOIR-0012345679",
    "COMMON_NAME": "زهرا کریمی",
}


@dataclass
class Country:
    """The authorities of a country, and how they issue."""

    throw_away: bool = False
    root: Party = field(init=False)
    citizen_ca: Party = field(init=False)
    csca: Party = field(init=False)
    document_signer: Party = field(init=False)

    def __post_init__(self) -> None:
        mark = {"throw_away": self.throw_away}
        self.root = issue(name(COUNTRY_NAME="IR", COMMON_NAME="Test Root"), ca=True, usage=CA_USAGE, **mark)
        self.citizen_ca = issue(
            name(COUNTRY_NAME="IR", COMMON_NAME="Test Citizen CA"),
            self.root,
            ca=True,
            path_length=0,
            usage=CA_USAGE,
            **mark,
        )
        self.csca = issue(
            name(COUNTRY_NAME="IR", COMMON_NAME="Test CSCA"), ca=True, path_length=0, usage=CA_USAGE, **mark
        )
        self.document_signer = self.sign_documents(**mark)

    def sign_documents(self, **changes: object) -> Party:
        values = {"usage": ("digital_signature",), **changes}
        return issue(name(COUNTRY_NAME="IR", COMMON_NAME="Test Document Signer"), self.csca, **values)

    def citizen(self, purpose: str = "authentication", **changes: object) -> Party:
        usages = {
            "authentication": ("digital_signature",),
            "signature": ("content_commitment",),
            "key management": ("key_agreement",),
        }
        values = {"usage": usages[purpose], "ca": False, "throw_away": self.throw_away, **changes}
        if purpose == "authentication":
            values.setdefault("extended", (ExtendedKeyUsageOID.CLIENT_AUTH,))
        subject = values.pop("subject", name(**HOLDER))
        issuer = values.pop("issuer", self.citizen_ca)
        return issue(subject, issuer, **values)


@dataclass
class Card:
    """What a card of that country holds; ``evidence`` is what a reader brings home."""

    country: Country
    chip: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    groups: dict[int, bytes]
    sod: bytes
    certificates: dict[str, bytes]

    def evidence(self, **changes: object) -> Evidence:
        files = {f"DG{number}": data for number, data in self.groups.items()} | {"EF.SOD": self.sod}
        values = {
            "profile": "national_reference",
            "atr": bytes.fromhex("3B00"),
            "read_at": NOW,
            "files": files,
            "certificates": self.certificates,
            "active_authentication": self.answer(),
            **changes,
        }
        return Evidence(**values)

    def answer(
        self, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None
    ) -> ActiveAuthentication:
        return ActiveAuthentication(challenge=CHALLENGE, response=respond(key or self.chip, CHALLENGE))


def respond(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, challenge: bytes) -> bytes:
    """Answer as a chip does: r and s side by side, or ISO/IEC 9796-2."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = utils.decode_dss_signature(key.sign(challenge, ec.ECDSA(hashes.SHA256())))
        size = (key.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    return iso9796.sign(
        bytes(range(1, iso9796.capacity(key.key_size, "sha256") % 255 + 1)).ljust(
            iso9796.capacity(key.key_size, "sha256"), b"\x5a"
        ),
        challenge,
        modulus_bits=key.key_size,
        hash_name="sha256",
        private_operation=lambda number: pow(number, numbers.d, modulus),
    )


ECDSA_PLAIN_SHA256 = bytes.fromhex("060A04007F00070101040103")
ACTIVE_AUTHENTICATION_INFO = tlv(
    "30", bytes.fromhex("060667810801 0105"), bytes.fromhex("020101"), ECDSA_PLAIN_SHA256
)


def data_groups(chip_spki: bytes, expiry: str = "310509") -> dict[int, bytes]:
    texts = {"5F0E": "کریمی<<زهرا", "5F10": "0012345679", "5F2B": "19850312", "5F11": "شیراز"}
    personal = [tlv(tag, text.encode()) for tag, text in texts.items()]
    tags = bytes.fromhex("".join(texts))
    return {
        1: tlv("61", tlv("5F1F", mrz(expiry))),
        2: tlv("75", b"a portrait"),
        11: tlv("6B", tlv("5C", tags), *personal),
        14: tlv("6E", tlv("31", ACTIVE_AUTHENTICATION_INFO)),
        15: tlv("6F", chip_spki),
    }


def path_of(
    leaf: bytes,
    between: Sequence[bytes],
    store: TrustStore,
    at: datetime,
    usage: CertificateUsage,
    **policy: Any,
) -> PathResult:
    """Validate a path under a policy of these anchors, without looking at revocation unless asked."""
    changes = {"revocation": RevocationRule.IF_KNOWN, **policy}
    data = ValidationData(certificates=tuple(between))
    return validate_path(leaf, Policy(anchors=store, **changes), at, usage, data=data)
