"""A handler as a WSGI application. Nothing but the standard library is needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from smartid.web.http import MAX_BODY, Handler, Request
from smartid.web.mount import below, joined, run

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
        request = replace(request_of(environ), path=_path(environ), body=_body(environ))
        response = run(handler, request, prefix)
        length = ("content-length", str(len(response.body)))
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        start_response(status, [*response.headers, length])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]

    return app


def mounted(app: WSGIApplication, handler: Handler, prefix: str) -> WSGIApplication:
    """Make an application that runs a handler under ``prefix`` and another application everywhere else."""
    inside = wsgi_app(handler, prefix=prefix)

    def both(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        chosen = app if below(_path(environ), prefix) is None else inside
        return chosen(environ, start_response)

    return both


def request_of(environ: dict[str, Any]) -> Request:
    """Give the request of an environment for ``CardLogin.person``: the whole path, no body."""
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-"), str(value))
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    ]
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("SCRIPT_NAME", "") + _path(environ),
        query=environ.get("QUERY_STRING", ""),
        headers=joined(headers),
        client=environ.get("REMOTE_ADDR", ""),
    )


def _path(environ: dict[str, Any]) -> str:
    path: str = environ.get("PATH_INFO", "")
    return path.encode("latin-1").decode("utf-8", "replace") or "/"


def _body(environ: dict[str, Any]) -> bytes:
    """Read up to one byte more than a body may have; without a length, only if the server marks the end."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and len(length) <= _MAX_DIGITS:
        wanted = min(int(length), MAX_BODY + 1)
    else:
        wanted = MAX_BODY + 1 if length or environ.get("wsgi.input_terminated") else 0
    data: bytes = environ["wsgi.input"].read(wanted) if wanted else b""
    return data
