"""A self-made card for tests: random bytes in its files, fresh keys, and a hexadecimal way to talk to it."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from smartid.iso7816 import tlv
from smartid.mockcard.card_os import CardOS
from smartid.mockcard.image import CardImage, PINState
from smartid.profiles.base import CardProfile, KeyType

PINS = {"identity": "1234", "signature": "123456", "puk": "87654321"}


def der(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def make_keys(count: int = 5) -> dict[KeyType, list[bytes]]:
    """Some keys of each kind."""
    return {
        KeyType.P256: [der(ec.generate_private_key(ec.SECP256R1())) for _ in range(count)],
        KeyType.P384: [der(ec.generate_private_key(ec.SECP384R1())) for _ in range(count)],
        KeyType.RSA2048: [der(rsa.generate_private_key(65537, 2048)) for _ in range(count)],
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


class Talker:
    """Sends commands in hexadecimal, answers in hexadecimal."""

    def __init__(self, card: CardOS) -> None:
        self.card = card
        self.image = card.image

    def __call__(self, *parts: str | bytes) -> str:
        command = b"".join(part if isinstance(part, bytes) else bytes.fromhex(part) for part in parts)
        return self.card.transmit(command).hex().upper()

    def data(self, *parts: str | bytes) -> bytes:
        answer = self(*parts)
        assert answer.endswith("9000"), answer
        return bytes.fromhex(answer)[:-2]
