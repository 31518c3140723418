"""A shop that knows nothing of cards: people log in through an OpenID provider such as smartid's.

SSL_CERT_FILE=id/tls/ca.pem SHOP_SECRET=… python shop.py https://localhost:8443 id/tls
(registered at the provider as "shop"; then open https://localhost:9443)
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from html import escape
from pathlib import Path

from authlib.integrations.starlette_client import OAuth, OAuthError
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

ISSUER, TLS, PORT = sys.argv[1], Path(sys.argv[2]), int([*sys.argv, 9443][3])
FA, EN = ('lang="fa" dir="rtl"', "فروشگاه", "داده نشد"), ('lang="en"', "Shop", "not given")
ASKED = {"name": "نام", "birthdate": "تاریخ تولد", "national_number": "شمارهٔ ملی"}
people: dict[str, dict] = {}
provider = OAuth().register(
    "smartid",
    client_id="shop",
    client_secret=os.environ.get("SHOP_SECRET"),
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile birthdate national_number", "code_challenge_method": "S256"},
)


async def home(request: Request) -> Response:
    """Say who is there: what was given, and what was not."""
    root, title, missing = FA if (fa := request.query_params.get("lang") != "en") else EN
    body = f'<a href="/login?lang={"fa" if fa else "en"}">{"ورود با کارت ملی" if fa else "Log in"}</a>'
    if person := people.get(request.session.get("person", "")):
        rows = ((ASKED[name] if fa else name, person["claims"].get(name, missing)) for name in ASKED)
        lines = "".join(f"<dt>{escape(name)}</dt><dd><bdi>{escape(value)}</bdi></dd>" for name, value in rows)
        body = f'<dl>{lines}</dl><a href="/logout">{"خروج" if fa else "Log out"}</a>'
    return HTMLResponse(f"<!doctype html><html {root}><title>{title}</title><main><h1>{title}</h1>{body}")


async def login(request: Request) -> Response:
    """Send the browser to the provider, with a new state, nonce and verifier."""
    where, lang = request.url_for("callback"), request.query_params.get("lang", "fa")
    return await provider.authorize_redirect(request, where, ui_locales=lang)


async def callback(request: Request) -> Response:
    """Take the answer, and ask the provider what it stands for."""
    try:
        token = await provider.authorize_access_token(request)
    except OAuthError as error:
        return HTMLResponse(f"<!doctype html><title>-</title>{escape(str(error.error))}", status_code=403)
    claims = await provider.userinfo(token=token)
    if claims["sub"] != token["userinfo"]["sub"]:  # OpenID Connect Core 1.0, 5.3.2
        return HTMLResponse("<!doctype html><title>-</title>another person", status_code=403)
    request.session["person"] = key = secrets.token_urlsafe()
    people[key] = {"claims": claims, "id_token": token["id_token"]}
    return RedirectResponse("/")


async def logout(request: Request) -> Response:
    """End the session here, then at the provider."""
    hint = people.pop(request.session.pop("person", ""), {}).get("id_token")
    return await provider.logout_redirect(request, request.url_for("home"), hint)


routes = [Route("/", home), Route("/login", login), Route("/callback", callback), Route("/logout", logout)]
cookies = Middleware(SessionMiddleware, secret_key=secrets.token_urlsafe(), https_only=True)
app = Starlette(routes=routes, middleware=[cookies])

if __name__ == "__main__":
    cert, key = TLS / "server.pem", TLS / "server.key"
    asyncio.run(Server(app, port=PORT, interface=Interfaces.ASGI, ssl_cert=cert, ssl_key=key).serve())
