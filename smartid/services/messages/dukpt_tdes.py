"""DUKPT with TDES, for what is in the field (ANSI X9.24-1:2009, Annex A).

Key serial number (KSN), 10 bytes: 59 bits name the base key and the device, the last 21 bits are the
transaction counter, of which at most ten bits are set. New devices take AES (``dukpt``).

The keys of a transaction are its derived key XOR a mask: PIN encryption, MAC, and data, which is encrypted
with itself once more.
"""

from __future__ import annotations

from enum import Enum

from smartid.errors import EncodingError
from smartid.services.messages.pin_blocks import tdes_encrypt

STANDARD = "ANSI X9.24-1:2009"
KSN_SIZE = 10
COUNTER_MASK = 0x1FFFFF
MAX_BITS = 10
_KEY_MASK = bytes.fromhex("C0C0C0C000000000") * 2


class Variant(Enum):
    """Masks of the keys of a transaction, for each half (Table A-1)."""

    PIN = bytes.fromhex("00000000000000FF")
    MAC_REQUEST = bytes.fromhex("000000000000FF00")
    MAC_RESPONSE = bytes.fromhex("00000000FF000000")
    DATA_REQUEST = bytes.fromhex("0000000000FF0000")
    DATA_RESPONSE = bytes.fromhex("000000FF00000000")


def initial_key(bdk: bytes, ksn: bytes) -> bytes:
    """Make the key that the device of this KSN is loaded with (IPEK), 16 bytes."""
    _check(bdk, ksn)
    device = (int.from_bytes(ksn, "big") & ~COUNTER_MASK).to_bytes(KSN_SIZE, "big")[:8]
    return tdes_encrypt(bdk, device) + tdes_encrypt(_xor(bdk, _KEY_MASK), device)


def transaction_key(initial: bytes, ksn: bytes) -> bytes:
    """Derive the key of the transaction that the KSN counts, before any mask, 16 bytes.

    Raises EncodingError for a counter of 0 or with more than ten bits set: no device uses it.
    """
    _check(initial, ksn)
    serial = int.from_bytes(ksn, "big")
    counter, reached = serial & COUNTER_MASK, serial & ~COUNTER_MASK
    if not 0 < counter.bit_count() <= MAX_BITS:
        raise EncodingError("transaction counter", offset=7, expected="1 to 10 bits set", standard=STANDARD)
    key = initial
    for bit in range(20, -1, -1):
        if counter >> bit & 1:
            reached |= 1 << bit
            key = _step(key, reached.to_bytes(KSN_SIZE, "big")[2:])
    return key


def working_key(initial: bytes, ksn: bytes, variant: Variant) -> bytes:
    """Derive the key of one transaction for one purpose, 16 bytes."""
    key = _xor(transaction_key(initial, ksn), variant.value * 2)
    if variant in (Variant.DATA_REQUEST, Variant.DATA_RESPONSE):
        return tdes_encrypt(key, key[:8]) + tdes_encrypt(key, key[8:])
    return key


def _step(key: bytes, data: bytes) -> bytes:
    return _half(_xor(key, _KEY_MASK), data) + _half(key, data)


def _half(key: bytes, data: bytes) -> bytes:
    return _xor(tdes_encrypt(key[:8], _xor(data, key[8:])), key[8:])


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _check(key: bytes, ksn: bytes) -> None:
    if len(key) != 16 or len(ksn) != KSN_SIZE:
        raise EncodingError("TDES DUKPT", offset=0, expected="16 bytes of key, 10 of KSN", standard=STANDARD)
