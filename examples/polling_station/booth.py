"""The pages of a voting device: card, ballot, audit or cast, receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from device import Device, Sealed
from forms import choices, names, shown
from look import HEADERS, fields, lang_of, number, page, say
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import smartid
from smartid.identity.persian import to_latin_digits
from smartid.services.journal.qr import svg
from smartid.services.journal.words import time_words
from smartid.services.voting.receipts import BallotReceipt
from smartid.services.words import why

TITLE = ("برگهٔ رأی", "Your ballot")
HISTORY = ("برگه‌هایی که به نام من داده شد", "Ballots cast in my name")
WRONG = ("یکی از پرسش‌ها درست پر نشده است.", "One of the questions is not filled in correctly.")
UNKNOWN = ("این کارت شناخته نیست.", "This card is not known.")


async def cards(request: Request) -> Response:
    """Ask whose card is in the reader."""
    device, lang = _device(request), lang_of(request)
    return page(
        request,
        "cards",
        TITLE,
        cards=list(device.voters.values()),
        open=await run_in_threadpool(device.line.open),
        closed=say(lang, "این‌جا اکنون رأی گرفته نمی‌شود.", "No ballots are taken here now."),
        problem="",
    )


async def ballot(request: Request) -> Response:
    """The empty ballot."""
    card = request.query_params.get("card", "")
    if card not in _device(request).voters:
        return sorry(request, say(lang_of(request), *UNKNOWN), 404)
    return _form(request, card, [])


async def seal(request: Request) -> Response:
    """Encrypt the ballot, show its tracker, and ask whether it is cast or opened."""
    found, lang = await fields(request), lang_of(request)
    device, card = _device(request), dict(found).get("card", "")
    if card not in device.voters:
        return sorry(request, say(lang, *UNKNOWN), 404)
    chosen = choices(device.line.election, found)
    if chosen is None:
        return _form(request, card, found, say(lang, *WRONG))
    nonce, sealed = await run_in_threadpool(device.seal, card, chosen, lang)
    return _sealed(request, nonce, sealed)


async def cast(request: Request) -> Response:
    """Let the card sign and cast the ballot."""
    form, device = dict(await fields(request)), _device(request)
    nonce = form.get("nonce", "")
    try:
        pin = smartid.PIN(to_latin_digits(form.get("pin", "")))
        receipt = await run_in_threadpool(device.cast, nonce, pin)
    except (smartid.CardError, smartid.PINFormatError) as error:
        return _sealed(request, nonce, device.waiting(nonce), why(error, lang_of(request)))
    return receipt_page(request, receipt)


async def audit(request: Request) -> Response:
    """Open the ballot and throw it away."""
    form, device, lang = dict(await fields(request)), _device(request), lang_of(request)
    nonce = form.get("nonce", "")
    sealed = await run_in_threadpool(device.audit, nonce)
    return page(
        request,
        "opened",
        ("برگهٔ گشوده", "Opened ballot"),
        nonce=nonce,
        tracker=sealed.made.tracker,
        card=sealed.voter.label,
        questions=names(device.line.election, sealed.choices, lang),
    )


async def opened(request: Request) -> Response:
    """The file of an opened ballot."""
    found = _device(request).opened(request.path_params["nonce"])
    if found is None:
        return Response(status_code=404, headers=HEADERS)
    disposition = {"content-disposition": 'attachment; filename="opened-ballot.json"'}
    return Response(found, media_type="application/json", headers={**HEADERS, **disposition})


async def history(request: Request) -> Response:
    """Ask for the PIN, to ask which ballots were cast in the holder's name."""
    card = request.query_params.get("card", "")
    if card not in _device(request).voters:
        return sorry(request, say(lang_of(request), *UNKNOWN), 404)
    return page(request, "history", HISTORY, card=card, ballots=None, problem="")


async def ask_history(request: Request) -> Response:
    """Show which ballots were cast in the holder's name, and when."""
    form, device, lang = dict(await fields(request)), _device(request), lang_of(request)
    card = form.get("card", "")
    if card not in device.voters:
        return sorry(request, say(lang, *UNKNOWN), 404)
    try:
        pin = smartid.PIN(to_latin_digits(form.get("pin", "")))
        found = await run_in_threadpool(device.history, card, pin, datetime.now(UTC), lang)
    except (smartid.CardError, smartid.PINFormatError) as error:
        problem = why(error, lang)
        return page(request, "history", HISTORY, 400, card=card, ballots=None, problem=problem)
    rows = [(one, say(lang, *time_words(datetime.fromtimestamp(one.time, UTC)))) for one in found]
    return page(request, "history", HISTORY, card=card, ballots=rows, problem="")


def receipt_page(request: Request, receipt: BallotReceipt) -> Response:
    """Show a receipt."""
    return page(
        request,
        "receipt",
        ("رسید", "Receipt"),
        rows=receipt_rows(receipt, lang_of(request)),
        qr=Markup(svg(receipt.qr, scale=3)),
        text=receipt.qr,
    )


def receipt_rows(receipt: BallotReceipt, lang: str) -> list[tuple[str, str]]:
    """What a person reads on a receipt."""
    time, entry = datetime.fromtimestamp(receipt.time, UTC), number(receipt.acceptance.number, lang)
    return [
        (say(lang, "کد رهگیری", "Tracker"), receipt.tracker),
        (say(lang, "برگهٔ چندم شما", "Which ballot of yours"), number(receipt.sequence, lang)),
        (say(lang, "ارتفاع روی تابلو", "Height on the board"), number(receipt.height, lang)),
        (say(lang, "زمان", "Time"), say(lang, *time_words(time))),
        (say(lang, "شماره در دفتر پذیرش مستقل", "Number in the independent acceptance log"), entry),
    ]


def sorry(request: Request, words: str, status: int = 409, to: str = "") -> Response:
    """Say why something was not done."""
    return page(request, "sorry", TITLE, status, why=words, back=to or f"{request.app.state.base}/")


def _form(request: Request, card: str, found: Sequence[tuple[str, str]], problem: str = "") -> Response:
    lang, election = lang_of(request), _device(request).line.election
    chosen = {(int(name[1:]), value) for name, value in found if name[:1] == "q" and name[1:].isdecimal()}
    questions = shown(election, lang)
    status = 400 if problem else 200
    return page(
        request, "ballot", TITLE, status, card=card, questions=questions, chosen=chosen, problem=problem
    )


def _sealed(request: Request, nonce: str, sealed: Sealed, problem: str = "") -> Response:
    values: dict[str, Any] = {"nonce": nonce, "tracker": sealed.made.tracker, "sentence": sealed.sentence}
    values["qr"] = Markup(svg(sealed.made.tracker, scale=4))
    return page(
        request,
        "sealed",
        ("به صندوق می‌اندازید یا می‌گشایید؟", "Cast it, or open it?"),
        400 if problem else 200,
        problem=problem,
        **values,
    )


def _device(request: Request) -> Device:
    found: Device = request.app.state.device
    return found


def booth_routes(base: str) -> list[Route]:
    """The routes of a voting device below an address."""
    return [
        Route(f"{base}/", cards),
        Route(f"{base}/ballot", ballot),
        Route(f"{base}/seal", seal, methods=["POST"]),
        Route(f"{base}/cast", cast, methods=["POST"]),
        Route(f"{base}/audit", audit, methods=["POST"]),
        Route(f"{base}/history", history),
        Route(f"{base}/history", ask_history, methods=["POST"]),
        Route(f"{base}/opened/{{nonce}}.json", opened),
    ]
