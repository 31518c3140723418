"""DUKPT: another key for every transaction, from one key per device (ANSI X9.24-3-2017, AES).

A base derivation key (BDK) of the host gives every device its initial key (IK); a counter of the device gives
every transaction its keys. Who learns the keys of one transaction learns nothing of another one.

Key serial number (KSN), 12 bytes, sent in the clear beside what was encrypted::

    offset  length  content
    0       8       initial key ID: 4 bytes of the BDK's ID, 4 bytes of the device's ID
    8       4       transaction counter: never 0, never more than 16 bits of it are set

Derivation data, 16 bytes, encrypted with AES to give 16 bytes of a derived key::

    offset  length  content
    0       1       01, version
    1       1       counter of the block: 01, and 02 where the key is longer than 16 bytes
    2       2       usage of the derived key (``Usage``)
    4       2       its algorithm (``KeyType``)
    6       2       its length in bits
    8       8       initial key ID, when an initial key is derived; or else
                    the last 4 bytes of it, and 4 bytes of the transaction counter

The key of a counter is reached through one derivation for each bit that is set, the highest first, and each
with the bits so far: 0x0005 goes through 0x0004. A device keeps intermediate keys only and erases what it
used; the host derives from the initial key, as here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum

from smartid.errors import EncodingError
from smartid.services.messages.pin_blocks import aes_encrypt

STANDARD = "ANSI X9.24-3-2017"
KSN_SIZE = 12
MAX_BITS = 16
"""Most bits that a transaction counter may have set."""
MAX_COUNTER = 0xFFFF0000
UPDATE_COUNTER = 0xFFFFFFFF
"""Stands for the key that encrypts the next initial key of the device."""


class Usage(IntEnum):
    """What a derived key is for; it is good for nothing else."""

    KEY_ENCRYPTION = 0x0002
    PIN_ENCRYPTION = 0x1000
    MAC_GENERATION = 0x2000
    MAC_VERIFICATION = 0x2001
    MAC_BOTH = 0x2002
    DATA_ENCRYPT = 0x3000
    DATA_DECRYPT = 0x3001
    DATA_BOTH = 0x3002
    KEY_DERIVATION = 0x8000
    INITIAL_KEY = 0x8001


class KeyType(Enum):
    """Algorithm and length of a derived key: indicator, bits."""

    TDES_2KEY = (0x0000, 128)
    TDES_3KEY = (0x0001, 192)
    AES_128 = (0x0002, 128)
    AES_192 = (0x0003, 192)
    AES_256 = (0x0004, 256)
    HMAC_128 = (0x0005, 128)
    HMAC_192 = (0x0005, 192)
    HMAC_256 = (0x0005, 256)

    @property
    def indicator(self) -> int:
        """Value at offset 4 of the derivation data."""
        return self.value[0]

    @property
    def bits(self) -> int:
        """Length of the key, in bits."""
        return self.value[1]

    @property
    def strength(self) -> int:
        """Its security in bits, as the standard compares keys."""
        return {KeyType.TDES_2KEY: 80, KeyType.TDES_3KEY: 112}.get(self, self.bits)


@dataclass(frozen=True, slots=True)
class KSN:
    """Key serial number: which device, which of its transactions."""

    key_id: bytes
    counter: int

    def __post_init__(self) -> None:
        if len(self.key_id) != 8:
            raise EncodingError("initial key ID", offset=0, expected="8 bytes", standard=STANDARD)
        if not is_counter(self.counter) and self.counter != UPDATE_COUNTER:
            raise EncodingError(
                "transaction counter", offset=8, expected="1 to 16 bits set", standard=STANDARD
            )

    def encode(self) -> bytes:
        """12 bytes."""
        return self.key_id + self.counter.to_bytes(4, "big")

    @classmethod
    def parse(cls, data: bytes) -> KSN:
        """Read 12 bytes. Raises EncodingError."""
        if len(data) != KSN_SIZE:
            raise EncodingError("key serial number", offset=len(data), expected="12 bytes", standard=STANDARD)
        return cls(data[:8], int.from_bytes(data[8:], "big"))

    def next(self) -> KSN:
        """Give the number of the device's next transaction. Raises EncodingError when there is none."""
        return KSN(self.key_id, next_counter(self.counter))


