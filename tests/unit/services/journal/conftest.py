"""A journal on a book in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from smartid.services.journal.journal import Journal
from smartid.services.ledger import open_book
from smartid.services.ledger.book import Book
from smartid.services.spine.states import State
from smartid.services.spine.values import Receipt

NOON = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
Pay = Callable[..., Receipt]


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_book(f"sqlite:///{tmp_path / 'book.db'}") as book:
        yield book


@pytest.fixture
def journal(book: Book) -> Journal:
    return Journal(book, Ed25519PrivateKey.generate(), clock=lambda: NOON)


@pytest.fixture
def pay(book: Book, journal: Journal) -> Pay:
    def pay(amount: int = 50_000, *, state: State = State.COMPLETED, **details: str | int) -> Receipt:
        return book.run(
            lambda entry: journal.write(
                entry,
                service="purse",
                verb="pay",
                state=state,
                amount=amount,
                unit="IRR",
                payee="فروشگاه ۱۲",
                case="7f3a" * 8,
                details=details,
            )
        )

    return pay
