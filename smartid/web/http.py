"""One request and one response, as values. The glue of each framework turns its own into these and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

MAX_BODY = 64 << 10
"""Longest body that is read, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a handler sees of a request.

    path     below the place where the handler is mounted, with its first slash: "/challenge"
    query    as it came, without the question mark
    headers  names in lower case; of a name that came twice the values are joined with ", "
    client   address of the other end, for rate limits; empty when it is not known
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    client: str = ""

    def cookie(self, name: str) -> str | None:
        """Give the value of a cookie, the first of that name, None without one.

        Pairs are taken one by one (RFC 6265 (2011), 5.4): what another site of the same domain planted
        beside ours cannot hide it. Only spaces and tabs stand around them: a browser guards the prefix
        ``__Host-``, but not the same name behind a character that other alphabets call a space.
        """
        for pair in self.headers.get("cookie", "").split(";"):
            found, mark, value = pair.strip(" \t").partition("=")
            if mark and found == name:
                return value.strip('"')
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a handler answers. Handlers are plain functions; ASGI glue runs them in a thread."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def json(cls, value: Any, status: int = 200) -> Response:
        """Answer with JSON that nobody may keep."""
        body = json.dumps(value, ensure_ascii=False).encode()
        return cls(status=status, body=body, headers=(("content-type", "application/json"), NO_STORE))

    @classmethod
    def html(cls, text: str, status: int = 200) -> Response:
        """Answer with a page that nobody may keep."""
        return cls(
            status=status,
            body=text.encode(),
            headers=(("content-type", "text/html; charset=utf-8"), NO_STORE),
        )

    @classmethod
    def redirect(cls, address: str, status: int = 303) -> Response:
        """Send the browser elsewhere, with GET."""
        return cls(status=status, headers=(("location", address), NO_STORE))

    def having(self, *headers: tuple[str, str]) -> Response:
        """Give the same answer with more headers."""
        return replace(self, headers=(*self.headers, *headers))


NO_STORE = ("cache-control", "no-store")

Handler = Callable[[Request], Response]
