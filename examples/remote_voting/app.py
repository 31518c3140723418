"""Vote from one's own computer: card, credential and encryption are here, the ballot box is elsewhere.

python examples/polling_station/app.py --demo --folder polls
python examples/remote_voting/app.py --voter polls/voters/sara --keep mine
(then open http://127.0.0.1:8491. --voter names two files: NAME.card, a mock card, and NAME.credential.)

What goes over the line is the encrypted ballot, a signed statement and the card's signature. The receipt
stays in the folder of --keep. So does a ballot whose answer was lost, until the same bytes got their receipt.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "polling_station"))  # the voting device and its pages

from booth import booth_routes, receipt_page, sorry
from cards import voter
from device import Device
from far import FarStation
from kept import Kept
from look import assets, fields, lang_of, page, say
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

import smartid
from smartid import GatewayUnavailable
from smartid.errors import ElectionInvalid
from smartid.services.words import why
from smartid.web.loopback import serve

MENU = (("/vote/", "رأی دادن", "Vote"), ("/mine", "رأی‌های من", "My ballots"))
AGREE = ("همهٔ رسیدها با تابلوی اکنون می‌خوانند.", "Every receipt agrees with the board of now.")
DISAGREE = (
    "تابلو با رسیدهای شما نمی‌خواند! رسیدها را نگه دارید و شکایت کنید.",
    "The board does not agree with your receipts! Keep them, and complain.",
)
SILENT = (
    "از صندوق پاسخ درستی نیامد. شاید رأیتان رسیده باشد و شاید نه: همان بایت‌ها دوباره فرستاده می‌شود و "
    "هیچ‌گاه دو بار شمرده نمی‌شود.",
    "No proper answer came from the ballot box. Your ballot may have arrived or not: the same bytes are sent "
    "again, and never count twice.",
)
MINE = ("رأی‌های من", "My ballots")


async def mine(request: Request) -> Response:
    """The receipts that are kept here, and a ballot whose answer is missing."""
    kept: Kept = request.app.state.kept
    pending = kept.pending() is not None
    return page(request, "mine", MINE, receipts=kept.receipts(), pending=pending, told=None)


async def again(request: Request) -> Response:
    """Send the bytes again whose answer was lost."""
    await fields(request)
    far: FarStation = request.app.state.far
    receipt = await run_in_threadpool(far.again)
    if receipt is None:
        return RedirectResponse(f"/mine?lang={lang_of(request)}", 303)
    return receipt_page(request, receipt)


async def check(request: Request) -> Response:
    """Compare the receipts with the board as it is now."""
    await fields(request)
    far, kept = request.app.state.far, request.app.state.kept
    lang = lang_of(request)
    try:
        await run_in_threadpool(far.require_kept)
        told = {"good": True, "text": say(lang, *AGREE)}
    except ElectionInvalid:
        told = {"good": False, "text": say(lang, *DISAGREE)}
    pending = kept.pending() is not None
    return page(request, "mine", MINE, receipts=kept.receipts(), pending=pending, told=told)


async def home(request: Request) -> Response:
    """Lead to the ballot, or to what waits."""
    where = "/mine" if request.app.state.kept.pending() is not None else "/vote/"
    return RedirectResponse(f"{where}?lang={lang_of(request)}", 303)


async def refused(request: Request, error: Exception) -> Response:
    """Say what went wrong in words that a person understands."""
    lang = lang_of(request)
    words = why(error, lang) if isinstance(error, smartid.SmartIDError) else ""
    if isinstance(error, GatewayUnavailable):
        words = say(lang, *SILENT)
    return sorry(request, words, to="/mine")


def application(far: FarStation, kept: Kept, device: Device) -> Starlette:
    """The voter's program as an ASGI application."""
    app = Starlette(
        routes=[
            Route("/", home),
            Route("/mine", mine),
            Route("/again", again, methods=["POST"]),
            Route("/compare", check, methods=["POST"]),
            *booth_routes("/vote"),
            *assets(),
        ],
        exception_handlers={smartid.SmartIDError: refused},
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )
    app.state.far, app.state.kept, app.state.device = far, kept, device
    app.state.menu, app.state.base = MENU, "/vote"
    app.state.check = f"{far.url}/check/check.html"
    return app


def main() -> None:
    """Serve on the loopback until Ctrl-C."""
    parser = ArgumentParser()
    parser.add_argument("--voter", type=Path, required=True, help="NAME of NAME.card and NAME.credential")
    parser.add_argument("--station", default="http://127.0.0.1:8490", help="address of the ballot box")
    parser.add_argument("--keep", type=Path, required=True, help="folder for receipts")
    parser.add_argument("--patience", type=float, default=10, help="seconds that an answer may take")
    parser.add_argument("--port", type=int, default=8491)
    options = parser.parse_args()
    card, credential = (options.voter.with_suffix(suffix) for suffix in (".card", ".credential"))
    if not card.is_file() or not credential.is_file():
        sys.exit(f"{card} and {credential} are needed: the card, and the credential that it registered.")
    kept = Kept(options.keep)
    far = FarStation(options.station, kept, options.patience)
    person = voter(card, credential, far.sequence)
    app = application(far, kept, Device(far, {person.label: person}))
    print(f"http://127.0.0.1:{options.port}", flush=True)
    serve(app, options.port, lifespan=False)


if __name__ == "__main__":
    try:
        main()
    except (smartid.SmartIDError, OSError) as error:
        sys.exit(str(error))
