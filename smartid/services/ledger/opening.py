"""Open the book at an address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from smartid.services.ledger.group_commit import GroupBook
    from smartid.services.ledger.tables import Tables


def utc_now() -> datetime:
    """Give the time."""
    return datetime.now(UTC)


def open_book(url: str, *, clock: Callable[[], datetime] = utc_now) -> GroupBook:
    """Open a book, and make its tables when they are missing.

    ``sqlite:///relative/path``, ``sqlite:////absolute/path``, or ``postgresql://…`` as libpq reads it.
    The clock dates the blocks and tells whether a pending transfer may be expired; it gives aware datetimes.

    Raises ValueError for another kind of address, StoreUnavailable when the database gives no answer, and
    ExtraMissing when PostgreSQL's driver is not installed.
    """
    from smartid.services.ledger.group_commit import GroupBook  # noqa: PLC0415 - only who opens one pays

    return GroupBook(_tables(url), clock)


def _tables(url: str) -> Tables:
    scheme, _, rest = url.partition(":///")
    if scheme == "sqlite" and rest:
        from smartid.services.ledger.sqlite_tables import SQLiteTables  # noqa: PLC0415 - one database of two

        return SQLiteTables(Path(unquote(rest)))
    if urlsplit(url).scheme in {"postgresql", "postgres"}:
        from smartid.services.ledger.postgresql_tables import PostgreSQLTables  # noqa: PLC0415 - the other one

        return PostgreSQLTables(url)
    raise ValueError("the address of a book begins with sqlite:/// or postgresql://")
