"""A small shop where people pay with the national card, and a page where the merchant gives money back.

smartid mock trust anchors && smartid mock new sara --output sara.card
python examples/shop/shop.py --card sara.card --trust anchors
(then open http://localhost:8010; the program prints the address of the merchant's page)

The card is a mock card "on the terminal at the counter", so this program sees the PIN. At a real counter the
PIN is typed on a PIN pad, and on the net the citizen's own computer asks for it; neither shows it to a shop.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from urllib.parse import parse_qs

import pages
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

import smartid
from smartid.services.far_side.acquirer import KEY
from smartid.services.far_side.process import FarSide
from smartid.services.journal.journal import Journal
from smartid.services.journal.keys import load_key, new_key
from smartid.services.journal.qr import svg
from smartid.services.journal.words import receipt_rows
from smartid.services.ledger.opening import open_book
from smartid.services.messages.iban import make_iban
from smartid.services.purchase.gateway import AcquirerLine
from smartid.services.purchase.provider import provide
from smartid.services.purchase.values import Payee
from smartid.services.purchase.words import rials_fa
from smartid.services.words import why
from smartid.web.loopback import serve

ME = Payee(
    id="golestan", name_fa="فروشگاه گلستان", name_en="Golestan Shop", iban=make_iban("IR", "099" + "7" * 19)
)
GOODS = {
    "tea": ("چای لاهیجان، ۵۰۰ گرم", "Lahijan tea, 500 g", 2_450_000),
    "rice": ("برنج هاشمی، ۵ کیلو", "Hashemi rice, 5 kg", 9_800_000),
    "book": ("دیوان حافظ", "Divan of Hafez", 3_200_000),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
}


class Shop:
    """The shop: its goods, its provider of payments, the card on its terminal."""

    def __init__(self, card: Path, anchors: Path, folder: Path, bank: FarSide) -> None:
        self.book = book = open_book(f"sqlite:///{folder / 'shop.db'}")
        key = folder / "journal.pem"
        self.journal = Journal(book, load_key(key) if key.exists() else new_key(key))
        self.line = line = AcquirerLine(bank.port, book=book, key=KEY)
        policy = smartid.Policy(anchors=smartid.TrustStore.from_folder(str(anchors)))
        self.provider = provide(
            book, self.journal, line, policy=policy, secret=secrets.token_bytes(32), terminal="counter1"
        )
        self.provider.purchases.store.register(ME)
        self.card = smartid.connect(transport=smartid.MockCard.open(card).insert())
        self.key = secrets.token_urlsafe(12)

    def close(self) -> None:
        """Close line and book."""
        self.line.close()
        self.book.close()

    def offer(self, intent: str, lang: str) -> str:
        """Give the sentence that the card is asked to sign."""
        certificate = self.card.certificate(smartid.Purpose.TRANSACTION)
        self.shown = self.provider.purchases.prepare(intent, certificate, lang=lang)
        return self.shown.terms.sentence(lang)

    def pay(self, intent: str, pin: str) -> str:
        """Let the card sign what was shown last, and pay."""
        with self.card.unlock(smartid.PIN(pin), purpose=smartid.Purpose.TRANSACTION) as unlocked:
            agreed = unlocked.authorize(self.shown.transaction)
        return self.provider.purchases.authorise(intent, agreed).id


def lang_of(request: Request) -> str:
    """Persian unless English is asked for."""
    return "en" if request.query_params.get("lang") == "en" else "fa"


def answer(request: Request, title: str, body: str, status: int = 200) -> Response:
    """Give a page."""
    lang = lang_of(request)
    turned = request.url.include_query_params(lang="fa" if lang == "en" else "en")
    return HTMLResponse(
        pages.page(pages.WORDS[lang][title], body, lang, str(turned)), status, headers=HEADERS
    )


def money(amount: int, lang: str) -> str:
    """Write an amount for people."""
    return rials_fa(amount) if lang == "fa" else f"{amount:,}"


async def front(request: Request) -> Response:
    """What is for sale."""
    lang = lang_of(request)
    items = ((id_, fa if lang == "fa" else en, money(price, lang)) for id_, (fa, en, price) in GOODS.items())
    return answer(request, "shop", pages.products(items, lang))


async def buy(request: Request) -> Response:
    """Ask for a payment, then show what is to be signed."""
    if request.path_params["id"] not in GOODS:
        return Response(status_code=404)
    fa, en, price = GOODS[request.path_params["id"]]
    name = fa if lang_of(request) == "fa" else en
    ask = request.app.state.shop.provider.purchases.ask
    intent = await run_in_threadpool(ask, ME.id, price, name, key=secrets.token_hex(8))
    return RedirectResponse(f"/pay/{intent.id}?lang={lang_of(request)}", 303)


async def offer(request: Request) -> Response:
    """The sentence, and where the PIN is entered."""
    intent, lang = request.path_params["id"], lang_of(request)
    sentence = await run_in_threadpool(request.app.state.shop.offer, intent, lang)
    return answer(request, "pay", pages.agreement(intent, sentence, lang))


async def pay(request: Request) -> Response:
    """Sign and pay, then show the receipt."""
    pin = (await fields(request)).get("pin", "")
    case = await run_in_threadpool(request.app.state.shop.pay, request.path_params["id"], pin)
    return RedirectResponse(f"/receipt/{case}?lang={lang_of(request)}", 303)


async def receipt(request: Request) -> Response:
    """The last receipt of a payment."""
    lang = lang_of(request)
    found = request.app.state.shop.journal.receipts_of(request.path_params["id"])[-1]
    return answer(request, "receipt", pages.receipt(receipt_rows(found, lang)[:7], svg(found.qr), lang))


async def merchant(request: Request) -> Response:
    """What was paid, for the merchant alone."""
    shop, lang = request.app.state.shop, lang_of(request)
    if not secrets.compare_digest(request.query_params.get("key", "").encode(), shop.key.encode()):
        return Response(status_code=403)
    desk = shop.provider.desk
    cases = [case for state in ("completed", "refunded") for case in desk.cases(state)]
    items = (
        (
            case.id,
            str(case.terms.details["order"]),
            money(case.completed, lang),
            money(case.refunded, lang),
            case.completed > case.refunded,
        )
        for case in cases
    )
    return answer(request, "merchant", pages.payments(items, shop.key, lang))


async def refund(request: Request) -> Response:
    """Give back all that is left of a payment."""
    shop = request.app.state.shop
    if not secrets.compare_digest((await fields(request)).get("key", "").encode(), shop.key.encode()):
        return Response(status_code=403)
    case = shop.provider.desk.case(request.path_params["id"])
    left = case.completed - case.refunded
    await run_in_threadpool(shop.provider.purchases.refund, case.id, left, key=f"all/{case.refunded}")
    return RedirectResponse(f"/receipt/{case.id}?lang={lang_of(request)}", 303)


async def fields(request: Request) -> dict[str, str]:
    """The fields of a short form."""
    found = parse_qs((await request.body())[:4096].decode("ascii", "replace"))
    return {name: values[0] for name, values in found.items()}


async def problem(request: Request, error: Exception) -> Response:
    """Say in the visitor's language why something was not done."""
    lang = lang_of(request)
    text = why(error, lang) if isinstance(error, smartid.SmartIDError) else pages.WORDS[lang]["problem"]
    return answer(request, "problem", pages.problem(text, lang), 409)


