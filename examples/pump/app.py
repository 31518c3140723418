"""A petrol pump without a line: take first, let fuel flow, return the rest. A mock card lies in its reader.

python examples/pump/app.py
(then open http://127.0.0.1:8470; --port N for another one. Nothing listens beyond this computer.)
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from screens import page
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

import smartid
from smartid.errors import Refused
from smartid.identity.persian import to_latin_digits
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.services.fuel.collecting import StationLogs
from smartid.services.fuel.policy import load_fuel_policy
from smartid.services.fuel.pump import Pump
from smartid.services.fuel.receipts import bill
from smartid.services.fuel.register import Register
from smartid.services.fuel.slots import balances_of
from smartid.services.fuel.vehicles import Vehicle
from smartid.services.fuel.visit import CardVisit
from smartid.services.journal.journal import Journal
from smartid.services.ledger.opening import open_book
from smartid.services.spine.states import State
from smartid.stored_value import exchanges
from smartid.stored_value.keys import KeyPurpose
from smartid.stored_value.model import FUEL_AID, Kind
from smartid.stored_value.module_file import FileStore
from smartid.stored_value.modules import IssuerModule, SecurityModule
from smartid.web.loopback import serve

HERE = Path(__file__).parent
ASSETS = {name: HERE / name for name in ("pump.css", "pump.js")} | {"look.css": HERE.parent / "look.css"}
PSAM, SQUEEZE = b"PUMP-001", 350
TEXTS = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'self'; img-src 'self' data:"}


class Nozzle:
    """A meter that turns while the nozzle is pressed, up to what was taken."""

    total = 0
    until = 0

    def reading(self) -> int:
        """Millilitres since it was built."""
        return self.total

    def squeeze(self) -> None:
        """Let a little fuel flow."""
        self.total = min(self.total + SQUEEZE, self.until)


class Forecourt:
    """One pump, one card, an office behind them, all in a folder that goes when the program ends."""

    taken = 0
    """Litres of the fill that is open."""

    def __init__(self, folder: Path) -> None:
        self.policy, self.nozzle, self.time = load_fuel_policy(), Nozzle(), datetime.now(UTC)
        pki = ThrowAwayPKI.fresh()
        self.book = open_book(f"sqlite:///{folder}/office.db")
        self.journal = Journal(self.book, Ed25519PrivateKey.generate())
        register = Register(self.book, self.policy)
        issuer = IssuerModule(
            b"ISSUER-1", pki.stored_value_vault(Kind.FUEL), Kind.FUEL, store=FileStore(folder / "issuer")
        )
        vault = pki.stored_value_vault(Kind.FUEL, KeyPurpose.DEBIT)
        self.pump = Pump(
            1,
            book=open_book(f"sqlite:///{folder}/pump.db"),
            module=SecurityModule(PSAM, vault, Kind.FUEL, store=FileStore(folder / "psam")),
            meter=self.nozzle,
            policy=self.policy,
            clock=lambda: self.time,
        )
        self.logs = StationLogs(self.book, self.policy, verify=issuer.verify, stations={PSAM: "S0001"})
        self.visit = CardVisit(self.book, self.policy, register=register, issuer=issuer, logs=self.logs)
        mock = smartid.MockCard.personalize(NATIONAL_REFERENCE, holder=CITIZENS["sara"], pki=pki)
        self.card = smartid.connect(transport=mock.insert())
        car = Vehicle(id="V0001", card="7744330000000017", tank=100_000)
        register.enrol(car, self.card.run(exchanges.read_state(FUEL_AID)).card_id.hex())
        register.allocate([car], self.time)
        self.card.run(self.visit.serve(self.time))

    def held(self) -> dict[str, int]:
        """Millilitres on the card, by tier."""
        state, found = self.card.run(exchanges.read_state(FUEL_AID)), {"first": 0, "second": 0}
        for (tier, _), amount in balances_of(self.policy, state, self.policy.period(self.time)).items():
            found[tier] += amount
        return found

    def take(self, litres: int) -> None:
        """Take the whole amount off the card. The next driver may come at once: this clock runs ahead."""
        self.time += timedelta(minutes=11)
        state = self.card.run(exchanges.read_state(FUEL_AID))
        plan = self.pump.plan(state, litres * 1000, last=self.card.run(exchanges.last_proof(FUEL_AID)))
        self.card.run(self.pump.take(plan))
        self.nozzle.until = self.nozzle.total + litres * 1000
        self.taken = litres

    def go_online(self) -> None:
        """Send the logs in, and bring the card to a reader with a line, which lets it fill again."""
        fills = self.pump.ready()
        self.logs.collect([self.pump.log_of(fill) for fill in fills], self.time)
        self.pump.uploaded(fills)
        self.card.run(self.visit.serve(self.time))

    def stop(self) -> dict[str, object]:
        """Return the rest, and write the receipt."""
        before = sum(self.held().values())
        fill = self.card.run(self.pump.give_back())
        self.taken = 0
        taken = sum(line.millilitres for line in fill.lines)
        found = bill(self.policy.on(self.time), fill.drawn, before + taken)
        receipt = self.book.run(
            lambda entry: self.journal.write(
                entry,
                service="fuel",
                verb="fill",
                state=State.CAPTURED,
                amount=fill.flowed,
                unit="ml",
                payee="S0001",
                case=f"{fill.number:032x}",
                details=found.as_details(),
            )
        )
        return {"fill": fill, "bill": found, "receipt": receipt}


async def home(request: Request) -> Response:
    """Show the balance and ask how much; while a fill is open, the fill."""
    if yard.taken:
        return HTMLResponse(page("flow", _lang(request), litres=yard.taken), headers=TEXTS)
    return HTMLResponse(page("home", _lang(request), held=yard.held()), headers=TEXTS)


async def take(request: Request) -> Response:
    """Take the quota; then the nozzle may run."""
    fields = parse_qs((await request.body())[:100].decode("ascii", "replace"))
    text = to_latin_digits(fields.get("litres", [""])[0])
    try:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= 100:
            raise Refused("1 to 100 litres.", reason="invalid_request")
        yard.take(int(text))
    except Refused as refusal:
        return HTMLResponse(
            page("home", _lang(request), held=yard.held(), refused=refusal.reason),
            status_code=400,
            headers=TEXTS,
        )
    return HTMLResponse(page("flow", _lang(request), litres=int(text)), headers=TEXTS)


async def online(request: Request) -> Response:
    """Visit a reader with a line."""
    yard.go_online()
    return RedirectResponse(f"/?lang={_lang(request)}", status_code=303)


async def squeeze(_request: Request) -> Response:
    """Let fuel flow; give the millilitres so far."""
    yard.nozzle.squeeze()
    return JSONResponse({"left": yard.nozzle.until - yard.nozzle.total}, headers=TEXTS)


async def stop(request: Request) -> Response:
    """Hang up the nozzle: return the rest, show the receipt."""
    try:
        done = yard.stop()
    except Refused:
        return RedirectResponse(f"/?lang={_lang(request)}", status_code=303)
    return HTMLResponse(page("receipt", _lang(request), **done), headers=TEXTS)


async def asset(request: Request) -> Response:
    """Give the style or the script."""
    return FileResponse(ASSETS[request.url.path.removeprefix("/")], headers=TEXTS)


def _lang(request: Request) -> str:
    return "en" if request.query_params.get("lang") == "en" else "fa"


app = Starlette(
    routes=[
        Route("/", home),
        Route("/take", take, methods=["POST"]),
        Route("/online", online, methods=["POST"]),
        Route("/squeeze", squeeze, methods=["POST"]),
        Route("/stop", stop, methods=["POST"]),
        *(Route(f"/{name}", asset) for name in ASSETS),
    ],
    middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8470)
    port = parser.parse_args().port
    with tempfile.TemporaryDirectory(prefix="pump-") as folder:
        yard = Forecourt(Path(folder))
        print(f"http://127.0.0.1:{port}", flush=True)
        serve(app, port)
