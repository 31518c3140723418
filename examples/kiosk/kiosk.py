"""A kiosk that loads the purse on a card, Persian first.

smartid mock new sara
python examples/kiosk/kiosk.py sara.card
(then open http://127.0.0.1:8080; the mock card lies in the reader)
"""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from persiantools.digits import en_to_fa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

import smartid
from smartid.services.demo.frame import World
from smartid.services.demo.purse_world import Scheme, users_pki
from smartid.services.journal.qr import svg
from smartid.services.journal.words import receipt_rows
from smartid.services.purse.adapter import LoadRequest
from smartid.services.spine.values import Prepared
from smartid.services.words import why
from smartid.web.headers import SECURITY_HEADERS
from smartid.web.loopback import serve

HERE = Path(__file__).parent
AMOUNTS = (200_000, 500_000, 1_000_000, 2_000_000)
ACCOUNT = "IR062960000000100324200001"
HEADERS = {**dict(SECURITY_HEADERS), "cache-control": "no-store"}
PAGES = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)


class Kiosk:
    """One reader with a card in it, the scheme behind it, and what the holder was shown last."""

    def __init__(self, scheme: Scheme, mock: smartid.MockCard) -> None:
        self._scheme = scheme
        self._mock = mock
        self._shown: dict[str, Prepared] = {}

    def card(self) -> smartid.Card:
        """Open the card in the reader, as it lies there now."""
        return smartid.connect(transport=self._mock.insert())

    async def front(self, request: Request) -> Response:
        """Show the balance and the amounts."""
        with self.card() as card:
            self._scheme.loads.resume(card)
            state = self._scheme.loads.state(card)
        return _page(request, "front", balance=state.slots[0].balance, amounts=AMOUNTS)

    async def confirm(self, request: Request) -> Response:
        """Show the sentence that the card will sign, and ask for the PIN."""
        lang = _lang(request)
        form = await _form(request)
        amount = int(form["amount"]) if form.get("amount", "").isdecimal() else 0
        desk = self._scheme.loads.desk
        try:
            with self.card() as card:
                card_id = self._scheme.loads.state(card).card_id
                purpose = smartid.Purpose.TRANSACTION
                certificate = next(c.der for c in card.certificates() if c.purpose is purpose)
            holder = desk.holder(certificate)
            wanted = LoadRequest(card_id=card_id, amount=amount, account=ACCOUNT)
            prepared = desk.prepare(wanted, holder, lang=lang)
        except smartid.SmartIDError as error:
            return _page(request, "sorry", why=why(error, lang))
        self._shown = {prepared.transaction.nonce: prepared}
        return _page(
            request, "confirm", sentence=prepared.terms.sentence(lang), nonce=prepared.transaction.nonce
        )

    async def load(self, request: Request) -> Response:
        """Let the card agree, and load it."""
        form = await _form(request)
        prepared = self._shown.pop(form.get("nonce", ""), None)
        if prepared is None:
            return _page(request, "sorry", why="")
        loads = self._scheme.loads
        try:
            with self.card() as card:
                pin = smartid.PIN(form.get("pin", ""))
                with card.unlock(pin, purpose=smartid.Purpose.TRANSACTION) as unlocked:
                    agreed = unlocked.authorize(prepared.transaction)
                authorized = loads.desk.authorize(prepared, agreed)
                receipt = loads.carry_out(card, authorized, self._scheme.now, key=prepared.transaction.nonce)
                state = self._scheme.loads.state(card)
        except smartid.SmartIDError as error:
            return _page(request, "sorry", why=why(error, _lang(request)))
        rows = receipt_rows(receipt, _lang(request))
        return _page(request, "receipt", rows=rows, qr=svg(receipt.qr), balance=state.slots[0].balance)


def _lang(request: Request) -> str:
    return "en" if request.query_params.get("lang") == "en" else "fa"


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    found = parse_qs(body[:4096].decode("ascii", "replace"))
    return {name: values[-1] for name, values in found.items()}


def _page(request: Request, name: str, **values: Any) -> Response:
    lang = _lang(request)

    def money(amount: int) -> str:
        return f"{amount:,} rials" if lang == "en" else f"{en_to_fa(f'{amount:,}')} ریال".replace(",", "٬")

    text = PAGES.get_template("kiosk.html").render(page=name, lang=lang, money=money, **values)
    return HTMLResponse(text, headers=HEADERS, status_code=400 if name == "sorry" else 200)


async def style(_: Request) -> Response:
    """Give the style sheet."""
    return FileResponse(HERE.parent / "look.css", media_type="text/css", headers=HEADERS)


def application(kiosk: Kiosk) -> Starlette:
    """Make the site of a kiosk."""
    return Starlette(
        routes=[
            Route("/", kiosk.front),
            Route("/confirm", kiosk.confirm, methods=["POST"]),
            Route("/load", kiosk.load, methods=["POST"]),
            Route("/look.css", style),
            Route("/favicon.ico", lambda _: Response(status_code=204)),
        ]
    )


def main() -> None:
    """Serve on the loopback until Ctrl-C."""
    parser = ArgumentParser()
    parser.add_argument("card", type=Path, help="a card made by `smartid mock new`")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, smartid.MockCard.open(options.card) as mock:
        world = World(database=f"sqlite:///{folder}/book.db", folder=Path(folder), seed=0, faults=False)
        scheme = Scheme(world, pki=users_pki())
        try:
            print(f"http://127.0.0.1:{options.port}", flush=True)
            serve(application(Kiosk(scheme, mock)), options.port, lifespan=False)
        finally:
            scheme.close()


if __name__ == "__main__":
    try:
        main()
    except smartid.SmartIDError as error:
        sys.exit(str(error))
