"""Serve a site to this computer alone: for examples and prototypes, never for the open network."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from smartid.errors import ExtraMissing

HOST = "127.0.0.1"


def serve(
    application: Callable[..., Awaitable[Any]],
    port: int,
    *,
    tls: Path | None = None,
    lifespan: bool = True,
    beside: Callable[[], Awaitable[Any]] | None = None,
) -> None:
    """Serve an ASGI application on 127.0.0.1 until Ctrl-C or SIGTERM; then come back without a word.

    tls       folder with ``server.pem`` and ``server.key``, as ``smartid mock tls`` writes them
    lifespan  the application wants to be told of start and end (ASGI 3.0, lifespan)
    beside    work that goes on in the same loop while the site is served, and is cancelled with it

    Raises ExtraMissing without granian.
    """
    asyncio.run(_serve(_server(application, port, tls, lifespan=lifespan), beside))


def _server(application: Any, port: int, tls: Path | None, *, lifespan: bool) -> Any:
    try:
        from granian.constants import Interfaces  # noqa: PLC0415
        from granian.log import LogLevels  # noqa: PLC0415
        from granian.server.embed import Server  # noqa: PLC0415
    except ImportError as error:
        raise ExtraMissing("services", "Serving a site") from error

    return Server(
        application,
        address=HOST,
        port=port,
        interface=Interfaces.ASGI if lifespan else Interfaces.ASGINL,
        log_level=LogLevels.error,
        ssl_cert=tls / "server.pem" if tls else None,
        ssl_key=tls / "server.key" if tls else None,
    )


async def _serve(server: Any, beside: Callable[[], Awaitable[Any]] | None) -> None:
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, server.stop)
    work = asyncio.ensure_future(beside()) if beside else None
    try:
        await server.serve()
    finally:
        if work is not None:
            work.cancel()
