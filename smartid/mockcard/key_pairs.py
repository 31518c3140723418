"""Key pairs for mock cards, made by software and given to the card."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from smartid.mockcard.pkcs15 import KEY_BITS
from smartid.profiles.base import KeyType

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key(kind: KeyType) -> PrivateKey:
    """A random private key; an RSA key takes some tenths of a second."""
    if kind is KeyType.P256:
        return ec.generate_private_key(ec.SECP256R1())
    if kind is KeyType.P384:
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(65537, KEY_BITS[kind])


def pkcs8(key: PrivateKey) -> bytes:
    """PrivateKeyInfo of RFC 5208 in DER, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def subject_public_key_info(key: PrivateKey) -> bytes:
    """SubjectPublicKeyInfo of RFC 5280 in DER, of the key's public half."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
