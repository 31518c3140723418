"""A throw-away TLS server certificate, for sites on this computer while they are being built.

Each call makes a certification authority, signs one server certificate with it and forgets its key: the
authority vouches for nothing else, ever. Both certificates carry THROW_AWAY_POLICY_OID.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from smartid.errors import EncodingError
from smartid.files import write_whole
from smartid.identity.evidence import THROW_AWAY_POLICY_OID
from smartid.mockcard.certificates import authority_name

LIFETIME = timedelta(days=30)
NAMES = ("localhost", "127.0.0.1", "::1")
"""What every server certificate is for, with or without more names."""
CA, CHAIN, KEY = "ca.pem", "server.pem", "server.key"

_SLACK = timedelta(hours=1)
"""How long before its making a certificate begins, for clocks that go slow."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_Key = ec.EllipticCurvePrivateKey


def write_tls(folder: Path, *, names: Iterable[str] = (), now: datetime | None = None) -> tuple[str, ...]:
    """Write a new authority and a new server certificate; gives the names that the certificate is for.

    ca.pem      the authority, for those who are to believe the server
    server.pem  the server's certificate and the authority, in the order of TLS (RFC 8446 (2018), 4.4.2)
    server.key  the server's P-256 key, PKCS#8 without a password, for the owner only (0600)

    names  host names (letters, digits, hyphens; Punycode) and IP addresses beside NAMES
    now    where the 30 days begin, an aware datetime

    Raises EncodingError for a name that is neither; OSError.
    """
    wanted = tuple(dict.fromkeys((*NAMES, *names)))
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    authority, key, certificate = _issue([_general_name(name) for name in wanted], moment)
    pem = [one.public_bytes(serialization.Encoding.PEM) for one in (certificate, authority)]
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / KEY, _private(key))
    write_whole(folder / CHAIN, b"".join(pem), mode=0o644)
    write_whole(folder / CA, pem[1], mode=0o644)
    return wanted


def _issue(names: list[x509.GeneralName], now: datetime) -> tuple[x509.Certificate, _Key, x509.Certificate]:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer, subject = (authority_name(f"Throw-away TLS {part}") for part in ("CA", "server"))
    authority = _certificate(
        issuer,
        authority_key,
        issuer=issuer,
        signer=authority_key,
        now=now,
        extensions=_authority_extensions(),
    )
    certificate = _certificate(
        subject, key, issuer=issuer, signer=authority_key, now=now, extensions=_server_extensions(names)
    )
    return authority, key, certificate


def _certificate(
    subject: x509.Name,
    key: _Key,
    *,
    issuer: x509.Name,
    signer: _Key,
    now: datetime,
    extensions: list[tuple[x509.ExtensionType, bool]],
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(_policy(), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer, hashes.SHA256())


def _authority_extensions() -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_usage(key_cert_sign=True, crl_sign=True), True),
    ]


def _server_extensions(names: list[x509.GeneralName]) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName(names), False),
    ]


def _usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _policy() -> x509.CertificatePolicies:
    policy = x509.PolicyInformation(x509.ObjectIdentifier(THROW_AWAY_POLICY_OID), None)
    return x509.CertificatePolicies([policy])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        if len(name) <= 253 and _HOST.fullmatch(name):
            return x509.DNSName(name)
    expected = "a host name of lower-case letters, digits and hyphens, or an IP address"
    raise EncodingError("server name", offset=0, expected=expected, standard="RFC 1123, 2.1")


def _private(key: _Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