@dataclass(frozen=True, slots=True, repr=False)
class InitialKey:
    """The key that a device is loaded with.

    key  16, 24 or 32 bytes of AES
    """

    key: bytes = field(repr=False)
    key_id: bytes

    def __repr__(self) -> str:
        return f"InitialKey({self.key_id.hex()})"

    @classmethod
    def derive(cls, bdk: bytes, key_id: bytes) -> InitialKey:
        """Make a device's initial key from the base derivation key, of the same length."""
        return cls(_derive(bdk, Usage.INITIAL_KEY, _aes_type(bdk), key_id), key_id)

    def working_key(self, counter: int, usage: Usage, type_: KeyType) -> bytes:
        """Derive a key of one transaction.

        Raises EncodingError for a counter that no device uses, and for a key stronger than the initial one.
        """
        ksn = KSN(self.key_id, counter)
        if type_.strength > _aes_type(self.key).strength:
            raise EncodingError(
                "working key", offset=0, expected="one no stronger than the initial key", standard=STANDARD
            )
        return _derive(self.derivation_key(ksn.counter), usage, type_, _context(self.key_id, counter))

    def derivation_key(self, counter: int) -> bytes:
        """Derive the key from which the keys of a transaction are derived."""
        key, reached = self.key, 0
        for bit in range(31, -1, -1):
            if counter >> bit & 1:
                reached |= 1 << bit
                context = _context(self.key_id, reached)
                key = _derive(key, Usage.KEY_DERIVATION, _aes_type(self.key), context)
        return key

    def update_key(self) -> bytes:
        """Derive the key that encrypts the device's next initial key, as long as this one."""
        derivation = self.derivation_key(UPDATE_COUNTER)
        context = _context(self.key_id, UPDATE_COUNTER)
        return _derive(derivation, Usage.KEY_ENCRYPTION, _aes_type(self.key), context)


def is_counter(counter: int) -> bool:
    """Tell whether a device may use this counter."""
    return 0 < counter <= MAX_COUNTER and counter.bit_count() <= MAX_BITS


def next_counter(counter: int) -> int:
    """Give the counter that follows: the next number with at most 16 bits set.

    Raises EncodingError after the last one: the device needs another initial key.
    """
    found = counter + 1
    while found.bit_count() > MAX_BITS:
        found += found & -found
    if found > MAX_COUNTER:
        raise EncodingError(
            "transaction counter", offset=8, expected="a device not used up", standard=STANDARD
        )
    return found


def _aes_type(key: bytes) -> KeyType:
    types = {16: KeyType.AES_128, 24: KeyType.AES_192, 32: KeyType.AES_256}
    if len(key) not in types:
        raise EncodingError("AES key", offset=0, expected="16, 24 or 32 bytes", standard=STANDARD)
    return types[len(key)]


def _context(key_id: bytes, counter: int) -> bytes:
    return key_id[4:] + counter.to_bytes(4, "big")


def _derive(key: bytes, usage: Usage, type_: KeyType, context: bytes) -> bytes:
    blocks = -(-type_.bits // 128)
    derived = (
        aes_encrypt(key, derivation_data(number, usage, type_, context)) for number in range(1, blocks + 1)
    )
    return b"".join(derived)[: type_.bits // 8]


def derivation_data(number: int, usage: Usage, type_: KeyType, context: bytes) -> bytes:
    """Give 16 bytes of derivation data, block ``number`` of a key (from 1)."""
    if len(context) != 8:
        raise EncodingError("derivation data", offset=8, expected="8 bytes", standard=STANDARD)
    head = bytes((1, number)) + usage.to_bytes(2, "big")
    return head + type_.indicator.to_bytes(2, "big") + type_.bits.to_bytes(2, "big") + context
