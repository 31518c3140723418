"""A cash machine on a screen: mock card, simulated notes, a bank's switch as a process beside it.

python examples/cash_machine/app.py --folder cash-machine
(then open http://127.0.0.1:8480; the PIN of the card is 1234)
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from screens import HEADERS, LATIN, WORDS, Screens
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

import smartid
from smartid.services.atm.inquiries import balance
from smartid.services.atm.requests import Withdrawal
from smartid.services.demo.atm_site import ACCOUNTS, Site
from smartid.services.spine.values import Authorized, Prepared, Receipt
from smartid.web.loopback import serve

HOST = "127.0.0.1"
ACCOUNT = ACCOUNTS[0]
MAX_FORM = 2000


@dataclass
class Customer:
    """Who stands before the machine."""

    lang: str = "fa"
    inserted: bool = False
    prepared: Prepared | None = None
    result: Receipt | smartid.SmartIDError | None = None
    key: str = field(default_factory=secrets.token_urlsafe)


class CashMachineScreen:
    """One machine, one customer at a time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._now = Customer()
        self._work: threading.Thread | None = None

    @property
    def _screens(self) -> Screens:
        return Screens(self._now.lang, self._now.key)

    async def front(self, _: Request) -> Response:
        """What is on the screen when nobody pressed anything."""
        return self._show(self._screens.menu() if self._now.inserted else self._screens.welcome())

    async def press(self, request: Request) -> Response:
        """A button."""
        form = dict(parse_qsl((await request.body())[:MAX_FORM].decode("utf-8", "replace")))
        if not secrets.compare_digest(form.get("key", "").encode(), self._now.key.encode()):
            return RedirectResponse("/", status_code=303)
        name = request.url.path.removeprefix("/")
        if not self._now.inserted and name not in {"insert", "language"}:
            return RedirectResponse("/", status_code=303)
        fields = {name: value.translate(LATIN) for name, value in form.items()}
        return await asyncio.to_thread(getattr(self, f"_{name}"), fields)

    async def result(self, _: Request) -> Response:
        """What the device did, once it has done it."""
        if self._work is not None:
            await asyncio.to_thread(self._work.join)
        found = self._now.result
        if found is None:
            return RedirectResponse("/", status_code=303)
        if isinstance(found, Receipt):
            return self._show(self._screens.done(found))
        return self._sorry(found)

    def _language(self, _: dict[str, str]) -> Response:
        self._now.lang = "en" if self._now.lang == "fa" else "fa"
        return RedirectResponse("/result" if self._now.result else "/", status_code=303)

    def _insert(self, _: dict[str, str]) -> Response:
        self._now = Customer(lang=self._now.lang, inserted=True)
        return RedirectResponse("/", status_code=303)

    def _menu(self, _: dict[str, str]) -> Response:
        self._now.prepared = self._now.result = None
        return RedirectResponse("/", status_code=303)

    def _end(self, _: dict[str, str]) -> Response:
        self._now = Customer()
        return RedirectResponse("/", status_code=303)

    def _choose(self, _: dict[str, str]) -> Response:
        return self._show(self._screens.amounts())

    def _balance(self, _: dict[str, str]) -> Response:
        try:
            return self._show(self._screens.balance(balance(self._site.machine, ACCOUNT)))
        except smartid.SmartIDError as error:
            return self._sorry(error)

    def _quote(self, fields: dict[str, str]) -> Response:
        amount = fields.get("amount", "").replace("٬", "").replace(",", "")
        asked = Withdrawal(account=ACCOUNT, amount=int(amount) if amount.isdecimal() else 0)
        try:
            holder = self._site.holder()
            self._now.prepared = self._site.machine.prepare(asked, holder, lang=self._now.lang)
        except smartid.SmartIDError as error:
            return self._sorry(error)
        return self._show(self._screens.consent(self._now.prepared))

    def _pay(self, fields: dict[str, str]) -> Response:
        prepared = self._now.prepared
        if prepared is None:
            return RedirectResponse("/", status_code=303)
        try:
            authorized = self._site.agree(prepared, fields.get("pin", ""))
        except smartid.WrongPIN as error:
            return self._show(self._screens.consent(prepared, self._screens.wrong_pin(error.tries_left)))
        except smartid.PINFormatError as error:
            return self._show(self._screens.consent(prepared, self._why(error)))
        except smartid.SmartIDError as error:
            return self._sorry(error)
        self._work = threading.Thread(target=self._withdraw, args=(authorized,))
        self._work.start()
        return self._show(self._screens.counting())

    def _withdraw(self, authorized: Authorized) -> None:
        try:
            self._now.result = self._site.machine.withdraw(authorized, ACCOUNT)
        except smartid.SmartIDError as error:
            self._now.result = error

    def _sorry(self, error: smartid.SmartIDError) -> Response:
        return self._show(self._screens.sorry(self._why(error)))

    def _why(self, error: smartid.SmartIDError) -> str:
        codes = {
            smartid.PINFormatError: "pin_format",
            smartid.PINBlocked: "card_blocked",
            smartid.LastTryRefused: "last_try",
            smartid.CardRemoved: "card_removed",
        }
        code = error.reason if isinstance(error, smartid.ServiceError) else codes.get(type(error), "other")
        return self._screens.refusal(code)

    def _show(self, text: str) -> Response:
        return HTMLResponse(text, headers=HEADERS)


async def style(_: Request) -> Response:
    """Give the style sheet."""
    return FileResponse(Path(__file__).parents[1] / "look.css", media_type="text/css", headers=HEADERS)


def make_app(site: Site) -> Starlette:
    """The application."""
    screen = CashMachineScreen(site)
    pressed = ("insert", "language", "menu", "end", "choose", "balance", "quote", "pay")
    return Starlette(
        routes=[
            Route("/", screen.front),
            Route("/result", screen.result),
            Route("/look.css", style),
            *(Route(f"/{name}", screen.press, methods=["POST"]) for name in pressed),
        ]
    )


def main() -> None:
    """Serve this computer only, until Ctrl-C."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="where card, books and notes are kept")
    parser.add_argument("--port", type=int, default=8480)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with Site(options.folder) as site:
        site.machine.recover()
        print(f"{WORDS['en']['title']}: http://{HOST}:{options.port}", flush=True)
        serve(make_app(site), options.port)


if __name__ == "__main__":
    main()
