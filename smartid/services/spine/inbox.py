"""The receiver's half of "at least once": each business key is answered once, and then repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.spine.casefile import conflict


class Inbox:
    """Answers that were given, by business key. ``name`` tells apart the inboxes of one book."""

    def __init__(self, book: Book, name: str) -> None:
        self._book = book
        self._kind = f"inbox/{name}"

    def answer(
        self, key: str, body: bytes, work: Callable[[Entry], Mapping[str, Any]]
    ) -> tuple[Mapping[str, Any], bool]:
        """Do the work for a new key in one entry with its answer; give a known key its stored answer.

        Gives the answer and whether it is a repeat.

        Raises Refused (conflict) for a key that came with another body, and what ``work`` raises.
        """
        digest = hashlib.sha256(body).hexdigest()

        def once(entry: Entry) -> tuple[Mapping[str, Any], bool]:
            known = entry.load(self._kind, key)
            if known is None:
                answer = work(entry)
                entry.keep(Record(kind=self._kind, key=key, content={"body": digest, "answer": dict(answer)}))
                return answer, False
            if known.content["body"] != digest:
                raise conflict("A message of this key came before with another content.")
            return known.content["answer"], True

        return self._book.run(once)
