"""Where the issuer's module keeps its state: in the book, with everything else."""

from __future__ import annotations

from smartid.services.ledger.book import Book, Record

KIND = "purse/module"


class BookStore:
    """Keeps the state of a module under its name. What ``save`` was given lasts when it returns."""

    def __init__(self, book: Book, name: str) -> None:
        self._book = book
        self._name = name

    def load(self) -> bytes | None:
        """Give what was saved last."""
        record = self._book.run(lambda entry: entry.load(KIND, self._name))
        return None if record is None else str(record.content["state"]).encode()

    def save(self, data: bytes) -> None:
        """Keep it."""
        record = Record(kind=KIND, key=self._name, content={"state": data.decode()})
        self._book.run(lambda entry: entry.keep(record))
