"""Certificates that a stranger puts beside a signature: they must not take the signer's place."""

from __future__ import annotations

import base64
import re

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from smartid.errors import EncodingError
from smartid.signing.cades import read as cades_read
from smartid.signing.cades.read import read_cades
from smartid.signing.content import Content
from smartid.signing.form import SignatureForm
from smartid.signing.xades.properties import SignedProperties
from smartid.signing.xades.read import read_xades
from smartid.signing.xades.sign import sign_xades
from tests.unit.signing.documents import CONTENT, World, with_unsigned
from tests.unit.signing.signed_samples import POLICY, XML, citizen, country, reasons, request


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


def twin(of: x509.Certificate) -> bytes:
    """Another key under the same issuer's name and serial number, signed by nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder().subject_name(of.subject).issuer_name(of.issuer)
    builder = builder.serial_number(of.serial_number).public_key(key.public_key())
    builder = builder.not_valid_before(of.not_valid_before_utc).not_valid_after(of.not_valid_after_utc)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def in_front(signature: bytes, der: bytes) -> bytes:
    info = cms.ContentInfo.load(signature)
    data = info["content"]
    data["certificates"] = cms.CertificateSet([asn1_x509.Certificate.load(der), *data["certificates"]])
    return info.dump(force=True)


@pytest.mark.parametrize("options", [("-cades",), ("-nosmimecap",), ("-noattr",)])
def test_a_twin_in_front_of_the_signers_certificate(world: World, options: tuple[str, ...]) -> None:
    signature = in_front(world.sign(*options), twin(world.signer.certificate))
    (facts,) = read_cades(signature, Content(CONTENT), world.policy())
    assert facts.certificate
    assert facts.certificate.der == world.signer.der
    assert reasons(facts) == {}


def test_xades_certificates_in_another_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where authorities are named too, the one that lies first need not be the signer's."""
    monkeypatch.setattr(SignedProperties, "names", lambda _properties, _der: True)
    data = sign_xades(request(XML, "a.xml", SignatureForm.XADES_B)).data
    (facts,) = read_xades(data, None, POLICY)
    assert reasons(facts) == {}
    swapped = _swapped(data, citizen("ES256").der, country().citizen_ca.der)
    (facts,) = read_xades(swapped, None, POLICY)
    assert facts.certificate
    assert facts.certificate.der == citizen("ES256").der
    assert reasons(facts) == {}


def _swapped(data: bytes, first: bytes, second: bytes) -> bytes:
    found = re.findall(rb"<ds:X509Certificate>([^<]+)</ds:X509Certificate>", data)
    ders = [base64.b64decode(item) for item in found]
    assert ders[:2] == [first, second]
    mark = b"\x00first\x00"
    return data.replace(found[0], mark).replace(found[1], found[0]).replace(mark, found[1])


def test_more_time_stamps_than_anybody_needs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cades_read, "MAX_STAMPS", 2)
    signature = world.sign()
    stamps = [("1.2.840.113549.1.9.16.2.14", b"\x30\x03\x02\x01" + bytes((number,))) for number in range(3)]
    assert read_cades(with_unsigned(signature, *stamps[:2]), Content(CONTENT), world.policy())
    with pytest.raises(EncodingError, match="time stamps"):
        read_cades(with_unsigned(signature, *stamps), Content(CONTENT), world.policy())
