"""Whatever is asked of the provider, it answers; and nobody is ever sent where no site has registered."""

from __future__ import annotations

import json
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from smartid.web.headers import SECURITY_HEADERS
from smartid.web.http import Request, Response
from tests.unit.oidc.house import BACK, CHALLENGE, FORM, ISSUER, SECRET, VERIFIER, House, asking, exchange

HOUSE = House()
HOUSE.sign_in()
SIGNED_IN = f"__Host-smartid={HOUSE.cookie}"
PATHS = (
    "/.well-known/openid-configuration",
    "/jwks",
    "/authorize",
    "/sign-in",
    "/resume",
    "/consent",
    "/par",
    "/token",
    "/userinfo",
    "/logout",
    "/auth/",
    "/auth/logout",
)
NAMES = (
    *asking(),
    *exchange(""),
    "prompt",
    "max_age",
    "acr_values",
    "ui_locales",
    "request",
    "request_uri",
    "ticket",
    "answer",
    "csrf",
    "client_assertion",
    "client_assertion_type",
    "id_token_hint",
    "dpop_jkt",
    "lang",
    "state",
    "post_logout_redirect_uri",
)
TEXT = st.text(max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
HEADER = st.fixed_dictionaries(
    {},
    optional={"alg": st.sampled_from(["ES256", "none", "HS256"]) | JSON, "kid": st.just("shop-1") | JSON}
    | {"jwk": JSON, "typ": st.just("dpop+jwt") | JSON, "crit": JSON, "b64": JSON},
)
CLAIMS = st.fixed_dictionaries(
    {}, optional={name: JSON | st.just("bank") for name in ("iss", "sub", "aud", "exp", "jti", "iat", "htm")}
)


def encoded(value: object) -> str:
    import base64

    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


JWTS = st.builds(lambda head, body, end: f"{encoded(head)}.{encoded(body)}.{end}", HEADER, CLAIMS, TEXT)
VALUES = (
    TEXT
    | JWTS
    | st.sampled_from([BACK, CHALLENGE, VERIFIER, "shop", "bank", "none", "openid", "code", "S256"])
)
PARAMETERS = st.dictionaries(st.sampled_from(NAMES) | TEXT, VALUES, max_size=8)
CHANGED = st.builds(lambda more: {**asking(), **more}, PARAMETERS)
QUERIES = (PARAMETERS | CHANGED).map(lambda found: urlencode(found, errors="surrogatepass"))
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "cookie": st.just(SIGNED_IN) | TEXT,
        "origin": st.just(ISSUER) | TEXT,
        "content-type": st.just(FORM) | TEXT,
        "authorization": st.sampled_from([f"Bearer {SECRET}", "Basic c2hvcDo="]) | TEXT,
        "dpop": JWTS | TEXT,
    },
)
ASKED = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST", "OPTIONS", "HEAD", ""]),
    path=st.sampled_from(PATHS) | TEXT,
    query=QUERIES | TEXT,
    headers=HEADERS,
    body=QUERIES.map(str.encode) | st.binary(max_size=60),
    client=st.just("") | TEXT,
)


def allowed(address: str) -> bool:
    """Where the provider may send a browser: its own pages, and what sites have registered."""
    if address.startswith("/") and not address.startswith(("//", "/\\")):
        return True
    registered = {
        urlsplit(uri)[:3] for one in HOUSE.provider.context.clients.values() for uri in one.redirect_uris
    }
    return urlsplit(address)[:3] in registered and not urlsplit(address).fragment


@given(ASKED)
@settings(max_examples=100)
def test_every_request_is_answered(request: Request) -> None:
    response = HOUSE.provider.handle(request)
    assert isinstance(response, Response)
    named = dict(response.headers)
    assert response.status < 500
    assert {name for name, _ in SECURITY_HEADERS} <= named.keys()
    assert allowed(named.get("location", "/"))
    assert not any(set(value) & set("\r\n\0") for value in named.values())


@given(st.text(max_size=60) | st.text("/\\.:@#?%htpsevilxamqgbkc", max_size=60))
def test_nobody_is_sent_to_an_address_that_is_not_registered(address: str) -> None:
    for prefix in ("", "https://shop.example/", BACK, "https://shop.example"):
        query = urlencode(asking(redirect_uri=prefix + address), errors="surrogatepass")
        request = Request(method="GET", path="/authorize", query=query, headers={"cookie": SIGNED_IN})
        response = HOUSE.provider.handle(request)
        if prefix + address != BACK:
            assert response.status == 400


@given(st.binary(max_size=200))
def test_only_encoding_errors_come_from_configurations(data: bytes) -> None:
    from pathlib import Path

    from smartid.errors import EncodingError
    from smartid.oidc.config import parse_configuration

    with pytest.raises(EncodingError):
        parse_configuration(data, Path("nowhere"))
