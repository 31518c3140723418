"""Card login in a Flask application.

::

    login = CardLogin("https://shop.example", policy)
    install(app, login)

    @app.get("/account")
    @require
    def account(): ...      # person() is somebody here
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

import flask

from smartid.web.login import CardLogin
from smartid.web.sessions import SignedIn
from smartid.web.wsgi import mounted, request_of

P = ParamSpec("P")
T = TypeVar("T")


def install(app: flask.Flask, login: CardLogin) -> None:
    """Run the login under its prefix, before Flask sees the request, and let ``person`` find it.

    Templates know ``person`` and ``smartid_csrf`` (functions) from then on.
    """
    app.wsgi_app = mounted(app.wsgi_app, login.handle, login.prefix)  # type: ignore[method-assign, assignment]
    app.extensions["smartid"] = login
    app.context_processor(lambda: {"person": person, "smartid_csrf": csrf_token})


def person() -> SignedIn | None:
    """Tell who is signed in, None when nobody is. Asked once in a request."""
    environ = flask.request.environ  # of this request alone, as ``flask.g`` need not be
    if _known() not in environ:
        environ[_known()] = _login().person(request_of(environ))
    return cast("SignedIn | None", environ[_known()])


def require(view: Callable[P, T]) -> Callable[P, T | flask.Response]:
    """Lead who is not signed in to the login page and back; the view is called for others only."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T | flask.Response:
        answer = _login().require(request_of(flask.request.environ))
        if isinstance(answer, SignedIn):
            flask.request.environ[_known()] = answer
            return view(*args, **kwargs)
        return flask.Response(answer.body, answer.status, headers=list(answer.headers))

    return guarded


def csrf_token() -> str:
    """Give the token for forms of a page: the field ``csrf`` of the logout form."""
    return _login().csrf_token(request_of(flask.request.environ))


def _known() -> str:
    """Where a request keeps who is signed in; one that two applications see in turn has two of them."""
    return f"smartid.person.{id(_login())}"


def _login() -> CardLogin:
    return cast("CardLogin", flask.current_app.extensions["smartid"])
