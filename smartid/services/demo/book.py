"""A book whose commits are seams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from smartid.services.demo.crash import Crashes
from smartid.services.ledger.book import Book, Entry
from smartid.services.ledger.values import Outcome, Posting

T = TypeVar("T")


class CrashingBook:
    """A book with a seam before and after each commit; everything else is the book's own."""

    def __init__(self, book: Book, crashes: Crashes) -> None:
        self._book = book
        self._crashes = crashes

    def run(self, work: Callable[[Entry], T]) -> T:
        """As ``Book.run``, between two seams."""
        return self._crashes.around("commit", self._book.run)(work)

    def post(self, postings: Sequence[Posting]) -> list[Outcome]:
        """As ``Book.post``, between two seams."""
        return self._crashes.around("commit", self._book.post)(postings)

    def submit(self, posting: Posting) -> Future[Outcome]:
        """As ``Book.submit``, between two seams."""
        return self._crashes.around("submit", self._book.submit)(posting)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)


def crashing(book: Book, crashes: Crashes) -> Book:
    """Give the book with seams."""
    found: Any = CrashingBook(book, crashes)
    return found  # type: ignore[no-any-return]
