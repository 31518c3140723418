"""Raw signatures and keys: ``openssl`` makes them where it can, ``cryptography`` where it is easier."""

from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import keys as asn1_keys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from smartid.crypto.signature import SignatureAlgorithm, ecdsa_der_to_raw
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.algorithms import STRICT, Padding, SignatureScheme
from smartid.trust.curves import CURVES
from smartid.trust.keys import ECKey, parse_public_key
from smartid.trust.raw import ECDSAForm, verify_raw

MESSAGE = b"Hello world!"
ES256, RS256, PS256 = (SignatureScheme.of(SignatureAlgorithm(name)) for name in ("ES256", "RS256", "PS256"))
OPENSSL_NAMES = {"secp256r1": "prime256v1"}


def spki(key: object) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def openssl(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True).stdout


def make_key(folder: Path, curve: str, encoding: str) -> bytes:
    """Let openssl make a key; gives its SubjectPublicKeyInfo."""
    openssl(
        folder,
        *("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{OPENSSL_NAMES.get(curve, curve)}"),
        *("-pkeyopt", f"ec_param_enc:{encoding}", "-out", "key.pem"),
    )
    return openssl(folder, "pkey", "-in", "key.pem", "-pubout", "-outform", "DER")


@pytest.mark.parametrize("encoding", ["named_curve", "explicit"])
@pytest.mark.parametrize("curve", CURVES)
def test_keys_and_signatures_of_openssl_on_every_curve(tmp_path: Path, curve: str, encoding: str) -> None:
    public_key = make_key(tmp_path, curve, encoding)
    key = parse_public_key(public_key)
    assert isinstance(key, ECKey)
    assert key.curve == curve
    (tmp_path / "message").write_bytes(MESSAGE)
    signature = openssl(tmp_path, "dgst", "-sha256", "-sign", "key.pem", "message")
    verify_raw(public_key, ES256, signature, message=MESSAGE)
    verify_raw(key, ES256, signature, digest=hashlib.sha256(MESSAGE).digest())
    plain = ecdsa_der_to_raw(signature, key.order_size)
    verify_raw(key, SignatureAlgorithm.ES256, plain, message=MESSAGE, form=ECDSAForm.PLAIN)
    with pytest.raises(SignatureInvalid):
        verify_raw(key, ES256, signature, message=MESSAGE + b"!")


@pytest.mark.parametrize("curve", CURVES)
def test_the_numbers_are_those_of_openssl(tmp_path: Path, curve: str) -> None:
    text = openssl(tmp_path, *("ecparam", "-name", OPENSSL_NAMES.get(curve, curve), "-param_enc", "explicit"))
    shown = subprocess.run(
        ["openssl", "ecparam", "-text", "-noout", "-param_enc", "explicit"],
        input=text,
        check=True,
        capture_output=True,
    ).stdout.decode()
    values = {
        label: int(re.sub(r"[\s:]", "", digits), 16)
        for label, digits in re.findall(
            r"^(Prime|A|B|Order):\s*\n((?:\s+[0-9a-f:]+\n)+)", shown, re.MULTILINE
        )
    }
    numbers = CURVES[curve]
    assert values == {"Prime": numbers.p, "A": numbers.a, "B": numbers.b, "Order": numbers.n}


FIELDS = ("p", "a", "b", "base", "order")


@pytest.mark.parametrize("field", FIELDS)
def test_parameters_that_differ_in_one_number_are_no_known_curve(tmp_path: Path, field: str) -> None:
    """CVE-2020-0601: a key with the right point and another base point."""
    info = asn1_keys.PublicKeyInfo.load(make_key(tmp_path, "secp256r1", "explicit"))
    domain = info["algorithm"]["parameters"].chosen
    if field == "p":
        domain["field_id"]["parameters"] = domain["field_id"]["parameters"].native + 2
    elif field in {"a", "b"}:
        domain["curve"][field] = bytes(31) + b"\x05"
    elif field == "base":
        other = ec.generate_private_key(ec.SECP256R1()).public_key()
        domain["base"] = other.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
    else:
        domain["order"] = domain["order"].native + 2
    with pytest.raises(AlgorithmRefused):
        parse_public_key(info.dump(force=True))


