"""A handler as an ASGI 3 application. Nothing but the standard library is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

from smartid.web.http import MAX_BODY, Handler, Request, Response
from smartid.web.mount import below, joined, run

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Message, Receive, Send], Awaitable[None]]


def asgi_app(handler: Handler, *, prefix: str = "") -> ASGIApp:
    """Make an application of ASGI 3.0 that runs a handler in a thread.

    prefix  where the handler is mounted, when no framework takes it off the path: "/auth"

    Bodies over 64 KiB are answered with 413 and not read to their end. HEAD is answered as GET without its
    body. A client that leaves while its body is read is not answered.
    """

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http":
            body = await _body(receive)
            if body is not None:
                response = await asyncio.to_thread(run, handler, _mounted(scope, body), prefix)
                await _answer(scope, response, send)

    return app


def request_of(scope: Message, body: bytes = b"") -> Request:
    """Give the request of a scope with the whole path, for ``CardLogin.person``."""
    client = scope.get("client")
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=joined((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        body=body,
        client=str(client[0]) if client else "",
    )


def _mounted(scope: Message, body: bytes) -> Request:
    """Frameworks leave their own mount in the path and tell it as root_path."""
    request = request_of(scope, body)
    inside = below(request.path, scope.get("root_path", ""))
    return request if inside is None else replace(request, path=inside)


async def _body(receive: Receive) -> bytes | None:
    """Read up to one byte more than a body may have; None when the client left."""
    parts, size, more = [], 0, True
    while more and size <= MAX_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
    return b"".join(parts)


async def _answer(scope: Message, response: Response, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    headers.append((b"content-length", str(len(response.body)).encode()))
    body = b"" if scope["method"] == "HEAD" else response.body
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    """Take part in the server's start and stop. There is nothing to do in either."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
