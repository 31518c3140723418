"""Card login in a Django project.

::

    # settings.py
    SMARTID_LOGIN = CardLogin("https://shop.example", policy)      # or the dotted name of one
    MIDDLEWARE = [..., "smartid.web.django.middleware"]
    # urls.py
    urlpatterns = [path("auth/", include("smartid.web.django")), ...]
    # views.py
    @require
    def account(request): ...       # request.smartid is somebody here
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from smartid.web.http import MAX_BODY, Request, Response
from smartid.web.login import CardLogin
from smartid.web.mount import run
from smartid.web.wsgi import request_of

View = Callable[..., HttpResponse]


def middleware(get_response: View) -> View:
    """Give each request ``request.smartid``: who is signed in, false when nobody is. Looked up when used."""

    def handle(request: HttpRequest) -> HttpResponse:
        request.smartid = SimpleLazyObject(lambda: _login().person(_request(request)))
        return get_response(request)

    return handle


def require(view: View) -> View:
    """Lead who is not signed in to the login page and back; the view is called for others only."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = _login().require(_request(request))
        if isinstance(answer, Response):
            return _response(answer)
        request.smartid = answer
        return view(request, *args, **kwargs)

    return guarded


def csrf_token(request: HttpRequest) -> str:
    """Give the token for forms of a page: the field ``csrf`` of the logout form."""
    return _login().csrf_token(_request(request))


def _view(request: HttpRequest, path: str) -> HttpResponse:
    body = request.read(MAX_BODY + 1)
    return _response(run(_login().handle, replace(_request(request), path=f"/{path}", body=body)))


def _login() -> CardLogin:
    login = settings.SMARTID_LOGIN
    found: CardLogin = import_string(login) if isinstance(login, str) else login
    return found


def _request(request: HttpRequest) -> Request:
    return replace(request_of({**request.META, "PATH_INFO": "", "SCRIPT_NAME": ""}), path=request.path)


def _response(response: Response) -> HttpResponse:
    cookies = [value for name, value in response.headers if name == "set-cookie"]
    headers = {name: value for name, value in response.headers if name != "set-cookie"}
    answer = HttpResponse(response.body, status=response.status, headers=headers)
    for cookie in cookies:
        answer.cookies.load(cookie)
    return answer


urlpatterns = [re_path(r"^(?P<path>.*)$", csrf_exempt(_view))]
"""Guarded by the token of the login, and not by that of Django."""
