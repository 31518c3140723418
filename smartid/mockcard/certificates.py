"""X.509 certificates and revocation lists of the throw-away PKI (RFC 5280; ICAO Doc 9303-12:2021, 7.1).

Every certificate carries THROW_AWAY_POLICY_OID, so that no program takes a mock card for a real one. Host
names end in ``.invalid`` (RFC 2606) and never resolve.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from smartid.identity.evidence import THROW_AWAY_POLICY_OID, TRANSACTION_USAGE_OID
from smartid.identity.model import Purpose

FIRST_DAY = date(2018, 1, 1)
LAST_DAY = date(2040, 12, 31)
"""The authorities live longer than every sample card."""
ORGANISATION = "smartid throw-away"
CRL_LIFETIME = timedelta(days=366)

_DOCUMENT_TYPE_LIST = x509.ObjectIdentifier("2.23.136.1.1.6.2")
_USAGES = (
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

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
NameParts = Sequence[tuple[x509.ObjectIdentifier, str]]
Extension = tuple[x509.ExtensionType, bool]


@dataclass(frozen=True, slots=True, repr=False)
class Authority:
    """A private key with its certificate: a CA, or the signer of documents.

    slug  its name in addresses and file names
    """

    slug: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def address(self) -> str:
        """Where its revocation list would be, if the address existed."""
        return crl_address(self.slug)

    def __repr__(self) -> str:
        return f"Authority({self.slug})"


def crl_address(slug: str) -> str:
    """Where an authority's revocation list would be."""
    return f"http://crl.smartid.invalid/{slug}.crl"


def new_authority(
    slug: str, common_name: str, *, issuer: Authority | None = None, path_length: int | None = None
) -> Authority:
    """A certification authority with a P-384 key, signed by ``issuer`` or by itself."""
    key = ec.generate_private_key(ec.SECP384R1())
    subject = authority_name(common_name)
    extensions: list[Extension] = [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (_key_usage("key_cert_sign", "crl_sign"), True),
        *([(_distribution_point(issuer.address), False)] if issuer else []),
    ]
    certificate = _certificate(subject, key.public_key(), extensions, issuer=issuer, own_key=key)
    return Authority(slug, key, certificate)


def new_csca(common_name: str) -> Authority:
    """A country signing CA (ICAO Doc 9303-12:2021, table 5) that signs document signers and nothing else."""
    key = ec.generate_private_key(ec.SECP384R1())
    slug = "csca"
    extensions: list[Extension] = [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_key_usage("key_cert_sign", "crl_sign"), True),
        *_issuing_state(),
        (_signing_period(), False),
        (_distribution_point(crl_address(slug)), False),
    ]
    certificate = _certificate(authority_name(common_name), key.public_key(), extensions, own_key=key)
    return Authority(slug, key, certificate)


def new_document_signer(common_name: str, issuer: Authority) -> Authority:
    """A signer of identity cards (ICAO Doc 9303-12:2021, table 5).

    It has no basic constraints, its key signs only, and it names the document types that it may sign.
    """
    key = ec.generate_private_key(ec.SECP384R1())
    extensions: list[Extension] = [
        (_key_usage("digital_signature"), True),
        *_issuing_state(),
        (_signing_period(), False),
        (_distribution_point(issuer.address), False),
        (x509.UnrecognizedExtension(_DOCUMENT_TYPE_LIST, _document_types("I")), False),
    ]
    certificate = _certificate(authority_name(common_name), key.public_key(), extensions, issuer=issuer)
    return Authority("document-signer", key, certificate)


def new_responder(
    slug: str,
    common_name: str,
    issuer: Authority,
    *,
    extended_usage: x509.ObjectIdentifier,
    critical: bool = False,
    extra: Iterable[Extension] = (),
) -> Authority:
    """A signer of one kind of thing, which its extended key usage names."""
    key = ec.generate_private_key(ec.SECP384R1())
    extensions: list[Extension] = [
        (_key_usage("digital_signature"), True),
        (x509.ExtendedKeyUsage([extended_usage]), critical),
        (_distribution_point(issuer.address), False),
        *extra,
    ]
    certificate = _certificate(authority_name(common_name), key.public_key(), extensions, issuer=issuer)
    return Authority(slug, key, certificate)


