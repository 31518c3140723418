"""NIST's SigVer files for FIPS 186-3 (CAVS 11.0, 2011), with their passes and failures, through ``verify_raw``.

They come from the package ``cryptography-vectors``. Lines are ``[section]`` and ``name = value``; a case
ends with its Result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import cryptography_vectors
import pytest

from smartid.crypto.signature import ecdsa_raw_to_der
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.algorithms import STRICT, AlgorithmPolicy, Padding, SignatureScheme
from smartid.trust.keys import DSAKey, DSAParameters, ECKey, PublicKey, RSAKey
from smartid.trust.raw import ECDSAForm, verify_raw
from tests.unit.trust.country import tlv

FOLDER = Path(cryptography_vectors.__file__).parent / "asymmetric"
EVERYTHING = AlgorithmPolicy(
    hashes=STRICT.hashes | {"sha1"}, min_rsa_bits=1024, min_dsa_bits=1024, curves=STRICT.curves
)
ECDSA_PASSES, ECDSA_FAILURES = 45, 180
RSA_PASSES, RSA_FAILURES = 75, 375
DSA_PASSES, DSA_FAILURES = 140, 160
CURVES = {"P-256": "secp256r1", "P-384": "secp384r1", "P-521": "secp521r1"}


def cases(file: str) -> Iterator[dict[str, str]]:
    """Give each case with what its section says; the section itself is under "section"."""
    shared: dict[str, str] = {}
    own: dict[str, str] = {}
    for line in (FOLDER / file).read_text().splitlines():
        section = re.fullmatch(r"\[(.*)\]", line.strip())
        name, _, value = (part.strip() for part in line.partition("="))
        if section:
            shared, own = {"section": section[1]}, {}
        elif name in {"n", "P", "Q", "G"}:
            shared[name] = value
        elif value and not line.startswith("#"):
            own[name] = value
            if name == "Result":
                yield shared | own
                own = {}


def number(text: str) -> int:
    return int(text, 16)


def hash_of(text: str) -> str:
    return text.replace("-", "").lower()


def accepts(
    key: PublicKey, scheme: SignatureScheme, signature: bytes, case: dict[str, str], **form: object
) -> bool:
    try:
        verify_raw(key, scheme, signature, message=bytes.fromhex(case["Msg"]), algorithms=EVERYTHING, **form)
    except (SignatureInvalid, EncodingError, AlgorithmRefused):
        return False
    return True


def test_ecdsa_both_forms() -> None:
    passes, failures = 0, 0
    for case in cases("ECDSA/FIPS_186-3/SigVer.rsp"):
        curve, _, digest = case["section"].partition(",")
        if curve not in CURVES:
            continue
        size = (int(curve[2:]) + 7) // 8
        point = b"\x04" + b"".join(number(case[name]).to_bytes(size, "big") for name in ("Qx", "Qy"))
        raw = b"".join(number(case[name]).to_bytes(size, "big") for name in "RS")
        key, scheme = ECKey(CURVES[curve], point), SignatureScheme(Padding.ECDSA, hash_of(digest))
        valid = case["Result"].startswith("P")
        assert accepts(key, scheme, raw, case, form=ECDSAForm.PLAIN) is valid
        assert accepts(key, scheme, ecdsa_raw_to_der(raw), case) is valid
        passes, failures = passes + valid, failures + (not valid)
    assert (passes, failures) == (ECDSA_PASSES, ECDSA_FAILURES)


def test_rsa_pkcs1() -> None:
    passes, failures = 0, 0
    for case in cases("RSA/FIPS_186-2/SigVer15_186-3.rsp"):
        key = RSAKey(number(case["n"]), number(case["e"]))
        scheme = SignatureScheme(Padding.PKCS1, hash_of(case["SHAAlg"]))
        valid = case["Result"].startswith("P")
        assert accepts(key, scheme, bytes.fromhex(case["S"]), case) is valid, case["Result"]
        passes, failures = passes + valid, failures + (not valid)
    assert (passes, failures) == (RSA_PASSES, RSA_FAILURES)


def test_a_salt_of_another_length_is_refused() -> None:
    """Salts of ten bytes: right for RSASSA-PSS, and never as long as a digest."""
    answers = {
        accepts(
            RSAKey(number(case["n"]), number(case["e"])),
            SignatureScheme(Padding.PSS, hash_of(case["SHAAlg"])),
            bytes.fromhex(case["S"]),
            case,
        )
        for case in cases("RSA/FIPS_186-2/SigVerPSS_186-3.rsp")
    }
    assert answers == {False}


def test_rsa_pss_worked_examples() -> None:
    """The RSA Laboratories' examples for PKCS #1 version 2.1: SHA-1, a salt of 20 bytes."""
    text = (FOLDER / "RSA/pkcs-1v2-1d2-vec/pss-vect.txt").read_text()
    count = 0
    modulus = exponent = 0
    message = b""
    for name, value in re.findall(r"# ([^\n]+?):? *\n((?:[0-9a-f]{2}[0-9a-f ]*\n)+)", text):
        octets = bytes.fromhex(value)
        if name == "Modulus":
            modulus = int.from_bytes(octets, "big")
        elif name == "Public exponent":
            exponent = int.from_bytes(octets, "big")
        elif name == "Message to be signed":
            message = octets
        elif name == "Signature":
            scheme = SignatureScheme(Padding.PSS, "sha1")
            case = {"Msg": message.hex()}
            assert accepts(RSAKey(modulus, exponent), scheme, octets, case)
            assert not accepts(RSAKey(modulus, exponent), scheme, octets[:-1] + bytes([octets[-1] ^ 1]), case)
            count += 1
    assert count == 60


def test_dsa() -> None:
    passes, failures = 0, 0
    for case in cases("DSA/FIPS_186-3/SigVer.rsp"):
        digest = hash_of(case["section"].split(", ")[-1])
        parameters = DSAParameters(*(number(case[name]) for name in "PQG"))
        signature = tlv("30", *(integer(number(case[name])) for name in "RS"))
        valid = case["Result"].startswith("P")
        key = DSAKey(number(case["Y"]), parameters)
        assert accepts(key, SignatureScheme(Padding.DSA, digest), signature, case) is valid, case["Result"]
        passes, failures = passes + valid, failures + (not valid)
    assert (passes, failures) == (DSA_PASSES, DSA_FAILURES)


def integer(value: int) -> bytes:
    return tlv("02", value.to_bytes(value.bit_length() // 8 + 1, "big"))


@pytest.mark.parametrize("padding", [Padding.ECDSA, Padding.PKCS1, Padding.PSS])
def test_a_dsa_key_serves_dsa_only(padding: Padding) -> None:
    with pytest.raises(AlgorithmRefused):
        verify_raw(DSAKey(5), SignatureScheme(padding, "sha256"), b"", message=b"", algorithms=EVERYTHING)
