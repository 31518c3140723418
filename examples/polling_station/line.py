"""The line to voters' own computers: JSON over HTTP, in which no ballot is ever in clear.

GET  /api/election     the election record, its bytes
GET  /api/state        {"open", "register_version", "height", "head"}
GET  /api/events?from= the events from a height on: each names the SHA-256 of the one before
GET  /api/keys         the public keys of collector and acceptance log, PEM
POST /api/ballots      {"ballot", "statement", "signature"} -> a receipt; again, the same one
POST /api/history      {"statement", "signature"} -> the ballots cast in the signer's name

What is refused comes with status 409 and {"reason"}; what cannot be told now with 503.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from look import HEADERS
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from station import Station

from smartid import GatewayUnavailable, Refused, StoreUnavailable
from smartid.services.voting.board.board import Board

MAX_BODY = 3 << 20
MAX_EVENTS = 1000
ORDER = ("parent", "height", "type", "payload")


async def election(request: Request) -> Response:
    """The election record."""
    return Response(_station(request).election.raw, media_type="application/json", headers=HEADERS)


async def state(request: Request) -> Response:
    """What a voter's computer needs to know before it makes a ballot."""
    station = _station(request)
    facts = await run_in_threadpool(station.public.facts)
    going = await run_in_threadpool(station.open)
    told = {"open": going, "register_version": station.register_version}
    return JSONResponse({**told, "height": facts.height, "head": facts.head}, headers=HEADERS)


async def events(request: Request) -> Response:
    """Events from a height on, at most a thousand."""
    text = request.query_params.get("from", "")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        return JSONResponse({"reason": "invalid_request"}, 400, headers=HEADERS)
    path = _station(request).folder.whole_board()
    found = await run_in_threadpool(_events, path, int(text))
    return JSONResponse({"events": found}, headers=HEADERS)


def _events(path: Path, start: int) -> list[dict[str, Any]]:
    with Board.open(path) as board:
        listed = (event for event, _ in board.events() if start <= event.height < start + MAX_EVENTS)
        return [{name: value for name in ORDER if (value := getattr(event, name)) != ""} for event in listed]


async def keys(request: Request) -> Response:
    """Who signs receipts."""
    folder = _station(request).folder.keys
    names = ("collector", "acceptance")
    found = {name: (folder / f"{name}.pem").read_text(encoding="ascii") for name in names}
    return JSONResponse(found, headers=HEADERS)


async def ballots(request: Request) -> Response:
    """Take a ballot."""

    def cast(found: dict[str, bytes]) -> Any:
        parts = found["ballot"], found["statement"], _signature(found)
        return _station(request).cast(*parts).as_dict()

    return await _answer(request, {"ballot", "statement", "signature"}, cast)


async def history(request: Request) -> Response:
    """Tell which ballots were cast in somebody's name."""

    def listed(found: dict[str, bytes]) -> Any:
        told = _station(request).history(found["statement"], _signature(found))
        return {"ballots": [asdict(one) for one in told]}

    return await _answer(request, {"statement", "signature"}, listed)


async def _answer(request: Request, names: set[str], deed: Callable[[dict[str, bytes]], Any]) -> Response:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return JSONResponse({"reason": "invalid_request"}, 413, headers=HEADERS)
    found = _members(body, names)
    if found is None:
        return JSONResponse({"reason": "invalid_request"}, 400, headers=HEADERS)
    try:
        return JSONResponse(await run_in_threadpool(deed, found), headers=HEADERS)
    except Refused as refusal:
        return JSONResponse({"reason": refusal.reason}, 409, headers=HEADERS)
    except (GatewayUnavailable, StoreUnavailable):
        return JSONResponse({"reason": "peer_timeout"}, 503, headers=HEADERS)


def _members(body: bytes, names: set[str]) -> dict[str, bytes] | None:
    """Read a request: an object with these members, all of them texts; None for anything else."""
    try:
        found = json.loads(body)
        if not isinstance(found, dict) or found.keys() != names:
            return None
        return {name: value.encode() for name, value in found.items()}
    except (ValueError, RecursionError, AttributeError):
        return None


def _signature(found: dict[str, bytes]) -> bytes:
    try:
        return base64.b64decode(found["signature"], validate=True)
    except (binascii.Error, ValueError):
        raise Refused("No base64.", reason="invalid_request") from None


def _station(request: Request) -> Station:
    found: Station = request.app.state.station
    return found


def line_routes() -> list[Route]:
    """The routes of the line."""
    return [
        Route("/api/election", election),
        Route("/api/state", state),
        Route("/api/events", events),
        Route("/api/keys", keys),
        Route("/api/ballots", ballots, methods=["POST"]),
        Route("/api/history", history, methods=["POST"]),
    ]
