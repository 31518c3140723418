"""Card login in a Starlette application.

::

    login = CardLogin("https://shop.example", policy)
    install(app, login)

    async def account(request):
        person = await require(request)
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from smartid.web.asgi import asgi_app, request_of
from smartid.web.login import CardLogin
from smartid.web.sessions import SignedIn


def install(app: Starlette, login: CardLogin) -> None:
    """Mount the login under its prefix, and let the functions below find it."""
    app.mount(login.prefix, asgi_app(login.handle), name="smartid")
    app.state.smartid = login


async def person(request: Request) -> SignedIn | None:
    """Tell who is signed in, None when nobody is."""
    return await run_in_threadpool(_login(request).person, request_of(request.scope))


async def require(request: Request) -> SignedIn:
    """Tell who is signed in.

    Raises starlette.exceptions.HTTPException (303) that leads to the login page and back.
    """
    found = await run_in_threadpool(_login(request).require, request_of(request.scope))
    if isinstance(found, SignedIn):
        return found
    raise HTTPException(found.status, headers=dict(found.headers))


def csrf_token(request: Request) -> str:
    """Give the token for forms of a page: the field ``csrf`` of the logout form."""
    return _login(request).csrf_token(request_of(request.scope))


def _login(request: Request) -> CardLogin:
    login: CardLogin = request.app.state.smartid
    return login
