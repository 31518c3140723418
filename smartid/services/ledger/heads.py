"""Signed heads: whoever keeps one can prove later that what came before was changed.

A chain alone can be recomputed by whoever holds the database. A head that was signed, and handed out, cannot.
The signature is Ed25519 (RFC 8032, 2017) over::

    21 bytes  "smartid ledger head 1" in ASCII
     8 bytes  height
    32 bytes  hash
     8 bytes  when it was signed, microseconds since 1970-01-01 UTC

Whole numbers are big endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from smartid.errors import EncodingError, SignatureInvalid
from smartid.services.ledger.chain import microseconds, moment
from smartid.services.ledger.values import Head

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_DOMAIN = b"smartid ledger head 1"
_MOST = (1 << 63) - 1

HeadRow = tuple[int, bytes, int, bytes, bytes]
"""Height, hash, time in microseconds, public key, signature: as its table has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """A head with the time and the signature of who keeps the ledger.

    key        public key, 32 bytes
    signature  64 bytes
    """

    head: Head
    at: datetime
    key: bytes
    signature: bytes

    @property
    def row(self) -> HeadRow:
        """As its table has it."""
        return self.head.height, self.head.hash, microseconds(self.at), self.key, self.signature

    def verify(self, key: bytes) -> None:
        """Check the signature. Raises SignatureInvalid, also when another key than ``key`` made it."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - signatures only
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above

        try:
            Ed25519PublicKey.from_public_bytes(key).verify(self.signature, _signed(self.head, self.at))
        except (InvalidSignature, ValueError) as error:
            raise SignatureInvalid(
                f"The head of block {self.head.height} was not signed by this key."
            ) from error
        if key != self.key:
            raise SignatureInvalid(f"The head of block {self.head.height} names another key.")


def sign_head(head: Head, key: Ed25519PrivateKey, at: datetime) -> SignedHead:
    """Sign a head."""
    moment_ = moment(microseconds(at))
    return SignedHead(
        head=head,
        at=moment_,
        key=key.public_key().public_bytes_raw(),
        signature=key.sign(_signed(head, moment_)),
    )


def signed_head(row: HeadRow) -> SignedHead:
    """Give the head of a row. Raises EncodingError for a row that is none."""
    height, hash_, at, key, signature = row
    types = tuple(map(type, row)) == (int, bytes, int, bytes, bytes)
    if not (types and 0 <= height <= _MOST and len(hash_) == 32 and len(key) == 32 and len(signature) == 64):
        raise EncodingError("signed head", offset=0, expected="hash and key of 32 bytes, signature of 64")
    try:
        signed = moment(at)
    except OverflowError as error:
        raise EncodingError("signed head", offset=0, expected="a time before the year 10000") from error
    return SignedHead(head=Head(height=height, hash=hash_), at=signed, key=key, signature=signature)


def _signed(head: Head, at: datetime) -> bytes:
    return _DOMAIN + struct.pack(">q", head.height) + head.hash + struct.pack(">q", microseconds(at))
