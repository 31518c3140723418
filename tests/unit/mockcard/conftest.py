from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from smartid.iso7816 import tlv
from smartid.mockcard.card_os import CardOS
from smartid.mockcard.image import CardImage, PINState
from smartid.profiles.base import CardProfile, KeyType
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA

PINS = {"identity": "1234", "signature": "123456", "puk": "87654321"}


def _der(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="session")
def key_pool() -> dict[KeyType, list[bytes]]:
    """Four keys of each kind, made once."""
    return {
        KeyType.P384: [_der(ec.generate_private_key(ec.SECP384R1())) for _ in range(4)],
        KeyType.RSA2048: [_der(rsa.generate_private_key(65537, 2048)) for _ in range(4)],
    }


def build_image(profile: CardProfile, pool: dict[KeyType, list[bytes]]) -> CardImage:
    """A card with random bytes in its files: framed ones are one data object and filling."""
    files: dict[str, bytes | list[bytes]] = {}
    for application in profile.applications:
        for index, spec in enumerate(application.files):
            files[spec.name] = tlv.encode(0x61, os.urandom(300 + 50 * index))
    keys = [key for application in profile.applications for key in application.keys]
    pins = [pin for application in profile.applications for pin in application.pins]
    objects = [item for application in profile.applications for item in application.data_objects]
    return CardImage(
        profile=profile,
        holder={"given_names": "سارا"},
        files=files,
        data_objects={item.name: os.urandom(item.size or 8) for item in objects},
        keys={key.name: pool[key.type][index] for index, key in enumerate(keys)},
        pins={
            pin.name: PINState(value=PINS[pin.name], tries_left=pin.tries, max_tries=pin.tries)
            for pin in pins
        },
    )


@pytest.fixture
def image(key_pool: dict[KeyType, list[bytes]]) -> CardImage:
    return build_image(NATIONAL_REFERENCE, key_pool)


@pytest.fixture
def rsa_image(key_pool: dict[KeyType, list[bytes]]) -> CardImage:
    return build_image(NATIONAL_REFERENCE_RSA, key_pool)


class Talker:
    """Sends commands in hexadecimal, answers in hexadecimal."""

    def __init__(self, card: CardOS) -> None:
        self.card = card

    def __call__(self, *parts: str | bytes) -> str:
        command = b"".join(part if isinstance(part, bytes) else bytes.fromhex(part) for part in parts)
        return self.card.transmit(command).hex().upper()

    def data(self, *parts: str | bytes) -> bytes:
        answer = self(*parts)
        assert answer.endswith("9000"), answer
        return bytes.fromhex(answer)[:-2]


@pytest.fixture
def talk(image: CardImage) -> Talker:
    return Talker(CardOS(image))


@pytest.fixture
def talk_rsa(rsa_image: CardImage) -> Talker:
    return Talker(CardOS(rsa_image))
