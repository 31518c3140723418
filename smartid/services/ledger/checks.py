"""What an account or a transfer looks like before anybody asks the database."""

from __future__ import annotations

from smartid.services.ledger.values import MAX_AMOUNT, MAX_NAME, Account, Kind, Transfer

MAX_UNIT = 32
"""Longest name of a unit, in characters."""

MAX_NOTE = 200
"""Longest note, in characters."""


def check_account(account: Account) -> None:
    """Raises ValueError for a name or a unit that no account can have."""
    for text, most in ((account.name, MAX_NAME), (account.unit, MAX_UNIT)):
        if not 0 < len(text) <= most or not text.isascii() or not text.isprintable():
            raise ValueError(f"names and units are printable ASCII of 1 to {most} characters: {text[:80]!r}")


def check_transfer(transfer: Transfer) -> None:
    """Raises ValueError for what no ledger can carry out."""
    if (
        len(transfer.id) == 16
        and type(transfer.amount) is int
        and 0 < transfer.amount <= MAX_AMOUNT
        and transfer.debit != transfer.credit
        and len(transfer.note) <= MAX_NOTE
        and transfer.note.isascii()
        and transfer.kind is Kind.POSTED
        and not transfer.pending
        and transfer.expires is None
    ):
        return
    _check_all(transfer)


def _check_all(transfer: Transfer) -> None:
    resolving = transfer.kind in {Kind.POST, Kind.VOID, Kind.EXPIRE}
    least = 0 if transfer.kind in {Kind.VOID, Kind.EXPIRE} else 1
    _demand(isinstance(transfer.kind, Kind), "its kind is a Kind")
    _demand(len(transfer.id) == 16, "its id has 16 bytes")
    _demand(type(transfer.amount) is int, "its amount is a whole number")
    _demand(least <= transfer.amount <= MAX_AMOUNT, "its amount is positive and has 63 bits at most")
    _demand(transfer.debit != transfer.credit, "it moves between two accounts")
    _demand(len(transfer.note) <= MAX_NOTE, f"its note has at most {MAX_NOTE} characters")
    transfer.note.encode()  # UnicodeEncodeError is a ValueError
    _demand(
        len(transfer.pending) == (16 if resolving else 0), "it names the pending transfer that it resolves"
    )
    _demand(transfer.expires is None or transfer.kind is Kind.PENDING, "only a pending one expires")
    _demand(transfer.expires is None or transfer.expires.tzinfo is not None, "its expiry has a time zone")


def _demand(holds: bool, rule: str) -> None:  # noqa: FBT001 - a statement and its words
    if not holds:
        raise ValueError(f"a ledger cannot carry out this transfer: {rule}")
