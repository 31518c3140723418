"""The hash chain: what a commit appended, byte for byte.

A block is what one commit appended to the accounts and transfers. Its hash is SHA-256 (FIPS 180-4) over::

    32 bytes  hash of the block before; 32 zero bytes before the first
     8 bytes  height of this block, from 1
     8 bytes  when it was committed, microseconds since 1970-01-01 UTC
     8 bytes  number of accounts up to and with this block
     8 bytes  number of transfers up to and with this block
    then each account that it opened, in the order of their numbers
     8 bytes  number of the account, from 1
     1 byte   guard: 0 none, 1 no overdraft, 2 no surplus
     2 bytes  length of the name, then the name in UTF-8
     2 bytes  length of the unit, then the unit in UTF-8
    then each transfer, in the order in which they were carried out
    16 bytes  id
    16 bytes  id of the pending transfer that it resolves; zeros when it resolves none
     1 byte   kind (``Kind``)
     8 bytes  number of the account that gives
     8 bytes  number of the account that takes
     8 bytes  amount
     8 bytes  when it may be expired, microseconds since 1970-01-01 UTC; 0 for never
     2 bytes  length of the note, then the note in UTF-8

Whole numbers are big endian. Balances are not in it: they follow from the transfers.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from smartid.services.ledger.values import Guard, Head

TransferRow = tuple[bytes, int, int, int, int, bytes | None, int | None, str]
"""Id, numbers of the accounts that give and take, amount, kind, pending, expires, note."""

GUARDS = (Guard.NONE, Guard.NO_OVERDRAFT, Guard.NO_SURPLUS)
"""In the order of their numbers in the chain and the tables."""

_pack = struct.Struct(">16s16sBqqqqH").pack
_pack_plain = struct.Struct(">16s17xqqq10x").pack
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Block:
    """A row of the chain. ``accounts`` and ``transfers`` count from the beginning of the ledger."""

    height: int
    at: int
    accounts: int
    transfers: int
    hash: bytes

    @property
    def head(self) -> Head:
        """The chain up to here."""
        return Head(height=self.height, hash=self.hash)


GENESIS = Block(0, 0, 0, 0, bytes(32))
"""What the first block follows."""


def next_block(
    before: Block, *, at: int, accounts: Iterable[bytes], transfers: Iterable[bytes], counts: tuple[int, int]
) -> Block:
    """Link what a commit appended. ``counts``: how many accounts and transfers there are with it."""
    height = before.height + 1
    total = hashlib.sha256(before.hash + struct.pack(">4q", height, at, *counts))
    total.update(b"".join(accounts))
    total.update(b"".join(transfers))
    return Block(height, at, *counts, total.digest())


def pack_account(number: int, name: str, unit: str, guard: Guard) -> bytes:
    """Give the bytes of an account that was opened."""
    return struct.pack(">qB", number, GUARDS.index(guard)) + _text(name) + _text(unit)


def pack_row(row: TransferRow) -> bytes:
    """Give the bytes of a transfer as it stands in its table, also of one whose text is no UTF-8 any more."""
    id_, debit, credit, amount, kind, pending, expires, note = row
    text = note.encode(errors="surrogateescape")
    return _pack(id_, pending or b"", kind, debit, credit, amount, expires or 0, len(text)) + text


def pack_rows(rows: Iterable[TransferRow]) -> list[bytes]:
    """Give ``pack_row`` of each. Nearly all are posted at once and have no note."""
    return [
        pack_row((id_, debit, credit, amount, kind, pending, expires, note))
        if kind or note
        else _pack_plain(id_, debit, credit, amount)
        for id_, debit, credit, amount, kind, pending, expires, note in rows
    ]


def _text(text: str) -> bytes:
    data = text.encode(errors="surrogateescape")
    return len(data).to_bytes(2, "big") + data


def microseconds(at: datetime) -> int:
    """Give a time as the chain counts it. Raises ValueError for a datetime without a time zone."""
    if at.tzinfo is None:
        raise ValueError("a ledger wants datetimes with a time zone")
    return (at - _EPOCH) // _MICROSECOND


def moment(count: int) -> datetime:
    """Give a time from microseconds."""
    return _EPOCH + count * _MICROSECOND
