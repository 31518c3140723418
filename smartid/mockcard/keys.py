"""Private keys of a card and the raw operations with them.

They run in ordinary Python integers and OpenSSL, without the counter-measures of a chip: these are mock keys.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from smartid.crypto import iso9796
from smartid.crypto.signature import SignatureAlgorithm, digest_info, ecdsa_der_to_raw
from smartid.mockcard.answer import Refusal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

PrivateKey: TypeAlias = "EllipticCurvePrivateKey | RSAPrivateKey"

RandomBytes: TypeAlias = Callable[[int], bytes]
_HASH_OF_SIZE = {32: "SHA256", 48: "SHA384", 64: "SHA512"}


def load(der: bytes) -> PrivateKey:
    """A private key from PKCS #8. Raises Refusal 6984 for bytes that are no EC or RSA key."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415

    try:
        key = load_der_private_key(der, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Refusal(0x6984) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise Refusal(0x6984)
    return key


def is_ec(key: PrivateKey) -> TypeGuard[EllipticCurvePrivateKey]:
    """Whether it is a key on an elliptic curve."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey  # noqa: PLC0415

    return isinstance(key, EllipticCurvePrivateKey)


def require_ec(key: PrivateKey) -> EllipticCurvePrivateKey:
    """The key when it is on an elliptic curve. Raises Refusal 6985."""
    if is_ec(key):
        return key
    raise Refusal(0x6985)


def require_rsa(key: PrivateKey) -> RSAPrivateKey:
    """The key when it is an RSA key. Raises Refusal 6985."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415

    if isinstance(key, RSAPrivateKey):
        return key
    raise Refusal(0x6985)


def ecdsa(key: EllipticCurvePrivateKey, digest: bytes) -> bytes:
    """ECDSA over a digest of at most the length of the field; DER of r and s. Raises Refusal 6A80."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415

    size = min((key.curve.key_size + 7) // 8, 64)
    if not digest or len(digest) > size or size not in _HASH_OF_SIZE:
        raise Refusal(0x6A80)
    # Zeros in front do not change the number that is signed; they make the length one that the library takes.
    algorithm = utils.Prehashed(getattr(hashes, _HASH_OF_SIZE[size])())
    return key.sign(digest.rjust(size, b"\x00"), ec.ECDSA(algorithm))


def ecdh(key: EllipticCurvePrivateKey, point: bytes) -> bytes:
    """The x coordinate of the shared point. Raises Refusal 6A80 for a point that is not on the curve."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, point)
        return key.exchange(ec.ECDH(), public)
    except ValueError:
        raise Refusal(0x6A80) from None


def rsa_private(key: RSAPrivateKey, number: int) -> int:
    """``number`` to the private exponent, by the Chinese remainder theorem (RFC 8017, 5.1.2)."""
    numbers = key.private_numbers()
    p, q = numbers.p, numbers.q
    first, second = pow(number, numbers.dmp1, p), pow(number, numbers.dmq1, q)
    return second + (first - second) * numbers.iqmp % p * q


def rsa_raw(key: RSAPrivateKey, block: bytes) -> bytes:
    """The RSA private operation on a block as long as the modulus. Raises Refusal 6700, 6A80."""
    size = rsa_size(key)
    if len(block) != size:
        raise Refusal(0x6700)
    number = int.from_bytes(block, "big")
    if number >= key.private_numbers().public_numbers.n:
        raise Refusal(0x6A80)
    return rsa_private(key, number).to_bytes(size, "big")


def rsa_pkcs1(key: RSAPrivateKey, message: bytes) -> bytes:
    """Signature over a DigestInfo that the card pads: 00 01 FF … FF 00 (RFC 8017, 9.2)."""
    filling = rsa_size(key) - 3 - len(message)
    if filling < 8 or not message:
        raise Refusal(0x6700)
    return rsa_raw(key, b"\x00\x01" + b"\xff" * filling + b"\x00" + message)


def rsa_pss(key: RSAPrivateKey, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
    """RSASSA-PSS over a digest, salt as long as the digest. Raises Refusal 6A80, 6984."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import padding, utils  # noqa: PLC0415

    function = getattr(hashes, algorithm.hash_name.upper())()
    if len(digest) != algorithm.digest_size:
        raise Refusal(0x6A80)
    scheme = padding.PSS(padding.MGF1(function), algorithm.digest_size)
    try:
        return key.sign(digest, scheme, utils.Prehashed(function))
    except ValueError:  # the modulus is too short for this hash
        raise Refusal(0x6984) from None


def rsa_decipher(key: RSAPrivateKey, cryptogram: bytes) -> bytes:
    """Decipher and take the padding 00 02 … 00 off (RFC 8017, 7.2.2). Raises Refusal 6700, 6A80."""
    block = rsa_raw(key, cryptogram)
    end = block.find(b"\x00", 2)
    if block[:2] != b"\x00\x02" or end < 10:
        raise Refusal(0x6A80)
    return block[end + 1 :]


def rsa_size(key: RSAPrivateKey) -> int:
    """Length of the modulus in bytes."""
    return (key.key_size + 7) // 8


def active_authentication(
    key: PrivateKey, challenge: bytes, algorithm: SignatureAlgorithm, random: RandomBytes = os.urandom
) -> bytes:
    """Answer of a travel-document chip to a challenge of 8 bytes (ICAO Doc 9303-11:2021, 6.1).

    EC: r and s side by side over the hash of the challenge. RSA: ISO/IEC 9796-2 scheme 1; the chip draws the
    recoverable part.

    Raises Refusal 6984 for an RSA key whose length does not suit the hash.
    """
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    if isinstance(key, ec.EllipticCurvePrivateKey):
        function = getattr(hashes, algorithm.hash_name.upper())()
        size = (key.curve.key_size + 7) // 8
        return ecdsa_der_to_raw(key.sign(challenge, ec.ECDSA(function)), size)
    try:
        room = iso9796.capacity(key.key_size, algorithm.hash_name)
    except ValueError:
        raise Refusal(0x6984) from None
    return iso9796.sign(
        random(room),
        challenge,
        modulus_bits=key.key_size,
        hash_name=algorithm.hash_name,
        private_operation=lambda number: rsa_private(key, number),
    )


def digest_info_of(hash_name: str, digest: bytes) -> bytes:
    """DigestInfo of a digest. Raises Refusal 6A80 when the lengths do not agree."""
    if len(digest) != hashlib.new(hash_name).digest_size:
        raise Refusal(0x6A80)
    return digest_info(hash_name, digest)
