"""RSA signatures that carry a part of their message: ISO/IEC 9796-2:2010, digital signature scheme 1.

Active authentication of a chip with an RSA key uses them (ICAO Doc 9303-11, 8th edition, 6.1). The message
is M1, which the chip chooses and the signature carries, then M2, the challenge. The block under RSA::

    offset  length      content
    0       1           6A  header: partial recovery, M1 follows at once
                        (6B, BB…, BA when M1 does not fill the block)
    1       c           M1  recoverable part
    1 + c   digest      hash of M1 and M2
            1 or 2      BC (SHA-1), or hash identifier and CC
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from smartid.errors import EncodingError

STANDARD = "ISO/IEC 9796-2:2010, 8.1"
MAX_MODULUS_BITS = 8192
"""Larger moduli are refused: a stranger's public key must not cost seconds."""

_TRAILERS = {
    bytes.fromhex("33CC"): "sha1",
    bytes.fromhex("34CC"): "sha256",
    bytes.fromhex("35CC"): "sha512",
    bytes.fromhex("36CC"): "sha384",
    bytes.fromhex("38CC"): "sha224",
}
_IMPLICIT_SHA1 = b"\xbc"
_SIGNERS_TRAILERS = {name: trailer for trailer, name in _TRAILERS.items()} | {"sha1": _IMPLICIT_SHA1}


@dataclass(frozen=True, slots=True)
class RecoveredMessage:
    """What a signature says: the recoverable part M1, the digest of M1 and M2, and the hash by name."""

    recoverable: bytes
    digest: bytes
    hash_name: str

    def matches(self, tail: bytes) -> bool:
        """Tell whether ``tail`` is the M2 that was signed. False means: the signature is wrong."""
        return hmac.compare_digest(hashlib.new(self.hash_name, self.recoverable + tail).digest(), self.digest)


def recover(signature: bytes, *, modulus: int, exponent: int) -> RecoveredMessage:
    """Open a signature with the public key. It proves nothing until ``matches`` has answered.

    Raises EncodingError when the opened block has not the form above, or the key is out of bounds.
    """
    block = _open(signature, modulus, exponent)
    hash_name, trailer_length = _hash_of(block)
    digest_size = hashlib.new(hash_name).digest_size
    start = _header_length(block)
    end = len(block) - trailer_length - digest_size
    if end < start:
        raise _broken(start, "room for a digest")
    return RecoveredMessage(block[start:end], block[end : end + digest_size], hash_name)


def capacity(modulus_bits: int, hash_name: str) -> int:
    """Length of the recoverable part M1 that fills the block, in bytes.

    Raises ValueError for a modulus that is no whole number of bytes, or too small for the hash.
    """
    room = modulus_bits // 8 - 1 - hashlib.new(hash_name).digest_size - len(_SIGNERS_TRAILERS[hash_name])
    if modulus_bits % 8 or room < 0:
        raise ValueError(f"a modulus of {modulus_bits} bits does not carry {hash_name}")
    return room


def sign(
    recoverable: bytes,
    tail: bytes,
    *,
    modulus_bits: int,
    hash_name: str,
    private_operation: Callable[[int], int],
) -> bytes:
    """Sign M1 and M2, as a chip does.

    recoverable        M1, random, ``capacity(modulus_bits, hash_name)`` bytes
    private_operation  x to the power of d, modulo n, on integers

    Raises ValueError when M1 has another length.
    """
    if len(recoverable) != capacity(modulus_bits, hash_name):
        raise ValueError(f"M1 needs {capacity(modulus_bits, hash_name)} bytes")
    digest = hashlib.new(hash_name, recoverable + tail).digest()
    block = b"\x6a" + recoverable + digest + _SIGNERS_TRAILERS[hash_name]
    return private_operation(int.from_bytes(block, "big")).to_bytes(modulus_bits // 8, "big")


def _open(signature: bytes, modulus: int, exponent: int) -> bytes:
    length = (modulus.bit_length() + 7) // 8
    if not 512 <= modulus.bit_length() <= MAX_MODULUS_BITS or not 0 < exponent < modulus:
        raise _broken(0, f"an RSA key of 512 to {MAX_MODULUS_BITS} bits")
    number = int.from_bytes(signature, "big")
    if len(signature) != length or number >= modulus:
        raise _broken(0, f"{length} bytes that are less than the modulus")
    opened = pow(number, exponent, modulus)
    if opened & 0x0F != 0x0C:
        opened = modulus - opened
    return opened.to_bytes(length, "big")


def _hash_of(block: bytes) -> tuple[str, int]:
    if block[-1:] == _IMPLICIT_SHA1:
        return "sha1", 1
    if block[-2:] in _TRAILERS:
        return _TRAILERS[block[-2:]], 2
    raise _broken(len(block) - 2, "trailer BC, or a known hash identifier and CC")


def _header_length(block: bytes) -> int:
    if block[0] == 0x6A:
        return 1
    after_padding = block[1:].lstrip(b"\xbb")
    if block[0] != 0x6B or not after_padding.startswith(b"\xba"):
        raise _broken(0, "header 6A, or 6B BB… BA")
    return len(block) - len(after_padding) + 1


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("ISO/IEC 9796-2 signature", offset=offset, expected=expected, standard=STANDARD)