@pytest.mark.parametrize("algorithm", [item for item in SignatureAlgorithm if item.key_type == "RSA"])
def test_rsa(rsa_key: rsa.RSAPrivateKey, algorithm: SignatureAlgorithm) -> None:
    hash_algorithm = getattr(hashes, algorithm.hash_name.upper())()
    pad = (
        padding.PSS(padding.MGF1(hash_algorithm), algorithm.digest_size)
        if algorithm.is_pss
        else padding.PKCS1v15()
    )
    signature = rsa_key.sign(MESSAGE, pad, hash_algorithm)
    verify_raw(spki(rsa_key), algorithm, signature, message=MESSAGE)
    for wrong in (signature[:-1], signature + b"\x00", b"", bytes(256), signature[:-1] + b"\x00\x01"):
        with pytest.raises(SignatureInvalid):
            verify_raw(spki(rsa_key), algorithm, wrong, message=MESSAGE)


def test_a_salt_of_another_length_is_wrong(rsa_key: rsa.RSAPrivateKey) -> None:
    signature = rsa_key.sign(MESSAGE, padding.PSS(padding.MGF1(hashes.SHA256()), 20), hashes.SHA256())
    with pytest.raises(SignatureInvalid):
        verify_raw(spki(rsa_key), PS256, signature, message=MESSAGE)


def test_paddings_are_not_taken_for_one_another(rsa_key: rsa.RSAPrivateKey) -> None:
    signature = rsa_key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(SignatureInvalid):
        verify_raw(spki(rsa_key), PS256, signature, message=MESSAGE)


def test_the_scheme_has_to_fit_the_key(
    rsa_key: rsa.RSAPrivateKey, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    for key, scheme in ((rsa_key, ES256), (ec_key, RS256), (ec_key, PS256)):
        with pytest.raises(AlgorithmRefused):
            verify_raw(spki(key), scheme, b"x", message=MESSAGE)


def test_what_is_weak_needs_a_policy(rsa_key: rsa.RSAPrivateKey) -> None:
    sha1 = SignatureScheme(Padding.PKCS1, "sha1")
    signature = rsa_key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA1())
    with pytest.raises(AlgorithmRefused, match="SHA1"):
        verify_raw(spki(rsa_key), sha1, signature, message=MESSAGE)
    verify_raw(
        spki(rsa_key),
        sha1,
        signature,
        message=MESSAGE,
        algorithms=replace(STRICT, hashes=frozenset({"sha1"})),
    )
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    signature = short.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(AlgorithmRefused, match="1024"):
        verify_raw(spki(short), RS256, signature, message=MESSAGE)
    with pytest.raises(AlgorithmRefused, match="unknown"):
        SignatureScheme(Padding.PKCS1, "md5")


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP256K1()), ed25519.Ed25519PrivateKey.generate()]
)
def test_keys_that_are_unknown_here(key: object) -> None:
    with pytest.raises(AlgorithmRefused):
        verify_raw(spki(key), ES256, b"x", message=MESSAGE)


@pytest.mark.parametrize("form", list(ECDSAForm))
def test_each_form_is_taken_as_itself_only(ec_key: ec.EllipticCurvePrivateKey, form: ECDSAForm) -> None:
    der = ec_key.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    other = ecdsa_der_to_raw(der, 32) if form is ECDSAForm.DER else der
    for wrong in (other, b"", bytes(64), der + b"\x00", bytes(63)):
        with pytest.raises(SignatureInvalid):
            verify_raw(spki(ec_key), ES256, wrong, message=MESSAGE, form=form)


def test_a_point_off_the_curve_is_malformed(ec_key: ec.EllipticCurvePrivateKey) -> None:
    public_key = spki(ec_key)
    signature = ec_key.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    off = public_key[:-1] + bytes((public_key[-1] ^ 1,))
    with pytest.raises(EncodingError):
        verify_raw(off, ES256, signature, message=MESSAGE)


@pytest.mark.parametrize("arguments", [{}, {"message": b"", "digest": bytes(32)}, {"digest": bytes(20)}])
def test_message_or_digest(ec_key: ec.EllipticCurvePrivateKey, arguments: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match=r"digest"):
        verify_raw(spki(ec_key), ES256, b"x", **arguments)


@pytest.mark.parametrize(
    "numbers",
    [(4, 3), (2**2048, 3), (2**511 + 1, 1), (2**2047 + 1, 4), (2**2047 + 1, 2**65 + 1), (2**9000 + 1, 3)],
)
def test_rsa_numbers_out_of_bounds(numbers: tuple[int, int]) -> None:
    modulus, exponent = numbers
    info = asn1_keys.PublicKeyInfo(
        {
            "algorithm": {"algorithm": "rsa"},
            "public_key": asn1_keys.RSAPublicKey({"modulus": modulus, "public_exponent": exponent}),
        }
    )
    with pytest.raises(EncodingError):
        parse_public_key(info.dump())
