"""From the site's question to the claims: what is given, and everything that is refused on the way."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from smartid.oidc.clients import ClientMethod
from smartid.oidc.context import Lifetimes
from tests.unit.oidc.house import (
    BACK,
    ISSUER,
    LOOPBACK,
    SARA,
    House,
    answer_of,
    client,
    keyed_client,
    location,
    payload,
)


@pytest.fixture
def house() -> House:
    made = House()
    made.sign_in()
    return made


def body(response: object) -> dict[str, object]:
    found: dict[str, object] = json.loads(response.body)  # type: ignore[attr-defined]
    return found


def test_a_person_who_agrees_is_known_to_the_site(house: House) -> None:
    first = house.authorize()
    assert location(first).startswith("/consent?ticket=")
    answer = answer_of(house.consented(first))
    assert answer["state"] == "st"
    assert answer["iss"] == ISSUER  # RFC 9207
    tokens = body(house.token(answer["code"]))
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "openid profile national_number"
    assert "refresh_token" not in tokens
    claims = payload(str(tokens["id_token"]))
    now = int(house.clock().timestamp())
    assert claims["iss"] == ISSUER
    assert claims["aud"] == "shop"
    assert claims["nonce"] == "no"
    assert (claims["iat"], claims["exp"], claims["auth_time"]) == (now, now + 300, now)
    assert claims["acr"] == "urn:smartid:acr:card-and-pin"
    assert claims["amr"] == ["sc", "pin", "hwk"]
    assert "national_number" not in claims
    known = body(house.userinfo(str(tokens["access_token"])))
    assert known == {
        "sub": claims["sub"],
        "name": "سارا نمونه",
        "given_name": "سارا",
        "family_name": "نمونه",
        "national_number": "0012345679",
    }


def test_scopes_that_were_not_asked_for_give_nothing(house: House) -> None:
    code = house.code(scope="openid birthdate gender nationality unknown")
    tokens = body(house.token(code))
    known = body(house.userinfo(str(tokens["access_token"])))
    known.pop("sub")
    assert known == {"birthdate": "1990-03-21", "gender": "female", "nationality": "IRN"}
    assert tokens["scope"] == "openid birthdate gender nationality"


def test_a_card_without_a_field_gives_the_others(house: House) -> None:
    house.sign_in(replace(SARA, birth_date=None))
    tokens = body(house.token(house.code(scope="openid birthdate gender")))
    known = body(house.userinfo(str(tokens["access_token"])))
    assert known.keys() == {"sub", "gender"}


def test_the_consent_page_shows_the_very_values(house: House) -> None:
    page = house.send("GET", location(house.authorize()))
    text = page.body.decode()
    assert page.status == 200
    assert "0012345679" in text
    assert "نمونه" in text
    assert "1990" not in text


def test_who_does_not_agree_is_sent_back_without_a_code(house: House) -> None:
    answer = answer_of(house.consented(house.authorize(), "deny"))
    assert answer["error"] == "access_denied"
    assert (answer["state"], answer["iss"]) == ("st", ISSUER)
    assert "code" not in answer


def test_consent_is_remembered_for_what_was_agreed_to(house: House) -> None:
    house.code()
    assert "code" in answer_of(house.authorize())
    assert "code" in answer_of(house.authorize(scope="openid profile"))
    assert location(house.authorize(scope="openid birthdate")).startswith("/consent")
    assert location(house.authorize(prompt="consent")).startswith("/consent")
    house.sign_in(replace(SARA, national_number="1111111111"))
    assert location(house.authorize()).startswith("/consent")
    house.clock.pass_by(days=31)
    house.sign_in()
    assert location(house.authorize()).startswith("/consent")


def test_consent_needs_the_token_of_our_page(house: House) -> None:
    place = location(house.authorize())
    ticket = place.partition("=")[2]
    refused = house.send("POST", "/consent", f"ticket={ticket}&answer=allow&csrf=guessed")
    assert refused.status == 403
    again = house.send("GET", place)
    assert again.status == 200, "the question still waits"


def test_consent_from_another_site_is_refused(house: House) -> None:
    first = house.authorize()
    page = house.send("GET", location(first)).body.decode()
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    ticket = location(first).partition("=")[2]
    form = f"ticket={ticket}&answer=allow&csrf={csrf}"
    assert house.send("POST", "/consent", form, origin="https://evil.example").status == 403
    assert "code" in answer_of(house.send("POST", "/consent", form))


def test_a_question_is_answered_once(house: House) -> None:
    first = house.authorize()
    page = house.send("GET", location(first)).body.decode()
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    form = f"ticket={location(first).partition('=')[2]}&answer=allow&csrf={csrf}"
    assert "code" in answer_of(house.send("POST", "/consent", form))
    assert house.send("POST", "/consent", form).status == 400


def test_nobody_is_signed_in(house: House) -> None:
    house.cookie = ""
    first = house.authorize()
    assert location(first).startswith("/sign-in?ticket=")
    page = house.send("GET", location(first))
    assert page.status == 200
    assert b"<smartid-login" in page.body
    assert b"shop.example" in page.body
    house.sign_in()
    back = house.send("GET", location(first).replace("/sign-in", "/resume"))
    assert location(back).startswith("/consent?ticket=")


def test_prompt_none_asks_nobody(house: House) -> None:
    assert answer_of(house.authorize(prompt="none"))["error"] == "consent_required"
    house.code()
    assert "code" in answer_of(house.authorize(prompt="none"))
    house.cookie = ""
    refused = answer_of(house.authorize(prompt="none"))
    assert (refused["error"], refused["state"]) == ("login_required", "st")


def test_prompt_login_asks_for_the_card_again(house: House) -> None:
    house.code()
    house.clock.pass_by(seconds=5)
    first = house.authorize(prompt="login")
    assert location(first).startswith("/sign-in")
    resume = location(first).replace("/sign-in", "/resume")
    assert location(house.send("GET", resume)).startswith("/sign-in"), "the old login does not count"
    house.sign_in()
    assert "code" in answer_of(house.send("GET", resume))


def test_max_age_asks_for_the_card_again(house: House) -> None:
    house.code()
    house.clock.pass_by(seconds=60)
    assert "code" in answer_of(house.authorize(max_age="60"))
    house.clock.pass_by(seconds=1)
    first = house.authorize(max_age="60")
    assert location(first).startswith("/sign-in")
    assert answer_of(house.authorize(max_age="60", prompt="none"))["error"] == "login_required"
    house.sign_in()
    answer = answer_of(house.send("GET", location(first).replace("/sign-in", "/resume")))
    claims = payload(str(body(house.token(answer["code"]))["id_token"]))
    assert claims["auth_time"] == int(house.clock().timestamp())


def test_a_site_can_say_whom_it_expects(house: House) -> None:
    hint = str(body(house.token(house.code()))["id_token"])
    assert "code" in answer_of(house.authorize(id_token_hint=hint, prompt="none"))
    house.clock.pass_by(hours=1)
    house.sign_in(replace(SARA, national_number="1111111111"))
    assert answer_of(house.authorize(id_token_hint=hint))["error"] == "login_required"
    assert answer_of(house.authorize(id_token_hint="a.b.c"))["error"] == "invalid_request"
    bank = answer_of(
        house.authorize(client_id="bank", redirect_uri="https://bank.example/back", id_token_hint=hint),
        "https://bank.example/back",
    )
    assert bank["error"] == "invalid_request"


def test_a_mock_card_says_so(house: House) -> None:
    real = house.code()
    house.sign_in(throw_away=True)
    test = payload(str(body(house.token(house.code()))["id_token"]))
    assert test["acr"] == "urn:smartid:acr:test-card"
    assert test["amr"] == ["sc", "pin", "swk"]
    assert test["sub"] != payload(str(body(house.token(real))["id_token"]))["sub"]


def test_a_site_that_wants_real_cards_gets_no_mock_card(house: House) -> None:
    house.sign_in(throw_away=True)
    refused = answer_of(house.authorize(acr_values="urn:smartid:acr:card-and-pin"))
    assert refused["error"] == "unmet_authentication_requirements"
    both = house.authorize(acr_values="urn:smartid:acr:card-and-pin urn:smartid:acr:test-card")
    assert location(both).startswith("/consent")


def test_a_card_without_a_number_has_no_subject(house: House) -> None:
    house.sign_in(replace(SARA, national_number=None))
    assert answer_of(house.authorize())["error"] == "access_denied"


def test_subjects_are_pairwise() -> None:
    same = client("inn", redirect_uris=("https://shop.example/inn",))
    house = House(clients=(client(), same, client("bank")))
    people = {}
    for number in ("0012345679", "0022345671"):
        house.sign_in(replace(SARA, national_number=number))
        for one in ("shop", "inn", "bank"):
            registered = house.provider.context.clients[one]
            person = house.login.sessions.find(house.cookie)
            assert person is not None
            people[number, one] = house.provider.context.subject(registered, person)
    assert people["0012345679", "shop"] == people["0012345679", "inn"], "one sector, one subject"
    assert len(set(people.values())) == 4
    house.sign_in(replace(SARA, document_number="another card"))
    person = house.login.sessions.find(house.cookie)
    assert person is not None
    renewed = house.provider.context.subject(house.provider.context.clients["shop"], person)
    assert renewed == people["0012345679", "shop"]


# what a site may not ask


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": 'co"de'}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://shop.example/request"}, "request_uri_not_supported"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "select_account"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"nonce": "n" * 1025}, "invalid_request"),
    ],
)
def test_breaches_of_the_profile_go_back_to_the_site(
    house: House, changes: dict[str, str | None], error: str
) -> None:
    answer = answer_of(house.authorize(**changes))
    assert answer["error"] == error
    assert (answer["state"], answer["iss"]) == ("st", ISSUER)
    assert "code" not in answer


def test_a_scope_beyond_the_registration_is_refused() -> None:
    house = House(clients=(client(scopes=frozenset({"openid", "profile"})),))
    house.sign_in()
    assert answer_of(house.authorize())["error"] == "invalid_scope"


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/back"},
        {"redirect_uri": "https://shop.example/back/"},
        {"redirect_uri": "https://shop.example/back?x=1"},
        {"redirect_uri": "https://shop.example/Back"},
        {"redirect_uri": "https://shop.example:443/back"},
        {"redirect_uri": "https://shop.example/back#f"},
        {"redirect_uri": "https://shop.example/back/../back"},
        {"redirect_uri": "https://shop.example\\@evil.example/back"},
        {"redirect_uri": "javascript:alert(1)//https://shop.example/back"},
        {"client_id": None},
        {"client_id": "nobody"},
        {"client_id": "bank"},
    ],
)
def test_who_is_not_registered_gets_nobody_sent(house: House, changes: dict[str, str | None]) -> None:
    response = house.authorize(**changes)
    assert response.status == 400
    assert not [value for name, value in response.headers if name == "location"]


def test_a_parameter_twice_is_refused(house: House) -> None:
    response = house.send("GET", f"/authorize?client_id=shop&redirect_uri={BACK}&redirect_uri={BACK}")
    assert response.status == 400


def test_native_applications_are_called_back_on_any_port_of_loopback() -> None:
    uris = (LOOPBACK, "http://[::1]/back")
    house = House(clients=(client("app", method=ClientMethod.NONE, native=True, redirect_uris=uris),))
    house.sign_in()
    for address in ("http://127.0.0.1:49152/back", "http://[::1]:8000/back"):
        first = house.authorize(client_id="app", redirect_uri=address)
        response = house.consented(first) if "/consent" in location(first) else first
        assert location(response).startswith(f"{address}?code=")
    for address in ("http://localhost:49152/back", "http://127.0.0.1:1/other", "http://127.0.0.1:1x/back"):
        assert house.authorize(client_id="app", redirect_uri=address).status == 400


def test_a_web_site_has_no_free_port() -> None:
    house = House(clients=(client(redirect_uris=("https://127.0.0.1/back",)),))
    assert house.authorize(redirect_uri="https://127.0.0.1:1/back").status == 400


# codes


def error_of(response: object) -> object:
    assert response.status == 400, response  # type: ignore[attr-defined]
    return body(response)["error"]


def test_a_code_works_once_and_its_second_use_takes_the_tokens_back(house: House) -> None:
    code = house.code()
    tokens = body(house.token(code))
    access = str(tokens["access_token"])
    assert house.userinfo(access).status == 200
    assert error_of(house.token(code)) == "invalid_grant"
    refused = house.userinfo(access)
    assert refused.status == 401
    assert 'error="invalid_token"' in dict(refused.headers)["www-authenticate"]


def test_of_many_at_once_one_gets_the_tokens(house: House) -> None:
    code = house.code()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: house.token(code), range(8)))
    assert sorted(answer.status for answer in answers)[1:] == [400] * 7


def test_a_code_lives_a_minute(house: House) -> None:
    early, late = house.code(), house.code()
    house.clock.pass_by(seconds=59)
    assert house.token(early).status == 200
    house.clock.pass_by(seconds=1)
    assert error_of(house.token(late)) == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "another-verifier-of-forty-three-characters-00"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"redirect_uri": "https://shop.example/other"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code": "x" * 43}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": 'author"ization'}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
    ],
)
def test_a_code_is_bound_to_its_request(house: House, changes: dict[str, str | None], error: str) -> None:
    assert error_of(house.token(house.code(), **changes)) == error


def test_a_code_of_another_client_is_spent_for_both() -> None:
    other = client("inn", redirect_uris=(BACK,))
    house = House(clients=(client(), other))
    house.sign_in()
    code = house.code(client_id="inn")
    assert error_of(house.token(code)) == "invalid_grant"


def test_an_access_token_ends(house: House) -> None:
    access = str(body(house.token(house.code()))["access_token"])
    house.clock.pass_by(minutes=9, seconds=59)
    assert house.userinfo(access).status == 200
    house.clock.pass_by(seconds=1)
    assert house.userinfo(access).status == 401


def test_access_tokens_stand_in_the_header_alone(house: House) -> None:
    access = str(body(house.token(house.code()))["access_token"])
    assert house.send("GET", f"/userinfo?access_token={access}").status == 401
    assert house.send("POST", "/userinfo", f"access_token={access}").status == 401
    assert house.send("POST", "/userinfo", authorization=f"Bearer {access}").status == 200
    assert house.userinfo("guessed").status == 401


def test_neither_codes_nor_tokens_stand_in_the_store(house: House) -> None:
    code = house.code()
    access = str(body(house.token(code))["access_token"])
    kept = repr([kind.entries for kind in house.store._kinds.values()])
    assert hashlib.sha256(code.encode()).hexdigest() in kept
    assert code not in kept
    assert access not in kept


def test_nothing_secret_is_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    code = house.code()
    tokens = body(house.token(code))
    for secret in (code, str(tokens["access_token"]), str(tokens["id_token"]), "0012345679"):
        assert secret not in caplog.text


def test_lifetimes_are_settings() -> None:
    from datetime import timedelta

    house = House(lifetimes=Lifetimes(code=timedelta(seconds=30)))
    house.sign_in()
    code = house.code()
    house.clock.pass_by(seconds=30)
    assert error_of(house.token(code)) == "invalid_grant"


def test_a_flood_of_questions_is_stopped(house: House) -> None:
    house.cookie = ""
    answers = [house.authorize() for _ in range(301)]
    assert location(answers[299]).startswith("/sign-in")
    assert answer_of(answers[300])["error"] == "temporarily_unavailable"


def test_the_two_kinds_of_clients_of_the_fixture_exist(house: House) -> None:
    assert set(house.provider.context.clients) == {"shop", keyed_client().id}
