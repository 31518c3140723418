"""The public pages: the board, a search for a tracker, the archive, verification, result, promises."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from board import Facts, PublicBoard
from look import HEADERS, fields, lang_of, number, page, say
from plots import plotted
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from smartid.services.voting.board.order import Stage
from smartid.services.voting.trustees.binding import bindings_of
from smartid.services.voting.verify.checks import Check

STAGES = {
    Stage.SETUP: ("رأی‌گیری باز است؛ هنوز برگه‌ای نیست", "Voting is open; there is no ballot yet"),
    Stage.VOTING: ("رأی‌گیری باز است", "Voting is open"),
    Stage.CLOSED: ("رأی‌گیری پایان یافت", "Voting has ended"),
    Stage.TALLIED: ("مجموع رمزشده روی تابلوست", "The encrypted sum is on the board"),
    Stage.DECRYPTED: ("امینان مجموع را می‌گشایند", "The trustees are opening the sum"),
    Stage.RESULT: ("نتیجه منتشر شد", "The result is published"),
}
COUNTS = {
    "registrations": ("امضاهای ثبت‌نام", "Signatures of registrations"),
    "credentials": ("کلیدهای رأی فهرست", "Credentials on the list"),
    "ballots": ("برگه‌ها", "Ballots"),
    "voters": ("رأی‌دهندگان", "People who voted"),
    "superseded": ("برگه‌هایی که بعدی جایشان را گرفت", "Ballots that a later one replaced"),
    "on_paper": ("رأی‌های کاغذی", "Paper votes"),
    "revoked": ("کلیدهای رأی باطل‌شده با رأی کاغذی", "Credentials revoked by a paper vote"),
    "late": ("برگه‌هایی که دیر به دفتر پذیرش رسید", "Ballots that reached the acceptance log late"),
    "throw_away": ("امضا با کارت آزمایشی", "Signatures of mock cards"),
    "evidence_root": ("ریشهٔ مرکل دفتر مدارک", "Merkle root of the evidence log"),
    "acceptance_root": ("ریشهٔ مرکل دفتر پذیرش", "Merkle root of the acceptance log"),
}


async def board(request: Request) -> Response:
    """What is on the board now."""
    return await _board(request)


async def find(request: Request) -> Response:
    """Look for a tracker."""
    lang, tracker = lang_of(request), request.query_params.get("tracker", "").strip()[:64]
    station = request.app.state.station
    found = await run_in_threadpool(station.whole().find, tracker)
    if found is not None and await run_in_threadpool(station.public.find, tracker) is None:
        words = "این برگه با رأی کاغذی باطل شده است.", "A vote on paper has revoked this ballot."
        told = SimpleNamespace(good=False, text=say(lang, *words))
    elif found is None:
        told = SimpleNamespace(
            good=False, text=say(lang, "چنین برگه‌ای روی تابلو نیست.", "There is no such ballot on the board.")
        )
    else:
        height, last = found
        told = SimpleNamespace(good=last, text=_where(number(height, lang), lang, last=last))
    return await _board(request, tracker=tracker, found=told)


def _where(height: str, lang: str, *, last: bool) -> str:
    if last:
        return say(
            lang,
            f"برگه در ارتفاع {height} تابلوست و آخرین برگهٔ آن کلید رأی است.",
            f"The ballot is on the board at height {height}, and the last one of its credential.",
        )
    return say(
        lang,
        f"برگه در ارتفاع {height} تابلوست، ولی برگهٔ تازه‌تری جایش را گرفته است.",
        f"The ballot is on the board at height {height}, but a later one has replaced it.",
    )


async def archive(request: Request) -> Response:
    """The archive, up to the last whole event: as it is counted, or with every ballot that was accepted."""
    station = request.app.state.station
    public = station.whole() if request.url.path == "/closed.bel" else station.public
    facts = await run_in_threadpool(public.facts)
    name = f"{facts.election.uuid}.bel"
    more = {"content-disposition": f'attachment; filename="{name}"', "content-length": str(facts.size)}
    media = "application/octet-stream"
    return StreamingResponse(public.content(facts.size), media_type=media, headers={**HEADERS, **more})


async def shares(request: Request) -> Response:
    """The second proofs of the trustees' shares, which go with the archive that is counted."""
    public = _public(request)
    place = bindings_of(public.path)
    facts = await run_in_threadpool(public.facts)
    if not place.exists():
        return Response(status_code=404, headers=HEADERS)
    more = {"content-disposition": f'attachment; filename="{facts.election.uuid}.shares"'}
    content = await run_in_threadpool(place.read_bytes)
    return Response(content, media_type="application/octet-stream", headers={**HEADERS, **more})


