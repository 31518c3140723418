"""Whatever is asked of a login, it answers: a response with all its headers, never an exception."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.trust.policy import Policy
from smartid.web.headers import SECURITY_HEADERS
from smartid.web.http import Request, Response
from smartid.web.login import CardLogin
from smartid.web.places import same_site
from smartid.web.rate import Limits
from smartid.web.sessions import fingerprint
from tests.browser import ORIGIN

MANY = 10**9
LIMITS = Limits(
    challenges_per_session=MANY,
    challenges_per_address=MANY,
    logins_per_session=MANY,
    logins_per_address=MANY,
    failures=MANY,
)
LOGIN = CardLogin(ORIGIN, Policy(), limits=LIMITS)
SESSION = "A" * 43
TOKEN = LOGIN.guard.tokens.make(SESSION)

METHODS = st.sampled_from(["GET", "POST", "HEAD", "PUT", "", "\0"])
PATHS = st.sampled_from(["/", "/challenge", "/login", "/logout", "/static/smartid.js"]) | st.text()
COOKIES = st.sampled_from([f"__Host-smartid={SESSION}", f'x; __Host-smartid="{SESSION}"']) | st.text()
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "cookie": COOKIES,
        "origin": st.just(ORIGIN) | st.text(),
        "x-csrf-token": st.just(TOKEN) | st.text(),
        "sec-fetch-site": st.just("same-origin") | st.text(),
        "content-type": st.sampled_from(["application/json", "application/x-www-form-urlencoded"])
        | st.text(),
        "sec-fetch-mode": st.just("navigate"),
        "x-forwarded-for": st.text(),
    },
)
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)
MEMBERS = ["unverifiedCertificate", "algorithm", "signature", "format", "appVersion", "x"]
TOKENS = st.dictionaries(st.sampled_from(MEMBERS), VALUES).map(
    lambda token: json.dumps({"auth-token": token, "next": "/"}).encode()
)
ASKED = st.builds(
    Request,
    method=METHODS,
    path=PATHS,
    query=st.text() | st.just("lang=en&next=/x&again=1"),
    headers=HEADERS,
    body=st.binary() | TOKENS,
    client=st.sampled_from(["", "192.0.2.1", "::1"]) | st.text(),
)
OURS = st.builds(
    Request,
    method=st.just("POST"),
    path=st.sampled_from(["/login", "/logout"]),
    headers=st.just(
        {
            "cookie": f"__Host-smartid={SESSION}",
            "origin": ORIGIN,
            "x-csrf-token": TOKEN,
            "content-type": "application/json",
        }
    ),
    body=st.binary() | TOKENS,
    client=st.integers(0, 2**32 - 1).map(lambda n: f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"),
)


@given(request=ASKED | OURS)
def test_every_request_is_answered(request: Request) -> None:
    if request.path == "/login":
        LOGIN.party.begin(fingerprint(SESSION))
    answer = LOGIN.handle(request)
    assert isinstance(answer, Response)
    assert answer.status in {200, 303, 400, 401, 403, 404, 405, 413, 415, 429}
    assert set(SECURITY_HEADERS) <= set(answer.headers)
    for name, value in answer.headers:
        assert "\n" not in value
        assert "\r" not in value
        f"{name}: {value}".encode("latin-1")


@given(request=ASKED)
def test_a_page_of_the_site_learns_who_is_there(request: Request) -> None:
    assert LOGIN.person(request) is None
    answer = LOGIN.require(request)
    assert isinstance(answer, Response)
    assert answer.status == 303
    LOGIN.csrf_token(request)


@given(place=st.text() | st.from_regex(r"[/\\]{0,3}[a-z.:@%?#\t ]{0,12}"))
def test_a_place_to_go_on_to_lies_on_this_site(place: str) -> None:
    """The urllib of Python is the witness for where a browser would go."""
    from urllib.parse import urljoin, urlsplit

    told = same_site(place)
    assert urlsplit(urljoin("https://shop.example/auth/", told)).netloc == "shop.example"
    assert told in (place, "/")


@pytest.mark.parametrize("good", ["/", "/a", "/a/b?c=d&e=%2F", "/?next=//x", "/a//b", "/.//x"])
def test_places_of_the_site_are_taken(good: str) -> None:
    assert same_site(good, "otherwise") == good
