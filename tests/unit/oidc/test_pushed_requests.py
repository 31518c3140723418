"""Pushed authorization requests (RFC 9126)."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from smartid.oidc.clients import ClientMethod
from smartid.web.http import Response
from tests.unit.oidc.house import ASSERTION_TYPE, ISSUER, House, answer_of, asking, client, keyed_client

BANK = "https://bank.example/back"


@pytest.fixture
def house() -> House:
    made = House(clients=(client(), keyed_client(require_par=True)))
    made.sign_in()
    return made


def push(house: House, assertion: str | None = None, **changes: str | None) -> Response:
    proof = {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion or house.assertion(aud=f"{ISSUER}/par"),
    }
    form = asking(**{"client_id": "bank", "redirect_uri": BANK, **changes})
    return house.send("POST", "/par", urlencode({**form, **proof}))


def pushed(house: House, **changes: str | None) -> str:
    response = push(house, **changes)
    assert response.status == 201, response.body
    found = json.loads(response.body)
    assert found["expires_in"] == 60
    return str(found["request_uri"])


def begin(house: House, request_uri: str, **more: str) -> Response:
    asked = {"client_id": "bank", "request_uri": request_uri, **more}
    return house.send("GET", f"/authorize?{urlencode(asked)}")


def test_a_pushed_request_is_answered(house: House) -> None:
    name = pushed(house)
    assert name.startswith("urn:ietf:params:oauth:request_uri:")
    answer = answer_of(house.consented(begin(house, name)), BANK)
    assert answer["state"] == "st"
    assert house.exchange_with(house.assertion(), answer["code"]).status == 200


def test_what_the_browser_adds_does_not_count(house: House) -> None:
    first = begin(house, pushed(house), scope="openid nationality", redirect_uri="https://evil.example/")
    answer = answer_of(house.consented(first), BANK)
    tokens = json.loads(house.exchange_with(house.assertion(), answer["code"]).body)
    assert tokens["scope"] == "openid profile national_number"


def test_a_pushed_request_works_once(house: House) -> None:
    name = pushed(house)
    assert begin(house, name).status == 303
    assert begin(house, name).status == 400


def test_a_pushed_request_lives_a_minute(house: House) -> None:
    early, late = pushed(house), pushed(house)
    house.clock.pass_by(seconds=59)
    assert begin(house, early).status == 303
    house.clock.pass_by(seconds=1)
    assert begin(house, late).status == 400


def test_a_pushed_request_belongs_to_its_client(house: House) -> None:
    asked = urlencode({"client_id": "shop", "request_uri": pushed(house)})
    assert house.send("GET", f"/authorize?{asked}").status == 400


def test_a_client_that_has_to_push_has_to_push(house: House) -> None:
    answer = answer_of(house.authorize(client_id="bank", redirect_uri=BANK), BANK)
    assert answer["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
    ],
)
def test_breaches_are_told_at_once(house: House, changes: dict[str, str | None], error: str) -> None:
    response = push(house, **changes)
    assert response.status == 400
    assert json.loads(response.body)["error"] == error


def test_only_who_proves_itself_may_push(house: House) -> None:
    assert push(house, "a.b.c").status == 401
    assert push(house, client_id="shop").status == 401
    assert house.send("POST", "/par", urlencode(asking(client_id="bank", redirect_uri=BANK))).status == 401
    assert house.send("GET", "/par").status == 405


def test_no_proof_is_kept(house: House) -> None:
    pushed(house)
    kept = repr([kind.entries for kind in house.store._kinds.values()])
    assert "client_assertion" not in kept


def test_a_flood_of_public_requests_is_stopped() -> None:
    house = House(clients=(client("app", method=ClientMethod.NONE),))
    form = urlencode(asking(client_id="app", redirect_uri="https://app.example/back"))
    answers = [house.send("POST", "/par", form).status for _ in range(301)]
    assert answers == [201] * 300 + [429]
