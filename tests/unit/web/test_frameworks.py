"""The same few things over every framework, through test clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from smartid.web.http import MAX_BODY, Request, Response
from smartid.web.login import CardLogin
from tests.browser import ORIGIN, Browser, Card, Send, header

Site = Callable[[CardLogin], Send]


def starlette_site(login: CardLogin) -> Send:
    """``/`` says who is there and gives a token, ``/account`` wants somebody."""
    pytest.importorskip("starlette")
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from smartid.web.starlette import csrf_token, install, person, require

    async def home(request: Any) -> Any:
        found = await person(request)
        return JSONResponse({"name": found.name if found else None, "csrf": csrf_token(request)})

    async def account(request: Any) -> Any:
        return JSONResponse({"name": (await require(request)).name})

    app = Starlette(routes=[Route("/", home), Route("/account", account)])
    install(app, login)
    return asgi_client(app)


def fastapi_site(login: CardLogin) -> Send:
    pytest.importorskip("fastapi")
    from .fastapi_site import application

    return asgi_client(application(login))


def asgi_client(app: Any) -> Send:
    httpx = pytest.importorskip("httpx")

    async def ask(request: Request) -> Any:
        wire = httpx.ASGITransport(app=app, client=(request.client, 1))
        async with httpx.AsyncClient(transport=wire, base_url=ORIGIN) as client:
            return await client.request(
                request.method,
                request.path + (f"?{request.query}" if request.query else ""),
                headers=dict(request.headers),
                content=request.body,
            )

    def send(request: Request) -> Response:
        answer = asyncio.run(ask(request))
        headers = tuple(answer.headers.multi_items())
        return Response(status=answer.status_code, body=answer.content, headers=headers)

    return send


def flask_site(login: CardLogin) -> Send:
    flask = pytest.importorskip("flask")
    from smartid.web.flask import csrf_token, install, person, require

    app = flask.Flask("shop")
    install(app, login)

    @app.get("/")
    def home() -> dict[str, str | None]:
        found = person()
        assert person() is found
        return {"name": found.name if found else None, "csrf": csrf_token()}

    @app.get("/account")
    @require
    def account() -> dict[str, str]:
        found = person()
        assert found
        return {"name": found.name}

    client = app.test_client(use_cookies=False)

    def send(request: Request) -> Response:
        headers = dict(request.headers)
        kind = headers.pop("content-type", None)
        answer = client.open(
            request.path,
            method=request.method,
            query_string=request.query,
            headers=headers,
            content_type=kind,
            data=request.body,
            base_url=ORIGIN,
            environ_overrides={"REMOTE_ADDR": request.client},
        )
        return Response(status=answer.status_code, body=answer.data, headers=tuple(answer.headers))

    return send


def django_site(login: CardLogin) -> Send:
    pytest.importorskip("django")
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["shop.example"],
            ROOT_URLCONF="tests.unit.web.django_site",
            MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware", "smartid.web.django.middleware"],
            USE_TZ=True,
            LOGGING_CONFIG=None,
        )
        django.setup()
    settings.SMARTID_LOGIN = login
    from django.test import Client

    client = Client(enforce_csrf_checks=True)

    def send(request: Request) -> Response:
        headers = {
            "HTTP_" + name.upper().replace("-", "_"): value
            for name, value in request.headers.items()
            if name != "content-type"
        }
        answer = client.generic(
            request.method,
            request.path,
            request.body,
            content_type=request.headers.get("content-type", ""),
            secure=True,
            QUERY_STRING=request.query,
            REMOTE_ADDR=request.client,
            HTTP_HOST="shop.example",
            **headers,
        )
        cookies = [("set-cookie", morsel.OutputString()) for morsel in answer.cookies.values()]
        client.cookies.clear()
        return Response(
            status=answer.status_code, body=answer.content, headers=(*answer.headers.items(), *cookies)
        )

    return send


@pytest.fixture(
    params=[starlette_site, fastapi_site, flask_site, django_site], ids=lambda make: make.__name__
)
def site(request: pytest.FixtureRequest, login: CardLogin) -> Browser:
    return Browser(request.param(login))


def test_somebody_logs_in_and_out(site: Browser, sara: Card) -> None:
    assert json.loads(site.get("/").body)["name"] is None
    assert site.log_in(sara).status == 200
    told = json.loads(site.get("/").body)
    assert told["name"] == "سارا احمدی"
    assert json.loads(site.get("/account").body)["name"] == "سارا احمدی"
    form = {"content_type": "application/x-www-form-urlencoded", "x_csrf_token": None}
    answer = site.post("/auth/logout", f"csrf={told['csrf']}&next=/".encode(), **form)
    assert (answer.status, header(answer, "location")) == (303, "/")
    assert site.cookies == {}
    assert json.loads(site.get("/").body)["name"] is None


def test_a_page_for_members_leads_to_the_login_and_back(site: Browser, sara: Card) -> None:
    answer = site.get("/account?tab=2")
    assert (answer.status, header(answer, "location")) == (303, "/auth/?next=%2Faccount%3Ftab%3D2")
    page = site.get("/auth/?next=%2Faccount%3Ftab%3D2&lang=en")
    assert page.status == 200
    assert 'next="/account?tab=2"' in page.body.decode()
    assert set(site.cookies) == {"__Host-smartid", "__Host-smartid-lang"}
    before = dict(site.cookies)
    site.log_in(sara)
    assert site.cookies["__Host-smartid"] != before["__Host-smartid"]
    assert site.get("/account").status == 200


def test_a_forged_login_is_refused(site: Browser, sara: Card) -> None:
    site.challenge()
    assert site.post("/auth/login", b"{}", x_csrf_token=None).status == 403
    assert site.post("/auth/login", b"{}", origin="https://evil.example").status == 403


def test_a_long_body_is_refused(site: Browser) -> None:
    site.challenge()
    answer = site.post("/auth/login", b" " * (MAX_BODY + 1))
    assert (answer.status, json.loads(answer.body)["reason"]) == (413, "body_too_large")
    assert header(answer, "x-content-type-options") == "nosniff"


def test_head_is_get_without_its_body(site: Browser) -> None:
    answer = site.ask("HEAD", "/auth/", {})
    assert (answer.status, answer.body) == (200, b"")
    assert (header(answer, "content-type") or "").startswith("text/html")


def test_files_of_the_page_are_served(site: Browser) -> None:
    answer = site.get("/auth/static/smartid.js")
    assert answer.status == 200
    assert b"authenticate" in answer.body


def test_the_address_of_the_client_arrives(
    site: Browser, sara: Card, login: CardLogin, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    address = login.clients.address
    monkeypatch.setattr(login.clients, "address", lambda request: seen.append(address(request)) or seen[-1])
    site.log_in(sara)
    assert set(seen) == {"192.0.2.7"}
