"""The provider's pages: what they say, what they show, and what a browser may do with them."""

from __future__ import annotations

import re

import pytest

from smartid.oidc.claims import CLAIMS
from smartid.oidc.pages import Pages, View, page_headers, page_language
from smartid.oidc.words import CLAIM_WORDS, PROBLEMS, REMEDIES, WORDS
from smartid.web.http import Request, Response

PAGES = Pages(site="id.example", origin="https://id.example", prefix="/auth")
CLAIMS_SENT = {"given_name": "سارا", "birthdate": "1990-03-21", "gender": "female"}


def view(lang: str = "fa", client: str = "فروشگاه <b>", **more: str) -> View:
    return View(
        lang=lang, here="/authorize", client=client, redirect="https://shop.example:8443/back", **more
    )


def consent(lang: str = "fa", asked: tuple[str, ...] = (*CLAIMS_SENT, "nationality")) -> str:
    answer = PAGES.consent(
        view(lang), csrf="c5rf", ticket="t1cket", action="/consent", claims=CLAIMS_SENT, asked=asked
    )
    return answer.body.decode()


def policy(answer: Response) -> str:
    [found] = [value for name, value in answer.headers if name == "content-security-policy"]
    return found


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_word_is_there_in_both_languages_with_the_same_names(lang: str) -> None:
    assert WORDS[lang].keys() == WORDS["fa"].keys()
    for name, text in WORDS[lang].items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", WORDS["fa"][name])), name
    assert REMEDIES.keys() <= PROBLEMS.keys()


def test_every_claim_has_a_name_for_people() -> None:
    assert set(CLAIM_WORDS) == set(CLAIMS)


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_consent_names_each_field_and_shows_the_very_value(lang: str) -> None:
    page = consent(lang)
    for claim, value in CLAIMS_SENT.items():
        assert CLAIM_WORDS[claim][lang == "en"] in page
        assert f"<bdi>{value}</bdi>" in page
    assert CLAIM_WORDS["nationality"][lang == "en"] in page.partition("</table>")[2]
    assert WORDS[lang]["withheld"] in page
    assert "shop.example:8443" in page


def test_consent_to_the_national_number_does_not_say_that_it_is_withheld() -> None:
    assert WORDS["en"]["withheld"] not in consent("en", asked=(*CLAIMS_SENT, "national_number"))


def test_persian_readers_see_the_day_in_their_calendar_beside_the_value_that_is_sent() -> None:
    assert "۱ فروردین ۱۳۶۹" in consent("fa")
    assert "فروردین" not in consent("en")
    assert "(زن)" in consent("fa")


def test_names_of_sites_are_text_and_never_markup() -> None:
    page = consent()
    assert "<bdi>فروشگاه &lt;b&gt;</bdi>" in page
    assert "فروشگاه <b>" not in page


def test_names_with_braces_stay_as_they_are() -> None:
    page = PAGES.sign_in(view("en", client="{site} {0}"), csrf="c", next_page="/x").body.decode()
    assert "Log in to <bdi>{site} {0}</bdi>" in page


def test_a_form_may_lead_to_the_site_that_asks_and_nowhere_else() -> None:
    answer = PAGES.consent(view(), csrf="c", ticket="t", action="/consent", claims={}, asked=())
    assert "form-action 'self' https://shop.example:8443;" in policy(answer)
    assert "form-action 'self';" in policy(PAGES.signed_out(View(lang="fa", here="/logout")))


def test_pages_send_their_origin_with_forms() -> None:
    assert dict(page_headers())["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("kind", PROBLEMS)
def test_a_problem_is_a_sentence_for_people_and_a_code_for_developers(kind: str) -> None:
    answer = PAGES.problem(view("en"), kind, code="invalid_request", description="no nonce", status=400)
    page = answer.body.decode()
    assert answer.status == 400
    assert PROBLEMS[kind][1] in page
    assert "<code>invalid_request</code>" in page
    assert "no nonce" in page


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_logout_is_asked_and_told(lang: str) -> None:
    asked = PAGES.sign_out(
        view(lang), action="/logout", fields={"csrf": "c5rf", "state": '"><x'}
    ).body.decode()
    assert 'name="state" value="&#34;&gt;&lt;x"' in asked
    assert 'value="yes"' in asked
    told = PAGES.signed_out(view(lang)).body.decode()
    assert WORDS[lang]["signed_out_note"] in told
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "fa" else "ltr"}">' in told


@pytest.mark.parametrize(
    ("wishes", "cookie", "expected"),
    [
        ({}, "", "fa"),
        ({"lang": "en"}, "", "en"),
        ({"ui_locales": "de fr en-GB fa"}, "", "en"),
        ({"lang": "fa", "ui_locales": "en"}, "__Host-smartid-lang=en", "fa"),
        ({}, "__Host-smartid-lang=en", "en"),
        ({"lang": "<"}, "", "fa"),
    ],
)
def test_the_language_is_the_wish_of_the_site_or_of_the_person(
    wishes: dict[str, str], cookie: str, expected: str
) -> None:
    assert page_language(Request(method="GET", path="/", headers={"cookie": cookie}), wishes) == expected
