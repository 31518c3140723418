"""A polling station: the collector, a booth, the public board, and a page that checks it on a second device.

python examples/polling_station/app.py --demo --folder polls
(makes an election with four invented voters in a new folder; then open http://127.0.0.1:8490. The program
prints the PIN of the mock cards and the address of the staff's page. Later: the same without --demo.)

Nothing listens beyond this computer. In earnest booth, collector, acceptance log and trustees are different
machines of different people; here the acceptance log and the trustees are processes of their own.
"""

from __future__ import annotations

import secrets
import sys
from argparse import ArgumentParser
from pathlib import Path

from board import PublicBoard
from booth import booth_routes, sorry
from cards import voters_in
from device import Device
from line import line_routes
from look import assets, lang_of
from public import public_routes
from staff import staff_routes
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from station import Station
from world import PIN, make_election, policy_of

import smartid
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.polling import open_box
from smartid.services.words import why
from smartid.web.loopback import serve

MENU = (
    ("/", "تابلو", "Board"),
    ("/booth/", "رأی دادن", "Vote"),
    ("/verify", "وارسی", "Verify"),
    ("/result", "نتیجه", "Result"),
    ("/promises", "قول‌ها و مرزها", "Promises and limits"),
)


async def refused(request: Request, error: Exception) -> Response:
    """Say in the visitor's language why something was not done."""
    words = why(error, lang_of(request)) if isinstance(error, smartid.SmartIDError) else ""
    return sorry(request, words)


def application(station: Station) -> Starlette:
    """The station as an ASGI application."""
    app = Starlette(
        routes=[*public_routes(), *booth_routes("/booth"), *staff_routes(), *line_routes(), *assets()],
        exception_handlers={smartid.SmartIDError: refused},
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )
    app.state.station = station
    app.state.public = station.public
    app.state.device = Device(station, voters_in(station.folder.voters, station.sequence))
    app.state.audit_file = station.folder.audit_file
    app.state.menu, app.state.base, app.state.check = MENU, "/booth", "/check/check.html"
    app.state.key = secrets.token_urlsafe(12)
    return app


def main() -> None:
    """Serve on the loopback until Ctrl-C."""
    parser = ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="folder of an election")
    parser.add_argument("--demo", action="store_true", help="make an election there first")
    parser.add_argument("--group", default="BELENIOS-2048", choices=("BELENIOS-2048", "Ed25519"))
    parser.add_argument("--port", type=int, default=8490)
    options = parser.parse_args()
    folder = ElectionFolder(options.folder)
    if options.demo:
        make_election(options.folder, group=options.group)
        print(f"PIN: {PIN}", flush=True)
    policy = policy_of(folder)
    with open_box(folder, policy) as lent:
        app = application(Station(folder, policy, lent, PublicBoard(folder.archive)))
        print(f"http://127.0.0.1:{options.port}/staff?key={app.state.key}", flush=True)
        serve(app, options.port, lifespan=False)


if __name__ == "__main__":
    try:
        main()
    except (smartid.SmartIDError, OSError) as error:
        sys.exit(str(error))
