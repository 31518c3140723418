"""Every certificate of NIST's PKITS (2011), read here and by pyca, says the same."""

from __future__ import annotations

from pathlib import Path

import cryptography_vectors
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID

from smartid.trust.certificate import Certificate
from smartid.trust.x509 import parse_certificate

FOLDER = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data" / "certs"
REFUSED_THERE = {
    "DSAParametersInheritedCACert",
    "InvalidNegativeSerialNumberTest15EE",
    "ValidDSAParameterInheritanceTest5EE",
}
"""pyca raises ValueError for these: a key without its parameters, and a serial number below zero."""
CERTIFICATES = sorted(path for path in FOLDER.glob("*.crt") if path.stem not in REFUSED_THERE)
USAGES = {
    "digital_signature": "digital_signature",
    "content_commitment": "non_repudiation",
    "key_encipherment": "key_encipherment",
    "data_encipherment": "data_encipherment",
    "key_agreement": "key_agreement",
    "key_cert_sign": "key_cert_sign",
    "crl_sign": "crl_sign",
}


def test_the_files_are_there() -> None:
    assert len(CERTIFICATES) > 400


@pytest.mark.parametrize("name", sorted(REFUSED_THERE))
def test_what_pyca_refuses_is_read_here(name: str) -> None:
    assert parse_certificate((FOLDER / f"{name}.crt").read_bytes()).subject.attributes


@pytest.mark.parametrize("path", CERTIFICATES, ids=lambda path: path.stem)
def test_we_read_what_pyca_reads(path: Path) -> None:
    der = path.read_bytes()
    ours, theirs = parse_certificate(der), x509.load_der_x509_certificate(der)
    assert ours.serial_number == theirs.serial_number
    assert ours.tbs == theirs.tbs_certificate_bytes
    assert ours.signature == theirs.signature
    assert (ours.not_before, ours.not_after) == (theirs.not_valid_before_utc, theirs.not_valid_after_utc)
    assert ours.subject.attributes == _pairs(theirs.subject)
    assert ours.issuer.attributes == _pairs(theirs.issuer)
    assert ours.spki == theirs.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    _require_same_extensions(ours, theirs)


def _pairs(name: x509.Name) -> tuple[tuple[str, str], ...]:
    return tuple((attribute.oid.dotted_string, str(attribute.value)) for attribute in name)


def _require_same_extensions(ours: Certificate, theirs: x509.Certificate) -> None:
    found = {extension.oid: extension for extension in theirs.extensions}
    critical = {oid.dotted_string for oid, extension in found.items() if extension.critical}
    assert ours.critical == critical
    constraints = found.get(ExtensionOID.BASIC_CONSTRAINTS)
    wanted = (constraints.value.ca, constraints.value.path_length) if constraints else (False, None)
    assert (ours.is_ca, ours.path_length) == wanted
    usage = found.get(ExtensionOID.KEY_USAGE)
    named = usage and {ours_ for theirs_, ours_ in USAGES.items() if getattr(usage.value, theirs_)}
    assert (None if ours.key_usage is None else set(ours.key_usage)) == named
    subject, authority = (
        found.get(oid) for oid in (ExtensionOID.SUBJECT_KEY_IDENTIFIER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    )
    assert ours.subject_key_id == (subject.value.digest if subject else None)
    assert ours.authority_key_id == (authority.value.key_identifier if authority else None)
    policies = found.get(ExtensionOID.CERTIFICATE_POLICIES)
    assert ours.policies == {
        item.policy_identifier.dotted_string for item in (policies.value if policies else ())
    }
