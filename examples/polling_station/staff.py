"""The page of the people who run the station: counts, pause, end, count. No names."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from look import fields, lang_of, page, say
from public import STAGES
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from station import Station

from smartid import SmartIDError
from smartid.identity.persian import to_latin_digits
from smartid.services.voting.board.order import Stage
from smartid.services.words import why

TITLE = ("کارکنان", "Staff")


async def staff(request: Request) -> Response:
    """Counts and buttons, for who has the key of the page."""
    return await _page(request, request.query_params.get("key", ""))


async def act(request: Request) -> Response:
    """Pause, resume, end the vote, or count."""
    form = dict(await fields(request))
    station, key = _station(request), form.get("key", "")
    if not _allowed(request, key):
        return Response(status_code=403)
    deeds: dict[str, Callable[[], None]] = {
        "pause": lambda: setattr(station, "paused", True),
        "resume": lambda: setattr(station, "paused", False),
        "paper": lambda: station.paper(to_latin_digits(form.get("person", ""))),
        "close": station.close,
        "count": station.count,
    }
    deed = request.path_params["deed"]
    if deed not in deeds or (deed == "close" and form.get("sure") != "yes"):
        return Response(status_code=400)
    try:
        await run_in_threadpool(deeds[deed])
    except SmartIDError as error:
        return await _page(request, key, why(error, lang_of(request)), 409)
    return RedirectResponse(f"/staff?lang={lang_of(request)}&key={key}", 303)


async def _page(request: Request, key: str, problem: str = "", status: int = 200) -> Response:
    if not _allowed(request, key):
        return Response(status_code=403)
    station, lang = _station(request), lang_of(request)
    facts = await run_in_threadpool(station.public.facts)
    going = facts.stage in (Stage.SETUP, Stage.VOTING)
    paused = say(lang, "این ایستگاه درنگ کرده است", "This station has paused")
    return page(
        request,
        "staff",
        TITLE,
        status,
        key=key,
        problem=problem,
        stage=paused if going and station.paused else say(lang, *STAGES[facts.stage]),
        rows=[
            (say(lang, "کلیدهای رأی فهرست", "Credentials on the list"), facts.voters),
            (say(lang, "برگه‌ها روی تابلو", "Ballots on the board"), facts.ballots),
            (say(lang, "رأی‌دهندگان الکترونیکی", "People who voted electronically"), len(facts.owners)),
        ],
        paused=station.paused,
        pausable=going,
        countable=not going and facts.stage is not Stage.RESULT,
    )


def _allowed(request: Request, key: str) -> bool:
    return secrets.compare_digest(key.encode(), request.app.state.key.encode())


def _station(request: Request) -> Station:
    found: Station = request.app.state.station
    return found


def staff_routes() -> list[Route]:
    """The routes of the staff."""
    return [Route("/staff", staff), Route("/staff/{deed}", act, methods=["POST"])]
