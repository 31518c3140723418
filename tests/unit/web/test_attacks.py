"""Attacks on a login, each by itself: every one of them once went through, or could have."""

from __future__ import annotations

from typing import Any

import pytest

from smartid.auth.memory_store import MemoryStore
from smartid.trust.policy import Policy
from smartid.web.http import Request
from smartid.web.login import CardLogin
from smartid.web.rate import Limits
from smartid.web.sessions import SignedIn, new_id
from tests.browser import ORIGIN, Browser, Card, header

from .conftest import visitor

SESSION = "__Host-smartid"
PLANTED = "A" * 43


@pytest.mark.parametrize("space", ["\x85", "\xa0", "\x1c", "\x1f", "\x0b", "\x0c"])
def test_a_neighbour_cannot_plant_a_session_behind_a_strange_space(login: CardLogin, space: str) -> None:
    """Browsers keep subdomains from writing ``__Host-`` cookies, unless something stands before the name."""
    planted = f"{space}{SESSION}={PLANTED}"
    cookie = f"{planted}; {SESSION}={'B' * 43}"
    request = Request(method="GET", path="/", headers={"cookie": cookie})
    assert request.cookie(SESSION) == "B" * 43
    alone = Request(
        method="GET", path="/challenge", headers={"cookie": planted, "sec-fetch-site": "same-origin"}
    )
    assert SESSION in (header(login.handle(alone), "set-cookie") or "")


def test_what_is_written_of_requests_and_answers_opens_no_session(browser: Browser, sara: Card) -> None:
    """They end up in logs and tracebacks; the id in them would be worth a login there."""
    seen: list[str] = []
    send = browser.send

    def spy(request: Request) -> object:
        response = send(request)
        seen.extend((repr(request), repr(response)))
        return response

    browser.send = spy  # type: ignore[assignment]
    browser.log_in(sara)
    browser.get("/auth/")
    assert len(seen) == 6
    assert not [text for text in seen if browser.cookies[SESSION] in text or browser.csrf in text]


def test_invented_sessions_do_not_push_the_counter_of_an_address_out(policy: Policy) -> None:
    """A store that is full drops what ends first: that was the counter of the flood itself."""
    limits = Limits(challenges_per_address=5)
    store = MemoryStore(clock=policy.clock, capacity=20)
    flood = visitor(CardLogin(ORIGIN, policy, store=store, limits=limits))
    answers = []
    for _ in range(60):
        flood.cookies[SESSION] = new_id()
        answers.append(flood.get("/auth/challenge").status)
    assert answers == [200] * 5 + [429] * 55


def test_a_proxy_that_nobody_named_is_told_once(
    policy: Policy, login: CardLogin, caplog: pytest.LogCaptureFixture
) -> None:
    """All visitors are one address then, and one stranger uses up the challenges of everybody."""

    def come(to: CardLogin, client: str, forwarded: str) -> str:
        headers = {"x-forwarded-for": forwarded}
        return to.clients.address(Request(method="GET", path="/", headers=headers, client=client))

    named = CardLogin(ORIGIN, policy, trusted_proxies=["127.0.0.1"])
    assert come(named, "127.0.0.1", "203.0.113.9, 8.8.8.8") == "8.8.8.8"
    assert come(named, "127.0.0.1", "203.0.113.9, 10.1.1.1") == "10.1.1.1"
    assert come(login, "8.8.8.8", "203.0.113.9") == "8.8.8.8"
    assert caplog.messages == []
    for _ in range(3):
        assert come(login, "127.0.0.1", "8.8.8.8") == "127.0.0.1"
    assert caplog.messages == ["X-Forwarded-For comes from 127.0.0.1, which is not among trusted_proxies"]


def test_nobody_is_taken_for_who_came_before_where_flask_keeps_one_context(
    login: CardLogin, browser: Browser, sara: Card
) -> None:
    """Many programs push an application context when they start: ``flask.g`` is one for all requests then."""
    flask = pytest.importorskip("flask")
    from smartid.web.flask import install, person

    app = flask.Flask("shop")
    install(app, login)
    app.get("/")(lambda: _name_of(person()))
    browser.log_in(sara)
    cookie = {"cookie": f"{SESSION}={browser.cookies[SESSION]}"}
    client = app.test_client(use_cookies=False)
    with app.app_context():
        assert client.get("/", headers=cookie).get_json() == {"name": "سارا احمدی"}
        assert client.get("/").get_json() == {"name": None}


def test_a_login_of_one_application_is_none_of_another_that_answers_the_same_request(
    policy: Policy, login: CardLogin, browser: Browser, sara: Card
) -> None:
    """As when the second answers what the first does not find."""
    flask = pytest.importorskip("flask")
    from werkzeug.test import Client

    from smartid.web.flask import install, person

    shop, bank = flask.Flask("shop"), flask.Flask("bank")
    install(shop, login)
    install(bank, CardLogin(ORIGIN, policy, prefix="/bank"))
    shop.get("/")(lambda: _name_of(person()))
    bank.get("/")(lambda: _name_of(person()))

    def cascade(environ: Any, start_response: Any) -> Any:
        list(shop(environ, lambda *_: lambda _: None))
        return bank(environ, start_response)

    browser.log_in(sara)
    cookie = {"cookie": f"{SESSION}={browser.cookies[SESSION]}"}
    assert Client(shop, use_cookies=False).get("/", headers=cookie).get_json() == {"name": "سارا احمدی"}
    assert Client(cascade, use_cookies=False).get("/", headers=cookie).get_json() == {"name": None}


def _name_of(found: SignedIn | None) -> dict[str, str | None]:
    return {"name": found.name if found else None}
