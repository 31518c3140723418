"""What the provider says about itself, and to whom browsers may show its answers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from smartid.auth.memory_store import MemoryStore
from smartid.errors import EncodingError, StoreUnavailable
from smartid.oidc.clients import ClientMethod
from smartid.oidc.keys import KeyRing
from smartid.oidc.provider import Provider
from smartid.oidc.words import PROBLEMS
from smartid.trust.policy import Policy
from smartid.web.login import CardLogin
from tests.unit.oidc.house import ISSUER, House, Silent, answer_of, asking, client, location

PAGE = "https://app.example"


@pytest.fixture
def house() -> House:
    page = client("app", method=ClientMethod.NONE, origins=frozenset({PAGE}))
    return House(clients=(client(), page))


def test_the_metadata_are_those_of_a_strict_provider(house: House) -> None:
    found = json.loads(house.send("GET", "/.well-known/openid-configuration").body)
    assert found["issuer"] == ISSUER
    assert found["response_types_supported"] == ["code"]
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["subject_types_supported"] == ["pairwise"]
    assert found["id_token_signing_alg_values_supported"] == ["ES256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert "none" not in found["token_endpoint_auth_signing_alg_values_supported"]
    assert all(value.startswith(f"{ISSUER}/") for name, value in found.items() if name.endswith("_endpoint"))


def test_every_endpoint_of_the_metadata_is_there(house: House) -> None:
    found = json.loads(house.send("GET", "/.well-known/openid-configuration").body)
    for name, address in found.items():
        if name.endswith(("_endpoint", "_uri")):
            assert house.send("POST", address).status != 404, name


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/token/", "//token", "/.well-known/openid-configuration/"]
)
def test_there_is_nothing_else(house: House, path: str) -> None:
    assert house.send("GET", path).status == 404


def test_a_page_that_is_not_there_blames_no_site(house: House) -> None:
    text = house.send("GET", "/nothing?lang=en").body.decode()
    assert "There is no such page." in text
    assert "made a mistake" not in text


def test_a_problem_is_the_same_in_the_other_language(house: House) -> None:
    asked = "/authorize?client_id=stranger&ui_locales=fa"
    persian = unescape(house.send("GET", asked).body.decode())
    link = f"{asked}&lang=en"
    assert f'href="{link}"' in persian
    assert PROBLEMS["client"][1] in house.send("GET", link).body.decode()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/token"), ("GET", "/par"), ("POST", "/jwks"), ("POST", "/resume"), ("DELETE", "/authorize")],
)
def test_methods_are_few(house: House, method: str, path: str) -> None:
    response = house.send(method, path)
    assert response.status == 405
    assert method not in dict(response.headers)["allow"]


def test_every_answer_is_guarded(house: House) -> None:
    for path in ("/jwks", "/authorize", "/sign-in", "/nothing", "/userinfo", "/auth/"):
        named = dict(house.send("GET", path).headers)
        assert "default-src 'none'" in named["content-security-policy"], path
        assert named["x-content-type-options"] == "nosniff"
        assert named["cache-control"] == "no-store"


def test_registered_pages_may_read_answers(house: House) -> None:
    for path in ("/token", "/userinfo"):
        preflight = dict(house.send("OPTIONS", path, origin=PAGE).headers)
        assert preflight["access-control-allow-origin"] == PAGE
        assert "authorization" in preflight["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in preflight
    answer = dict(house.send("POST", "/token", origin=PAGE).headers)
    assert answer["access-control-allow-origin"] == PAGE
    assert "Origin" in answer["vary"]


def test_other_pages_may_not(house: House) -> None:
    for path in ("/token", "/userinfo", "/par"):
        for origin in ("https://evil.example", "null", f"{PAGE}.evil.example", "http://app.example"):
            assert "access-control-allow-origin" not in dict(
                house.send("OPTIONS", path, origin=origin).headers
            )
    for path in ("/authorize", "/consent", "/sign-in", "/logout"):
        assert "access-control-allow-origin" not in dict(house.send("GET", path, origin=PAGE).headers)


def test_discovery_is_for_everybody(house: House) -> None:
    named = dict(house.send("GET", "/jwks", origin="https://anyone.example").headers)
    assert named["access-control-allow-origin"] == "*"


def test_the_card_login_stands_beside_it(house: House) -> None:
    assert house.send("GET", "/auth/static/smartid.js").status == 200
    assert house.send("GET", "/auth/challenge").status == 403, "no page of ours asks"


def test_a_provider_needs_its_own_login() -> None:
    login = CardLogin("https://other.example", Policy())
    keys = KeyRing.generate()
    with pytest.raises(ValueError, match="login"):
        Provider(ISSUER, login, (), keys, secret=b"x" * 32)
    with pytest.raises(ValueError, match="secret"):
        Provider(ISSUER, CardLogin(ISSUER, Policy()), (), keys, secret=b"short")
    with pytest.raises(EncodingError):
        Provider(f"{ISSUER}/path", CardLogin(ISSUER, Policy()), (), keys, secret=b"x" * 32)


class Broken(MemoryStore):
    """A store that has lost its database."""

    def _fail(self, *_: Any) -> Any:
        raise StoreUnavailable("it is gone")

    get = put = add = take = count = _fail


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/authorize?{urlencode(asking())}"),
        ("GET", "/resume?ticket=" + "a" * 43),
        ("GET", "/consent?ticket=" + "a" * 43),
        ("GET", "/logout"),
        ("GET", "/auth/"),
        ("POST", "/auth/login"),
        ("POST", "/auth/logout"),
    ],
)
def test_a_lost_store_is_an_answer(method: str, path: str) -> None:
    login = CardLogin(ISSUER, replace(Policy()), store=Broken())
    provider = Provider(ISSUER, login, (client(),), KeyRing.generate(), secret=b"x" * 32)
    house = House(cookie="a" * 43)
    house.provider = provider
    assert house.send(method, path).status == 503


class Flaky(MemoryStore):
    """Does not answer the call of one number."""

    fails, calls = 0, 0

    def _now_and_then(self) -> None:
        self.calls += 1
        if self.calls == self.fails:
            raise StoreUnavailable("for a moment")

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self._now_and_then()
        super().put(key, value, lifetime)

    def add(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        self._now_and_then()
        return super().add(key, value, lifetime)

    def get(self, key: str) -> bytes | None:
        self._now_and_then()
        return super().get(key)

    def take(self, key: str) -> bytes | None:
        self._now_and_then()
        return super().take(key)

    def count(self, key: str, window: timedelta) -> int:
        self._now_and_then()
        return super().count(key, window)


def test_a_store_that_fails_at_any_moment_gives_no_wrong_answer() -> None:
    """The whole way, once for each call of the store that may fail; what was asked in vain is asked again."""
    for number in range(1, 100):
        house = House()
        flaky = Flaky(clock=house.clock)
        house.login = CardLogin(ISSUER, house.login.policy, store=flaky, secret=house.secret)
        house.provider = Provider(
            ISSUER, house.login, house.clients, house.keys, secret=house.secret, back_channel=Silent()
        )
        house.sign_in()
        flaky.fails = flaky.calls + number
        first = house.authorize()
        if first.status == 503:
            first = house.authorize()
        page = house.send("GET", location(first))
        if page.status == 503:
            page = house.send("GET", location(first))
        fields = dict(re.findall(r'name="(csrf|ticket)" value="([^"]*)"', page.body.decode()))
        form = urlencode({**fields, "answer": "allow"})
        given = house.send("POST", "/consent", form)
        if given.status != 303:
            assert given.status == 503
            given = house.authorize()
            given = given if "code=" in location(given) else house.consented(given)
        code = answer_of(given)["code"]
        tokens = [house.token(code), house.token(code)]
        assert {one.status for one in tokens} <= {200, 400, 503}
        assert [one.status for one in tokens].count(200) <= 1
        if flaky.calls < flaky.fails:
            return
    pytest.fail("there is no end")
