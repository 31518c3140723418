"""Card login in a Starlette application.

smartid mock trust anchors && smartid mock tls tls
python examples/login_web/starlette_app.py --trust anchors --tls tls
(then open https://localhost:8443 in a browser that trusts tls/ca.pem)
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import home
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

import smartid
from smartid.web.login import CardLogin
from smartid.web.starlette import csrf_token, install, person, require


async def front(request: Request) -> Response:
    """For everybody: says who is there."""
    text = home.page(await person(request), csrf_token(request), request.query_params.get("lang", "fa"))
    return HTMLResponse(text, headers=home.HEADERS)


async def members(request: Request) -> Response:
    """For who is signed in; others are led to the login page and back."""
    await require(request)
    return RedirectResponse("/?lang=" + ("en" if request.query_params.get("lang") == "en" else "fa"))


def main() -> None:
    """Serve until Ctrl-C."""
    options = home.options()
    policy = smartid.Policy(anchors=smartid.TrustStore.from_folder(options.trust))
    login = CardLogin(f"https://localhost:{options.port}", policy)
    app = Starlette(routes=[Route("/", front), Route("/members", members)])
    install(app, login)
    tls = Path(options.tls)
    server = Server(
        app,
        port=options.port,
        interface=Interfaces.ASGI,
        ssl_cert=tls / "server.pem",
        ssl_key=tls / "server.key",
    )
    asyncio.run(server.serve())


if __name__ == "__main__":
    main()
