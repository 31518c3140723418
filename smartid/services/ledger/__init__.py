"""Double entry in whole units: accounts that cannot be overdrawn, entries that cannot be changed."""

from smartid.services.ledger.opening import open_book

__all__ = ["open_book"]
