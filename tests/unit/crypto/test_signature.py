"""The encodings are checked against ``cryptography``, which signs and verifies with its own."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from smartid.crypto.signature import SignatureAlgorithm, digest_info, ecdsa_der_to_raw, ecdsa_raw_to_der
from smartid.errors import EncodingError


@pytest.mark.parametrize("algorithm", list(SignatureAlgorithm))
def test_facts_agree_with_hashlib(algorithm: SignatureAlgorithm) -> None:
    assert hashlib.new(algorithm.hash_name).digest_size == algorithm.digest_size
    assert algorithm.key_type == ("EC" if algorithm.name[0] == "E" else "RSA")
    assert algorithm.is_pss == algorithm.name.startswith("PS")


@pytest.mark.parametrize(
    ("curve", "size"), [(ec.SECP256R1(), 32), (ec.SECP384R1(), 48), (ec.SECP521R1(), 66)]
)
def test_ecdsa_signature_survives_the_raw_form(curve: ec.EllipticCurve, size: int) -> None:
    key = ec.generate_private_key(curve)
    der = key.sign(b"Hello world!", ec.ECDSA(hashes.SHA256()))
    raw = ecdsa_der_to_raw(der, size)
    assert len(raw) == 2 * size
    assert ecdsa_raw_to_der(raw) == der
    key.public_key().verify(ecdsa_raw_to_der(raw), b"Hello world!", ec.ECDSA(hashes.SHA256()))


def test_small_numbers_keep_their_leading_zeros() -> None:
    assert ecdsa_der_to_raw(bytes.fromhex("3007020101020200FF"), 2) == bytes.fromhex("000100FF")
    assert ecdsa_raw_to_der(bytes.fromhex("000100FF")) == bytes.fromhex("3007020101020200FF")


@pytest.mark.parametrize(
    "der",
    [
        "",
        "3006020101020100",  # s is zero
        "3006020101020181",  # s is negative
        "300602010102010203",  # a byte after the end
        "300702020001020102",  # a leading zero too many
        "30080201010203010000",  # s is longer than two bytes
    ],
)
def test_broken_ecdsa_der_is_refused(der: str) -> None:
    with pytest.raises(EncodingError):
        ecdsa_der_to_raw(bytes.fromhex(der), 2)


@pytest.mark.parametrize("raw", ["", "01", "010203", "0100", "0001"])
def test_broken_raw_ecdsa_is_refused(raw: str) -> None:
    with pytest.raises(EncodingError):
        ecdsa_raw_to_der(bytes.fromhex(raw))


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize("name", ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"])
def test_digest_info_is_what_cryptography_puts_under_pkcs1(name: str, rsa_key: rsa.RSAPrivateKey) -> None:
    signature = rsa_key.sign(b"message", padding.PKCS1v15(), getattr(hashes, name)())
    block = rsa_key.public_key().recover_data_from_signature(signature, padding.PKCS1v15(), None)
    assert digest_info(name.lower(), hashlib.new(name, b"message").digest()) == block


@pytest.mark.parametrize(("name", "size"), [("sha256", 20), ("md5", 16), ("sha1", 0)])
def test_digest_info_refuses_what_does_not_fit(name: str, size: int) -> None:
    with pytest.raises(ValueError, match="no digest"):
        digest_info(name, bytes(size))