async def verification(request: Request) -> Response:
    """What the server's own verification found."""
    public = _public(request)
    head = (await run_in_threadpool(public.facts)).head
    run = public.run
    fresh = run.report is None or run.report.head == head
    title = ("وارسی تابلو", "Verify the board")
    return page(request, "verify", title, run=run if fresh else type(run)(), rules=Check)


async def verify(request: Request) -> Response:
    """Begin a verification."""
    await fields(request)
    await run_in_threadpool(_public(request).start)
    return RedirectResponse(f"/verify?lang={lang_of(request)}", 303, headers=HEADERS)


async def progress(request: Request) -> Response:
    """How far it is."""
    run = _public(request).run
    return JSONResponse({"running": run.running, "done": run.done, "total": run.total}, headers=HEADERS)


async def result(request: Request) -> Response:
    """The result as bars and as tables, and what the audit published."""
    lang = lang_of(request)
    facts = await run_in_threadpool(_public(request).facts)
    audit = await run_in_threadpool(_audit, request.app.state.audit_file, lang)
    questions = [
        plotted(question, numbers, lang)
        for question, numbers in zip(facts.election.questions, facts.result or (), strict=False)
    ]
    title = ("نتیجه", "Result")
    return page(request, "result", title, questions=questions, audit=audit, **_numbers(facts))


async def promises(request: Request) -> Response:
    """What is promised, and what is not."""
    return page(request, "promises", ("قول‌ها و مرزها", "Promises and limits"))


async def _board(request: Request, tracker: str = "", found: Any = None) -> Response:
    lang = lang_of(request)
    facts = await run_in_threadpool(_public(request).facts)
    return page(
        request,
        "board",
        (facts.election.name, facts.election.name),
        stage=say(lang, *STAGES[facts.stage]),
        description=facts.election.description,
        uuid=facts.election.uuid,
        fingerprint=facts.election.fingerprint,
        head=facts.head,
        height=facts.height,
        closed=await run_in_threadpool(request.app.state.station.revoked),
        size=f"{facts.size / 1000:,.0f} kB",
        tracker=tracker,
        found=found,
        **_numbers(facts),
    )


def _numbers(facts: Facts) -> dict[str, int]:
    return {"ballots": facts.ballots, "counted": len(facts.owners), "voters": facts.voters}


def _audit(path: Any, lang: str) -> list[tuple[str, str]]:
    """The counts that the audit published, flat; nothing when there was no audit."""
    if not path.exists():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))
    found = found.get("body", found)
    return [
        (say(lang, *COUNTS[name]), number(value, lang) if isinstance(value, int) else str(value))
        for name in COUNTS
        if (value := found.get(name)) is not None
    ]


def _public(request: Request) -> PublicBoard:
    found: PublicBoard = request.app.state.public
    return found


def public_routes() -> list[Route]:
    """The routes that anybody may ask."""
    return [
        Route("/", board),
        Route("/find", find),
        Route("/board.bel", archive),
        Route("/closed.bel", archive),
        Route("/board.shares", shares),
        Route("/verify", verification),
        Route("/verify", verify, methods=["POST"]),
        Route("/verify/progress", progress),
        Route("/result", result),
        Route("/promises", promises),
    ]
