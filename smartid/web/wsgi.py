"""A handler as a WSGI application. Nothing but the standard library is needed."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from smartid.web.http import MAX_BODY, Handler, Request
from smartid.web.mount import joined, run

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

_MAX_DIGITS = 18


def wsgi_app(handler: Handler, *, prefix: str = "") -> WSGIApplication:
    """Make an application of PEP 3333 that runs a handler.

    prefix  where the handler is mounted, when nothing before it takes that off the path: "/auth"

    Bodies over 64 KiB are answered with 413 and not read to their end. HEAD is answered as GET without its
    body.
    """

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        response = run(handler, request_of(environ, body=_body(environ)), prefix)
        length = ("content-length", str(len(response.body)))
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        start_response(status, [*response.headers, length])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]

    return app


def request_of(environ: dict[str, Any], *, body: bytes = b"") -> Request:
    """Give the request of an environment, its path below SCRIPT_NAME."""
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-"), str(value))
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    ]
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace") or "/",
        query=environ.get("QUERY_STRING", ""),
        headers=joined(headers),
        body=body,
        client=environ.get("REMOTE_ADDR", ""),
    )


def _body(environ: dict[str, Any]) -> bytes:
    """Read up to one byte more than a body may have. Without a length, only servers that mark the end are read."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and len(length) <= _MAX_DIGITS:
        wanted = min(int(length), MAX_BODY + 1)
    else:
        wanted = MAX_BODY + 1 if length or environ.get("wsgi.input_terminated") else 0
    data: bytes = environ["wsgi.input"].read(wanted) if wanted else b""
    return data
