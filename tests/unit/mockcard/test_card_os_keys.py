"""Signatures, deciphering and key agreement, each checked with the public key by another library."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from smartid.crypto import iso9796
from smartid.crypto.signature import SignatureAlgorithm, digest_info, ecdsa_raw_to_der
from smartid.iso7816 import tlv
from smartid.mockcard.card_os import CardOS
from smartid.mockcard.image import CardImage
from tests.sample_card import Talker, der

PKCS15 = "00A4040C0CA000000063504B43532D3135"
LDS = "00A4040C07A0000002471001"
IDENTITY = "00200001 08 31323334FFFFFFFF"
SIGNATURE = "00200002 08 313233343536FFFF"
DIGEST = hashlib.sha384(b"a contract").digest()


def ec_public(image: CardImage, name: str) -> ec.EllipticCurvePublicKey:
    key = load_der_private_key(image.keys[name], None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.public_key()


def rsa_public(image: CardImage, name: str) -> rsa.RSAPublicKey:
    key = load_der_private_key(image.keys[name], None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.public_key()


PREHASHED = ec.ECDSA(utils.Prehashed(hashes.SHA384()))


@pytest.mark.parametrize("environment", ["840102", "81024B02", "84010081024B02", "8104 50154B02"])
def test_sign(talk: Talker, environment: str) -> None:
    talk(PKCS15)
    talk(SIGNATURE)
    objects = bytes.fromhex("800104" + environment)
    assert talk("002241B6", bytes((len(objects),)), objects) == "9000"
    signature = talk.data("002A9E9A30", DIGEST, "00")
    ec_public(talk.image, "signature").verify(signature, DIGEST, PREHASHED)


def test_a_shorter_hash_is_the_same_number(talk: Talker) -> None:
    talk(PKCS15)
    talk(IDENTITY)
    talk("002241B606 800104 840101")
    digest = hashlib.sha256(b"short").digest()
    signature = talk.data("002A9E9A20", digest, "00")
    prehashed = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
    ec_public(talk.image, "authentication").verify(signature, digest, prehashed)
    assert talk("002A9E9A31", bytes(49), "00") == "6A80"
    assert talk("002A9E9A") == "6A80"


def test_the_signature_pin_is_good_for_one_signature(talk: Talker) -> None:
    talk(PKCS15)
    talk("002241B606 800104 840102")
    assert talk("002A9E9A30", DIGEST, "00") == "6982"
    assert talk(SIGNATURE) == "9000"
    assert talk("00A4020C024B02") == "9000"
    assert talk("002241B606 800104 840102") == "9000"
    assert talk("002A9E9A30", DIGEST, "00").endswith("9000")
    assert talk("00200002") == "63C3"
    assert talk("002A9E9A30", DIGEST, "00") == "6982"


def test_the_identity_pin_is_good_for_many(talk: Talker) -> None:
    talk(PKCS15)
    talk(IDENTITY)
    talk("002241A406 800104 840101")
    for _ in range(3):
        signature = talk.data("0088000030", DIGEST, "00")
        ec_public(talk.image, "authentication").verify(signature, DIGEST, PREHASHED)


@pytest.mark.parametrize(
    ("commands", "answer"),
    [
        (["002241A406800104840102", "0088000001AA00"], "6985"),  # the signature key does not log in
        (["002241B606800104840103", "002A9E9A01AA00"], "6985"),  # the decipherment key does not sign
        (["002241B606800107840102", "002A9E9A01AA00"], "6985"),  # unknown algorithm
        (["002A9E9A01AA00"], "6985"),  # no key was chosen
        (["0088000001AA00"], "6985"),
        (["002241B603800104", "002A9E9A01AA00"], "6985"),
        (["002241B603840109"], "6A88"),
        (["002241B60481024B09"], "6A88"),
        (["002241B60184"], "6A80"),
        (["002241B6028400"], "6A80"),
        (["002241B603990101"], "6A80"),
        (["002241AA03840101"], "6A86"),
        (["00225AB603840101"], "6A86"),
        (["0022F2B6"], "6A81"),
        (["002241B606800104840102", "0022F300", "002A9E9A01AA00"], "6985"),
        (["002241B606800104840102", LDS, PKCS15, "002A9E9A01AA00"], "6985"),
        (["002A5A5A01AA00"], "6A86"),
        (["002241A406800104840103", "00860000047C02810100"[:18] + "00"], "6A80"),
        (["0086010000"], "6A86"),
    ],
)
def test_refusals(talk: Talker, commands: list[str], answer: str) -> None:
    for command in (PKCS15, IDENTITY, SIGNATURE):
        assert talk(command) == "9000"
    *before, last = commands
    for command in before:
        assert talk(command) == "9000"
    assert talk(last) == answer


def test_hash_on_the_card(talk: Talker) -> None:
    talk(PKCS15)
    talk(IDENTITY)
    talk("002241B606 800104 840101")
    assert talk("002A9080 0A", b"a contract") == "9000"
    ec_public(talk.image, "authentication").verify(talk.data("002A9E9A00"), DIGEST, PREHASHED)
    assert talk("002A9E9A00") == "6A80"  # a digest is used once
    assert talk("002A90A0 32 9030", DIGEST) == "9000"
    ec_public(talk.image, "authentication").verify(talk.data("002A9E9A00"), DIGEST, PREHASHED)
    assert talk("002A90A0 0C 800A", b"a contract") == "9000"
    ec_public(talk.image, "authentication").verify(talk.data("002A9E9A00"), DIGEST, PREHASHED)
    assert talk("002A90A0 03 900101") == "6A80"
    assert talk("002A90A0 02 9030") == "6A80"


def test_key_agreement(talk: Talker) -> None:
    own = ec.generate_private_key(ec.SECP384R1())
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    template = tlv.encode(0x7C, tlv.encode(0x85, point))
    talk(PKCS15)
    assert talk("002241A406 800104 840103") == "9000"
    command = b"\x00\x86\x00\x00" + bytes((len(template),)) + template + b"\x00"
    assert talk(command) == "6982"
    talk(IDENTITY)
    assert talk.data(command) == own.exchange(ec.ECDH(), ec_public(talk.image, "decipherment"))
    broken = template[:-1] + bytes((template[-1] ^ 1,))
    assert talk(b"\x00\x86\x00\x00" + bytes((len(broken),)) + broken + b"\x00") == "6A80"


def test_active_authentication_with_ec(talk: Talker) -> None:
    talk(LDS)
    challenge = os.urandom(8)
    signature = talk.data("0088000008", challenge, "00")
    assert len(signature) == 96
    ec_public(talk.image, "chip").verify(ecdsa_raw_to_der(signature), challenge, ec.ECDSA(hashes.SHA384()))
    assert talk("0088000007", challenge[:7], "00") == "6700"


def test_active_authentication_with_rsa(talk_rsa: Talker) -> None:
    talk_rsa(LDS)
    challenge = os.urandom(8)
    signature = talk_rsa.data("0088000008", challenge, "00")
    numbers = rsa_public(talk_rsa.image, "chip").public_numbers()
    assert iso9796.recover(signature, modulus=numbers.n, exponent=numbers.e).matches(challenge)


def test_rsa_padded_by_the_card(talk_rsa: Talker) -> None:
    talk_rsa(PKCS15)
    talk_rsa(SIGNATURE)
    talk_rsa("002241B606 800102 840102")
    info = digest_info("sha384", DIGEST)
    signature = talk_rsa.data("002A9E9A", bytes((len(info),)), info, "00")
    public = rsa_public(talk_rsa.image, "signature")
    public.verify(signature, DIGEST, padding.PKCS1v15(), utils.Prehashed(hashes.SHA384()))
    with pytest.raises(InvalidSignature):
        public.verify(signature, bytes(48), padding.PKCS1v15(), utils.Prehashed(hashes.SHA384()))
    talk_rsa(SIGNATURE)
    assert talk_rsa("002A9E9AF6", bytes(246), "00") == "6700"


def test_rsa_digest_of_the_card_gets_its_digest_info(talk_rsa: Talker) -> None:
    talk_rsa(PKCS15)
    talk_rsa(IDENTITY)
    talk_rsa("002241B606 800102 840101")
    talk_rsa("002A9080 0A", b"a contract")
    signature = talk_rsa.data("002A9E9A00")
    rsa_public(talk_rsa.image, "authentication").verify(
        signature, b"a contract", padding.PKCS1v15(), hashes.SHA256()
    )


def test_rsa_raw_in_a_chain_and_extended(talk_rsa: Talker) -> None:
    talk_rsa(PKCS15)
    talk_rsa(IDENTITY)
    talk_rsa("002241B606 800100 840101")
    block = b"\x00" + os.urandom(255)
    assert talk_rsa("102A9E9A80", block[:128]) == "9000"
    signature = talk_rsa.data("002A9E9A80", block[128:], "00")
    numbers = rsa_public(talk_rsa.image, "authentication").public_numbers()
    assert pow(int.from_bytes(signature, "big"), numbers.e, numbers.n) == int.from_bytes(block, "big")
    assert talk_rsa.data("002A9E9A 000100", block, "0000") == signature
    assert talk_rsa("002A9E9A 000100", b"\xff" * 256, "0000") == "6A80"
    assert talk_rsa("002A9E9A80", block[:128], "00") == "6700"


def test_rsa_decipher(talk_rsa: Talker) -> None:
    secret = os.urandom(48)
    cryptogram = rsa_public(talk_rsa.image, "decipherment").encrypt(secret, padding.PKCS1v15())
    talk_rsa(PKCS15)
    assert talk_rsa("002241B806 800102 840103") == "9000"
    assert talk_rsa("002A8086 000101 00", cryptogram, "0000") == "6982"
    talk_rsa(IDENTITY)
    assert talk_rsa.data("002A8086 000101 00", cryptogram, "0000") == secret
    assert talk_rsa("002A8086 000101 01", cryptogram, "0000") == "6A80"
    assert talk_rsa("002A8086 000101 00", bytes(255) + b"\x02", "0000") == "6A80"
    talk_rsa("002241B806 800100 840103")
    raw = talk_rsa.data("002A8086 000101 00", cryptogram, "0000")
    assert (raw[:2], raw[-48:]) == (b"\x00\x02", secret)


def test_rsa_pss_by_the_card(rsa_image: CardImage) -> None:
    lds, pkcs15, *_, mf = rsa_image.profile.applications
    keys = (replace(pkcs15.keys[0], algorithms={SignatureAlgorithm.PS256: 0x05}), *pkcs15.keys[1:])
    rsa_image.profile = replace(rsa_image.profile, applications=(lds, replace(pkcs15, keys=keys), mf))
    talk = Talker(CardOS(rsa_image))
    talk(PKCS15)
    talk(IDENTITY)
    assert talk("002241B606 800105 840101") == "9000"
    digest = hashlib.sha256(b"x").digest()
    signature = talk.data("002A9E9A20", digest, "00")
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    rsa_public(rsa_image, "authentication").verify(
        signature, digest, scheme, utils.Prehashed(hashes.SHA256())
    )
    assert talk("002A9E9A01AA00") == "6A80"


@pytest.mark.parametrize("der", [b"", b"garbage"])
def test_a_key_that_is_none(image: CardImage, der: bytes) -> None:
    image.keys["authentication"] = der
    talk = Talker(CardOS(image))
    talk(PKCS15)
    talk(IDENTITY)
    talk("002241B606 800104 840101")
    assert talk("002A9E9A30", DIGEST, "00") == "6984"


def test_a_key_too_short_for_its_hash(rsa_image: CardImage) -> None:
    lds, pkcs15, *_, mf = rsa_image.profile.applications
    chip = replace(lds.keys[0], algorithms={SignatureAlgorithm.RS512: 0})
    login = replace(pkcs15.keys[0], algorithms={SignatureAlgorithm.PS512: 5})
    applications = (replace(lds, keys=(chip,)), replace(pkcs15, keys=(login,)), mf)
    rsa_image.profile = replace(rsa_image.profile, applications=applications)
    odd, short = (der(rsa.generate_private_key(65537, bits)) for bits in (1025, 1024))
    rsa_image.keys = {"chip": odd, "authentication": short}
    talk = Talker(CardOS(rsa_image))
    talk(LDS)
    assert talk("0088000008", bytes(8), "00") == "6984"
    talk(PKCS15)
    talk(IDENTITY)
    talk("002241B606 800105 840101")
    assert talk("002A9E9A40", bytes(64), "00") == "6984"


def test_a_key_of_another_kind(image: CardImage, rsa_image: CardImage) -> None:
    image.keys["decipherment"] = rsa_image.keys["decipherment"]
    rsa_image.keys["decipherment"] = image.keys["authentication"]
    talk, other = Talker(CardOS(image)), Talker(CardOS(rsa_image))
    for card in (talk, other):
        card(PKCS15)
        card(IDENTITY)
    talk("002241A406 800104 840103")
    assert talk("00860000 05 7C03850104 00") == "6985"
    other("002241B806 800102 840103")
    assert other("002A8086 02 0001 00") == "6985"
