"""Somebody who waits before a question cannot leave out the checks, or answer for another person."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from smartid.oidc.claims import ACR_CARD
from smartid.web.http import Response
from tests.unit.oidc.house import SARA, House, answer_of, location

OTHER = replace(SARA, national_number="1111111111", given_names="مینا")


def straight_to_consent(house: House, first: Response) -> Response:
    """Go to the consent with the ticket of the login page, past the step between."""
    return house.send("GET", location(first).replace("/sign-in", "/consent"))


def test_the_consent_takes_no_login_that_the_site_does_not_take() -> None:
    house = House()
    first = house.authorize(acr_values=ACR_CARD)
    house.sign_in(throw_away=True)
    refused = answer_of(straight_to_consent(house, first))
    assert refused["error"] == "unmet_authentication_requirements"


def test_the_consent_takes_nobody_without_a_number() -> None:
    house = House()
    first = house.authorize()
    house.sign_in(replace(SARA, national_number=None))
    assert answer_of(straight_to_consent(house, first))["error"] == "access_denied"


def test_the_consent_takes_nobody_but_the_person_whom_the_site_expects() -> None:
    house = House()
    house.sign_in()
    hint = str(json.loads(house.token(house.code()).body)["id_token"])
    house.cookie = ""
    first = house.authorize(id_token_hint=hint)
    house.sign_in(OTHER)
    assert answer_of(straight_to_consent(house, first))["error"] == "login_required"


def test_a_page_of_one_person_is_not_answered_by_another() -> None:
    house = House()
    house.sign_in()
    first = house.authorize()
    page = house.send("GET", location(first)).body.decode()
    fields = dict(re.findall(r'name="(csrf|ticket)" value="([^"]*)"', page))
    house.sign_in(OTHER)
    answered = house.send("POST", "/consent", urlencode({**fields, "answer": "allow"}))
    assert answered.status == 403
    assert "مینا" in house.send("GET", location(first)).body.decode()


def test_who_answers_with_a_mock_card_in_the_meantime_is_refused() -> None:
    house = House()
    house.sign_in()
    first = house.authorize(acr_values=ACR_CARD)
    assert location(first).startswith("/consent")
    house.sign_in(throw_away=True)
    posted = house.send("POST", "/consent", location(first).partition("?")[2] + "&answer=allow")
    assert answer_of(posted)["error"] == "unmet_authentication_requirements"


def test_a_no_ends_an_earlier_yes() -> None:
    house = House()
    house.sign_in()
    house.code()
    assert "code" in answer_of(house.authorize(prompt="none"))
    refused = house.consented(house.authorize(prompt="consent"), "deny")
    assert answer_of(refused)["error"] == "access_denied"
    assert answer_of(house.authorize(prompt="none"))["error"] == "consent_required"


def test_a_login_of_the_future_is_not_fresh() -> None:
    house = House()
    house.sign_in()
    house.clock.pass_by(minutes=-15)
    assert location(house.authorize()).startswith("/consent")
    for changes in ({"prompt": "login"}, {"max_age": "60"}):
        assert location(house.authorize(**changes)).startswith("/sign-in")
    house.clock.pass_by(minutes=14, seconds=30)
    assert location(house.authorize(max_age="60")).startswith("/consent"), "clocks may differ a little"
