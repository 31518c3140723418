"""Accounts and transfers, as values.

Amounts are whole numbers of the account's unit: rials, millilitres of a tier and period, trips, SIM slots.
The words are those of double entry: a transfer moves its amount from the account that it debits to the one
that it credits, so the balance of an account is its credits less its debits, and all balances of a unit add
up to zero.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

MAX_AMOUNT = (1 << 63) - 1
MAX_NAME = 200
"""Longest name of an account, in characters of printable ASCII."""

MAX_UNIT = 32
"""Longest name of a unit, in characters of printable ASCII."""

MAX_NOTE = 200
"""Longest note of a transfer, in characters."""


class Guard(StrEnum):
    """What an account may not do. Pending amounts count as if they were posted."""

    NONE = "none"
    NO_OVERDRAFT = "credits cover debits"
    """What it owes or holds: a purse, a payable, a quota. Its balance never falls below zero."""
    NO_SURPLUS = "debits cover credits"
    """What it was lent: its balance never rises above zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account. Opening it twice with the same content does nothing; with another content it is refused.

    name   printable ASCII, parts divided by "/": "purse/float", "fuel/V7f3a/tier1/1404-09"
    unit   what it counts: "IRR", "ml", "trip"; transfers stay within one unit

    Raises ValueError for a name or a unit that no account can have.
    """

    name: str
    unit: str
    guard: Guard = Guard.NO_OVERDRAFT

    def __post_init__(self) -> None:
        for text, most in ((self.name, MAX_NAME), (self.unit, MAX_UNIT)):
            if not 0 < len(text) <= most or not text.isascii() or not text.isprintable():
                raise ValueError(
                    f"names and units are printable ASCII of 1 to {most} characters: {text[:80]!r}"
                )


class Kind(IntEnum):
    """What a transfer does. A pending one is resolved once: posted (whole or in part), voided or expired."""

    POSTED = 0
    PENDING = 1
    POST = 2
    VOID = 3
    EXPIRE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A movement between two accounts of one unit.

    id       16 bytes; the same id is carried out once, for ever (``transfer_id``)
    debit    name of the account that gives
    credit   name of the account that takes
    amount   0 is allowed for VOID and EXPIRE only, where it is ignored
    pending  POST, VOID, EXPIRE: id of the pending transfer that it resolves. POST takes at most its amount,
             and the rest returns; accounts must be those of the pending transfer
    expires  PENDING: when it may be expired; None for never
    note     what for, at most 200 characters: "purchase 7f3a"

    Raises ValueError for what no ledger can carry out: an id of another length, an amount that is not
    positive, one account on both sides, members that its kind does not have.
    """

    id: bytes
    debit: str
    credit: str
    amount: int
    kind: Kind = Kind.POSTED
    pending: bytes = b""
    expires: datetime | None = None
    note: str = ""

    def __post_init__(self) -> None:
        plain = self.kind is Kind.POSTED and not self.pending and self.expires is None
        if (
            plain
            and len(self.id) == 16
            and type(self.amount) is int
            and 0 < self.amount <= MAX_AMOUNT
            and self.debit != self.credit
            and len(self.note) <= MAX_NOTE
            and self.note.isprintable()
        ):
            return
        fault = _fault(self)
        if fault:
            raise ValueError(f"no ledger can carry out this transfer: {fault}")


def _fault(transfer: Transfer) -> str:
    resolving = transfer.kind in {Kind.POST, Kind.VOID, Kind.EXPIRE}
    least = 0 if transfer.kind in {Kind.VOID, Kind.EXPIRE} else 1
    expires = transfer.expires
    rules = (
        (isinstance(transfer.kind, Kind), "its kind is not one"),
        (len(transfer.id) == 16, "its id has not 16 bytes"),
        (type(transfer.amount) is int, "its amount is not a whole number"),
        (least <= transfer.amount <= MAX_AMOUNT, "its amount is not positive, or has more than 63 bits"),
        (transfer.debit != transfer.credit, "it moves from an account to itself"),
        (len(transfer.note) <= MAX_NOTE, f"its note has more than {MAX_NOTE} characters"),
        (transfer.note.isprintable(), "its note is not printable"),
        (
            len(transfer.pending) == 16 * resolving,
            "it does not name the one pending transfer that it resolves",
        ),
        (expires is None or transfer.kind is Kind.PENDING, "it expires without being pending"),
        (expires is None or expires.tzinfo is not None, "its expiry has no time zone"),
    )
    return next((fault for holds, fault in rules if not holds), "")


class Outcome(StrEnum):
    """What became of a group of transfers."""

    POSTED = "posted"
    EXISTS = "exists"
    """The very same transfers were posted before."""
    CONFLICT = "conflict"
    """An id was posted before with another content."""
    INSUFFICIENT = "insufficient"
    """A guard would have been broken."""
    UNKNOWN_ACCOUNT = "unknown account"
    UNIT_MISMATCH = "unit mismatch"
    RESOLVED = "resolved"
    """The pending transfer was posted, voided or expired before."""
    UNKNOWN_PENDING = "unknown pending"
    EXCEEDS_PENDING = "exceeds pending"
    OVERFLOW = "overflow"
    NOT_DUE = "not due"
    """EXPIRE came before the pending transfer's ``expires``, or it has none."""


Posting = tuple[Transfer, ...]
"""Transfers that are carried out together or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account holds, in whole units.

    debits, credits                  posted
    pending_debits, pending_credits  reserved and not resolved
    """

    unit: str
    debits: int = 0
    credits: int = 0
    pending_debits: int = 0
    pending_credits: int = 0

    @property
    def posted(self) -> int:
        """Credits less debits."""
        return self.credits - self.debits

    @property
    def available(self) -> int:
        """What a NO_OVERDRAFT account can still give."""
        return self.posted - self.pending_debits


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of the hash chain: whoever keeps it can tell whether what came before was changed.

    height  number of blocks; a block is what one commit appended
    hash    SHA-256 over the hash before and the block's content, 32 bytes
    """

    height: int
    hash: bytes


def transfer_id(*parts: str | int | bytes) -> bytes:
    """Derive 16 bytes from what makes a transfer unique: service, key, leg.

    SHA-256 over the parts, each as its length in 4 bytes and its bytes (whole numbers in decimal digits).
    """
    return transfer_ids(*parts[:-1])(parts[-1])


def transfer_ids(*parts: str | int | bytes) -> Callable[[str | int | bytes], bytes]:
    """Give what makes ``transfer_id(*parts, last)`` of its last part: for the many that begin alike."""
    begun = hashlib.sha256(b"smartid transfer 1" + b"".join(map(_framed, parts)))

    def last(part: str | int | bytes) -> bytes:
        total = begun.copy()
        total.update(_framed(part))
        return total.digest()[:16]

    return last


def _framed(part: str | int | bytes) -> bytes:
    data = part if isinstance(part, bytes) else str(part).encode()
    return len(data).to_bytes(4, "big") + data
