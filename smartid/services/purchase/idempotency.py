"""Requests that are carried out once, however often they are sent.

The header ``Idempotency-Key`` of draft-ietf-httpapi-idempotency-key-header: a missing key is answered with
400, one whose first request still runs with 409, one that came with another request with 422. What was
answered is kept and answered again, marked ``Idempotency-Replayed: true``; answers that tell nothing final
(409, 5xx) are not kept. What is below is idempotent by itself, so a forgotten key does no harm either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.purchase.problems import answer
from smartid.services.reasons import Reason
from smartid.web.http import Request, Response

KIND = "purchase/request"
HEADER = "idempotency-key"
LEASE = timedelta(seconds=60)
MAX_KEY = 128
_REPLAYED = ("idempotency-replayed", "true")


class Requests:
    """Remembers requests and what was answered to them."""

    def __init__(self, book: Book, clock: Callable[[], datetime]) -> None:
        self._book = book
        self._clock = clock

    def once(self, payee: str, request: Request, work: Callable[[str], Response]) -> Response:
        """Carry out a request under its key, which ``work`` is given, or say what was answered to it."""
        key = read_key(request.headers.get(HEADER, ""))
        if not key:
            return answer(
                400,
                Reason.INVALID_REQUEST,
                f"The header Idempotency-Key is needed: 1 to {MAX_KEY} characters.",
            )
        name = hashlib.sha256(f"{payee}\n{key}".encode()).hexdigest()
        mark = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
        known = self._book.run(lambda entry: self._begin(entry, name, mark))
        if known is not None:
            return known
        try:
            response = work(key)
        except BaseException:
            self._book.run(lambda entry: entry.forget(KIND, name))
            raise
        self._book.run(lambda entry: self._end(entry, name, mark, response))
        return response

    def _begin(self, entry: Entry, name: str, mark: str) -> Response | None:
        now = int(self._clock().timestamp())
        found = entry.load(KIND, name)
        if found is not None and found.content["request"] != mark:
            return answer(422, Reason.CONFLICT, "This Idempotency-Key came with another request.")
        if found is not None and found.state == "answered":
            return _read(found.content)
        if found is not None and now < found.due:
            return answer(409, Reason.IN_PROGRESS, "The first request with this key is still running.")
        due = now + int(LEASE.total_seconds())
        entry.keep(Record(kind=KIND, key=name, state="running", due=due, content={"request": mark}))
        return None

    @staticmethod
    def _end(entry: Entry, name: str, mark: str, response: Response) -> None:
        if response.status == 409 or response.status >= 500:
            entry.forget(KIND, name)
            return
        content = {
            "request": mark,
            "status": response.status,
            "body": response.body.decode(),
            "headers": [list(header) for header in response.headers],
        }
        entry.keep(Record(kind=KIND, key=name, state="answered", content=content))


def read_key(header: str) -> str:
    """Read a key: a string of RFC 9651 (2024) in quotation marks, or its bare characters. Else empty."""
    text = header.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    plain = text.isascii() and text.isprintable() and not {'"', "\\", ","} & set(text)
    return text if plain and len(text) <= MAX_KEY else ""


def _read(content: Any) -> Response:
    headers = tuple((name, value) for name, value in content["headers"])
    found = Response(status=content["status"], body=content["body"].encode(), headers=headers)
    return found.having(_REPLAYED)