async def style(_: Request) -> Response:
    """The stylesheet."""
    return FileResponse(Path(__file__).parents[1] / "look.css", media_type="text/css", headers=HEADERS)


async def deliver(shop: Shop) -> None:
    """Tell the acquirer what waits for it, every second."""
    while True:
        await asyncio.sleep(1)
        await run_in_threadpool(shop.provider.purchases.deliver)


def application(shop: Shop) -> Starlette:
    """The shop as an ASGI application."""
    app = Starlette(
        routes=[
            Route("/", front),
            Route("/look.css", style),
            Route("/buy/{id}", buy, methods=["POST"]),
            Route("/pay/{id}", offer),
            Route("/pay/{id}", pay, methods=["POST"]),
            Route("/receipt/{id}", receipt),
            Route("/merchant", merchant),
            Route("/refund/{id}", refund, methods=["POST"]),
        ],
        exception_handlers={smartid.SmartIDError: problem},
    )
    app.state.shop = shop
    return app


def main() -> None:
    """Open the shop."""
    parser = ArgumentParser()
    parser.add_argument("--card", type=Path, required=True, help="smartid mock new sara --output sara.card")
    parser.add_argument(
        "--trust", type=Path, required=True, help="folder of trust anchors: smartid mock trust DIR"
    )
    parser.add_argument("--port", type=int, default=8010)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bank = FarSide("smartid.services.far_side.acquirer", database=f"sqlite:///{folder}/acquirer.db")
        with bank:
            shop = Shop(options.card, options.trust, Path(folder), bank)
            print(f"http://localhost:{options.port}/merchant?key={shop.key}", flush=True)
            serve(application(shop), options.port, lifespan=False, beside=lambda: deliver(shop))


if __name__ == "__main__":
    try:
        main()
    except smartid.SmartIDError as error:
        sys.exit(str(error))
