"""Card login in a Starlette application.

smartid mock trust anchors && smartid mock tls tls
python examples/login_web/starlette_app.py --trust anchors --tls tls
(then open https://localhost:8443 in a browser that trusts tls/ca.pem)
"""

from __future__ import annotations

from pathlib import Path

import home
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

import smartid
from smartid.web.login import CardLogin
from smartid.web.loopback import serve
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
    print(f"https://localhost:{options.port}", flush=True)
    serve(app, options.port, tls=Path(options.tls))


if __name__ == "__main__":
    main()