def holder_certificate(
    issuer: Authority,
    public_key: PublicKey,
    *,
    purpose: Purpose,
    subject: NameParts,
    not_before: date,
    not_after: date,
) -> x509.Certificate:
    """A citizen's certificate: what its key is for stands in keyUsage, and in extKeyUsage for logins."""
    extensions: list[Extension] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(_usage_of(purpose, public_key)), True),
        (_distribution_point(issuer.address), False),
    ]
    if purpose is Purpose.AUTHENTICATION:
        extensions.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False))
    if purpose is Purpose.TRANSACTION:
        extensions.append((x509.ExtendedKeyUsage([x509.ObjectIdentifier(TRANSACTION_USAGE_OID)]), True))
    return _certificate(
        name(subject), public_key, extensions, issuer=issuer, not_before=not_before, not_after=not_after
    )


def revocation_list(issuer: Authority, revoked: Mapping[int, datetime], *, now: datetime) -> bytes:
    """The DER of an authority's CRL; its number is the second of its making, so it only grows."""
    moment = now.replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(moment)
        .next_update(moment + CRL_LIFETIME)
        .add_extension(x509.CRLNumber(int(moment.timestamp())), critical=False)
        .add_extension(_authority_key(issuer), critical=False)
    )
    for serial, when in sorted(revoked.items()):
        builder = builder.add_revoked_certificate(_revoked(serial, min(when, moment)))
    return builder.sign(issuer.key, hashes.SHA384()).public_bytes(serialization.Encoding.DER)


def name(parts: Iterable[tuple[x509.ObjectIdentifier, str]]) -> x509.Name:
    """A distinguished name, one attribute in each RDN, in the order given."""
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def authority_name(common_name: str) -> x509.Name:
    """The name of an authority of this PKI."""
    return name(
        (
            (NameOID.COUNTRY_NAME, "IR"),
            (NameOID.ORGANIZATION_NAME, ORGANISATION),
            (NameOID.COMMON_NAME, common_name),
        )
    )


def _certificate(
    subject: x509.Name,
    public_key: PublicKey,
    extensions: Iterable[Extension],
    *,
    issuer: Authority | None = None,
    own_key: ec.EllipticCurvePrivateKey | None = None,
    not_before: date = FIRST_DAY,
    not_after: date = LAST_DAY,
) -> x509.Certificate:
    """Sign with the issuer's key, or with the subject's own key when there is no issuer."""
    signing_key = issuer.key if issuer else own_key
    if signing_key is None:
        raise ValueError("a certificate needs an issuer or its own key")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.combine(not_before, time(), UTC))
        .not_valid_after(datetime.combine(not_after, time(23, 59, 59), UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
        )
        .add_extension(_throw_away_policy(), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signing_key, hashes.SHA384())


def _usage_of(purpose: Purpose, public_key: PublicKey) -> str:
    if purpose is Purpose.SIGNATURE:
        return "content_commitment"
    if purpose is Purpose.KEY_MANAGEMENT:
        return "key_encipherment" if isinstance(public_key, rsa.RSAPublicKey) else "key_agreement"
    return "digital_signature"


def _key_usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in allowed for usage in _USAGES})


def _throw_away_policy() -> x509.CertificatePolicies:
    policy = x509.PolicyInformation(x509.ObjectIdentifier(THROW_AWAY_POLICY_OID), None)
    return x509.CertificatePolicies([policy])


def _distribution_point(address: str) -> x509.CRLDistributionPoints:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None)
    return x509.CRLDistributionPoints([point])


def _authority_key(issuer: Authority) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _issuing_state() -> list[Extension]:
    """The three-letter code of the issuing state as subject and issuer alternative name (9303-12, 7.1.1)."""
    state = x509.DirectoryName(name(((NameOID.LOCALITY_NAME, "IRN"),)))
    return [(x509.SubjectAlternativeName([state]), False), (x509.IssuerAlternativeName([state]), False)]


def _signing_period() -> x509.PrivateKeyUsagePeriod:
    start, end = (datetime.combine(day, time(), UTC) for day in (FIRST_DAY, LAST_DAY))
    return x509.PrivateKeyUsagePeriod(start, end)


def _document_types(*codes: str) -> bytes:
    """DocumentTypeListSyntax: version 0 and the set of document codes of the MRZ (9303-12, 7.1.1.6)."""
    types = core.SetOf([core.PrintableString(code) for code in codes], spec=core.PrintableString)
    return _sequence(core.Integer(0).dump(), types.dump())


def _sequence(*parts: bytes) -> bytes:
    return bytes(core.Sequence(contents=b"".join(parts)).dump())


def _revoked(serial: int, when: datetime) -> x509.RevokedCertificate:
    return (
        x509.RevokedCertificateBuilder()
        .serial_number(serial)
        .revocation_date(when)
        .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        .build()
    )
