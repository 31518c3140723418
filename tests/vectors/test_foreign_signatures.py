"""Signatures on test cards that other people issued, judged by this project's code.

The files are not part of the repository: ``SMARTID_VECTORS`` names the folder that holds them.

* Belgian test card "Alice", applet 1.7 (e-Contract/commons-eid, commons-eid-tests)
* ICAM test cards, FIPS 201-2: CHUID and Security Object, NIST SP 800-73-4 part 1, 3.1.2 and 3.1.7
  (GSA/gsa-icam-card-builder): two good cards, two tampered ones
"""

from __future__ import annotations

import hashlib
import os
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smartid.errors import AlgorithmRefused, SignatureInvalid
from smartid.identity.lds_security import parse_lds_security_object
from smartid.iso7816 import tlv
from smartid.trust.algorithms import STRICT, AlgorithmPolicy, Padding, SignatureScheme
from smartid.trust.certificate import CertificateUsage
from smartid.trust.cms import SignedData, parse_signed_data, verify_signed_data
from smartid.trust.raw import verify_raw
from smartid.trust.store import TrustStore
from smartid.trust.x509 import parse_certificate
from tests.unit.trust.country import path_of

VECTORS = Path(os.environ.get("SMARTID_VECTORS") or Path(__file__).parents[2].parent / "shared" / "vectors")
PIV = VECTORS / "piv"
ALICE = VECTORS / "belgium-alice"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OLD = AlgorithmPolicy(hashes=STRICT.hashes | {"sha1"}, min_rsa_bits=1024, curves=STRICT.curves)

pytestmark = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="SMARTID_VECTORS names no folder with the vectors"
)


def alice(name: str) -> bytes:
    return (ALICE / f"{name}.tlv").read_bytes()


def alice_certificate(name: str) -> bytes:
    """Certificates fill their files with zeros."""
    data = alice(name)
    _, start, length = tlv.read_header(data)
    return data[: start + length]


def piv_certificate(card: str, name: str) -> bytes:
    text = (PIV / card / name).read_text("ascii")
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE") :].strip())


def test_alice_identity_and_address_are_signed_by_the_register() -> None:
    register = parse_certificate(alice_certificate("RRNCertificate")).spki
    scheme = SignatureScheme(Padding.PKCS1, "sha1")
    identity, signature = alice("Identity"), alice("IdentitySignature")
    verify_raw(register, scheme, signature, message=identity, algorithms=OLD)
    address = alice("Address").rstrip(b"\x00") + signature
    verify_raw(register, scheme, alice("AddressSignature"), message=address, algorithms=OLD)
    with pytest.raises(SignatureInvalid):
        verify_raw(register, scheme, signature, message=identity.replace(b"Alice", b"Alicf"), algorithms=OLD)
    with pytest.raises(AlgorithmRefused):
        verify_raw(register, scheme, signature, message=identity)


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("AuthentificationCertificate", CertificateUsage.AUTHENTICATION),
        ("SigningCertificate", CertificateUsage.SIGNATURE),
    ],
)
def test_alice_certificates_lead_to_the_belgian_test_root(name: str, usage: CertificateUsage) -> None:
    store = TrustStore.from_certificates(alice_certificate("RootCertificate"))
    leaf, between = alice_certificate(name), [alice_certificate("CACertificate")]
    result = path_of(leaf, between, store, parse_certificate(leaf).not_before, usage, algorithms=OLD)
    assert result.failure is None, result.detail
    assert path_of(leaf, between, store, NOW, usage).failure is not None


def chuid(card: str) -> tuple[SignedData, bytes]:
    """The CHUID's signature, and what it covers: all objects before it (SP 800-73-4 part 1, 3.1.2)."""
    raw = (PIV / card / "8_-_CHUID_Object").read_bytes()
    items = tlv.parse(raw)
    signature = next(item for item in items if item.tag == 0x3E)
    end = next(item for item in items if item.tag == 0xFE)
    return parse_signed_data(signature.value), raw[: signature.offset] + end.encode()


def chuid_holds(card: str) -> bool:
    data, content = chuid(card)
    signer = data.signer_certificate(piv_certificate(card, "CHUID_Signer.crt"))
    assert signer is not None
    try:
        verify_signed_data(data, signer, content)
    except SignatureInvalid:
        return False
    return True


CONTAINERS = {
    "3000": "8_-_CHUID_Object",
    "6010": "9_-_Fingerprints",
    "6030": "10_-_Face_Object",
    "3001": "11_-_Printed_Information",
}


def security_object(card: str) -> tuple[bool, int]:
    """Whether its signature holds, and how many container digests agree (SP 800-73-4 part 1, 3.1.7)."""
    objects = {item.tag: item.value for item in tlv.parse((PIV / card / "2_-_Security_Object").read_bytes())}
    data = parse_signed_data(objects[0xBB])
    signer = data.signer_certificate(*chuid(card)[0].certificates)
    assert data.content is not None
    assert signer is not None
    digests = parse_lds_security_object(data.content)
    mapping = objects[0xBA]
    files = {mapping[at]: CONTAINERS[mapping[at + 1 : at + 3].hex()] for at in range(0, len(mapping), 3)}
    agree = sum(
        hashlib.new(digests.hash_name, (PIV / card / files[number]).read_bytes()).digest() == digest
        for number, digest in digests.digests.items()
    )
    try:
        verify_signed_data(data, signer, data.content)
    except SignatureInvalid:
        return False, agree
    return True, agree


def test_chuid_signatures() -> None:
    assert chuid_holds("01_Golden_PIV")
    assert chuid_holds("46_Golden_FIPS_201-2_PIV")
    assert chuid_holds("08_Tampered_Security_Object")
    assert not chuid_holds("04_Tampered_CHUID")


def test_security_objects() -> None:
    assert security_object("01_Golden_PIV") == (True, 4)
    assert security_object("46_Golden_FIPS_201-2_PIV") == (True, 4)
    assert security_object("08_Tampered_Security_Object") == (False, 4)
    assert security_object("04_Tampered_CHUID") == (True, 3)


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("3_-_ICAM_PIV_Auth_SP_800-73-4.crt", CertificateUsage.AUTHENTICATION),
        ("4_-_ICAM_PIV_Dig_Sig_SP_800-73-4.crt", CertificateUsage.SIGNATURE),
        ("5_-_ICAM_PIV_Key_Mgmt_SP_800-73-4.crt", CertificateUsage.KEY_MANAGEMENT),
    ],
)
def test_certificates_of_the_good_card_lead_to_their_root(name: str, usage: CertificateUsage) -> None:
    store = TrustStore.from_folder(PIV / "ca")
    result = path_of(piv_certificate("01_Golden_PIV", name), [], store, NOW, usage)
    assert result.failure is None, result.detail
    assert result.anchor is not None
    assert str(result.anchor.certificate.subject).endswith("CN=ICAM Test Card Root CA")
    assert path_of(piv_certificate("01_Golden_PIV", name), [], TrustStore(), NOW, usage).failure
