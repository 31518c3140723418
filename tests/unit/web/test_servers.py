"""The raw sides of ASGI and WSGI: what servers do that browsers do not show."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterable
from typing import Any
from wsgiref.validate import validator

import pytest

from smartid.web.asgi import asgi_app
from smartid.web.http import MAX_BODY, Request, Response
from smartid.web.wsgi import wsgi_app

SCOPE = {"type": "http", "method": "POST", "path": "/auth/x", "query_string": b"a=1", "headers": []}


class Echo:
    """A handler that remembers its requests."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return Response.json({"path": request.path}).having(("x-a", "1"), ("x-a", "2"))


def asgi(app: Any, scope: dict[str, Any], messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Play a server; one that wants more messages than there are would wait for ever, so it fails."""
    coming, sent = iter(messages), []

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: Any) -> None:
        sent.append(dict(message))

    asyncio.run(app({**SCOPE, **scope}, receive, send))
    return sent


def body(*parts: bytes) -> list[dict[str, Any]]:
    last = len(parts) - 1
    return [
        {"type": "http.request", "body": part, "more_body": number < last}
        for number, part in enumerate(parts)
    ]


def test_asgi_joins_the_parts_of_a_body() -> None:
    echo = Echo()
    start, end = asgi(asgi_app(echo, prefix="/auth"), {"client": ("192.0.2.1", 5)}, body(b"a", b"", b"b"))
    assert echo.requests == [
        Request(method="POST", path="/x", query="a=1", headers={}, body=b"ab", client="192.0.2.1")
    ]
    assert start["status"] == 200
    assert [value for name, value in start["headers"] if name == b"x-a"] == [b"1", b"2"]
    assert json.loads(end["body"]) == {"path": "/x"}


def test_asgi_joins_headers_that_come_twice() -> None:
    echo = Echo()
    headers = [(b"Cookie", b"a=1"), (b"cookie", b"b=2"), (b"origin", b"x"), (b"origin", b"y")]
    asgi(asgi_app(echo), {"headers": headers}, body(b""))
    assert echo.requests[0].headers == {"cookie": "a=1; b=2", "origin": "x, y"}


def test_asgi_does_not_answer_who_has_left() -> None:
    echo = Echo()
    messages = [*body(b"a", b"b")[:1], {"type": "http.disconnect"}]
    assert asgi(asgi_app(echo), {}, messages) == []
    assert echo.requests == []


def test_asgi_stops_reading_a_long_body() -> None:
    echo = Echo()

    def flood() -> Iterable[dict[str, Any]]:
        for number in range(64):
            assert number <= MAX_BODY // 4096, "read on after the limit"
            yield {"type": "http.request", "body": b" " * 4096, "more_body": True}

    start, _ = asgi(asgi_app(echo), {}, flood())
    assert (start["status"], echo.requests) == (413, [])


def test_asgi_takes_the_framework_mount_off_the_path() -> None:
    echo = Echo()
    asgi(asgi_app(echo), {"root_path": "/auth"}, body(b""))
    asgi(asgi_app(echo), {"root_path": "/other"}, body(b""))
    assert [request.path for request in echo.requests] == ["/x", "/auth/x"]


@pytest.mark.parametrize("path", ["/", "/authority/x", "/x"])
def test_asgi_knows_nothing_outside_of_its_prefix(path: str) -> None:
    start, _ = asgi(asgi_app(Echo(), prefix="/auth"), {"path": path}, body(b""))
    assert start["status"] == 404


def test_asgi_lives_and_dies_with_its_server() -> None:
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = asgi(asgi_app(Echo()), {"type": "lifespan"}, messages)
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_asgi_takes_no_websocket() -> None:
    sent = asgi(asgi_app(Echo()), {"type": "websocket"}, [{"type": "websocket.connect"}])
    assert sent == [{"type": "websocket.close", "code": 1000}]


def wsgi(app: Any, **environ: Any) -> tuple[str, list[tuple[str, str]], bytes]:
    """Play a server that looks at every rule of PEP 3333."""
    started: list[Any] = []
    whole = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/auth/x",
        "QUERY_STRING": "a=1",
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(b"ab"),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **environ,
    }
    answer = validator(app)(whole, lambda *given: started.extend(given) or (lambda _: None))
    try:
        return started[0], started[1], b"".join(answer)
    finally:
        answer.close()


def test_wsgi_gives_the_request_below_its_prefix() -> None:
    echo = Echo()
    status, headers, content = wsgi(
        wsgi_app(echo, prefix="/auth"), CONTENT_LENGTH="2", CONTENT_TYPE="text/plain", HTTP_X_CSRF_TOKEN="t"
    )
    headers_in = {"content-length": "2", "content-type": "text/plain", "x-csrf-token": "t"}
    assert echo.requests == [
        Request(method="POST", path="/x", query="a=1", headers=headers_in, body=b"ab", client="192.0.2.1")
    ]
    assert status == "200 OK"
    assert [value for name, value in headers if name == "x-a"] == ["1", "2"]
    assert json.loads(content) == {"path": "/x"}


@pytest.mark.parametrize(
    ("environ", "read"),
    [
        ({"CONTENT_LENGTH": "1"}, b"a"),
        ({"CONTENT_LENGTH": "0"}, b""),
        ({}, b""),
        ({"wsgi.input_terminated": True}, b"ab"),
    ],
)
def test_wsgi_reads_no_further_than_it_may(environ: dict[str, Any], read: bytes) -> None:
    echo = Echo()
    wsgi(wsgi_app(echo), **environ)
    assert echo.requests[0].body == read


def test_wsgi_refuses_a_long_body_unread() -> None:
    source, echo = io.BytesIO(b" " * (4 * MAX_BODY)), Echo()
    status, _, _ = wsgi(wsgi_app(echo), **{"CONTENT_LENGTH": str(4 * MAX_BODY), "wsgi.input": source})
    assert (status[:3], echo.requests, source.tell()) == ("413", [], MAX_BODY + 1)


def test_wsgi_reads_paths_as_utf_8() -> None:
    echo = Echo()
    wsgi(wsgi_app(echo), PATH_INFO="/ا".encode().decode("latin-1"))
    wsgi(wsgi_app(echo), PATH_INFO="/\xff")
    assert [request.path for request in echo.requests] == ["/ا", "/\ufffd"]
