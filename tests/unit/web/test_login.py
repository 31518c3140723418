"""The rules of a login: each refusal by itself, and what a session is worth before and after."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from smartid.errors import AuthenticationError, EncodingError, StoreUnavailable
from smartid.identity.model import VerifiedIdentity
from smartid.mockcard.citizens import CITIZENS
from smartid.trust.policy import Policy
from smartid.web.headers import CONTENT_SECURITY_POLICY, SECURITY_HEADERS
from smartid.web.http import MAX_BODY, Request, Response
from smartid.web.login import CardLogin
from smartid.web.rate import Limits
from smartid.web.sessions import SignedIn, _end_of, fingerprint
from tests.browser import ORIGIN, Browser, Card, header, login_body

from .conftest import Clock, visitor

SESSION = "__Host-smartid"


def whole(browser: Browser, path: str = "/account") -> Request:
    """What the site's own pages see of this browser."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return Request(method="GET", path=path, headers={"cookie": cookies})


def refused(response: Response, status: int, reason: str) -> None:
    members = json.loads(response.body)
    assert (response.status, members["reason"]) == (status, reason)
    assert members["message"].isascii()
    assert not members["message_fa"].isascii()


# Who comes in


def test_a_holder_of_a_card_logs_in(login: CardLogin, browser: Browser, sara: Card) -> None:
    answer = browser.log_in(sara)
    assert answer.status == 200
    assert json.loads(answer.body)["name"] == "سارا احمدی"
    person = login.person(whole(browser))
    assert person is not None
    assert person.identity.national_number == CITIZENS["sara"].identity.national_number
    assert person.throw_away
    assert person.anchor
    assert person.authenticated_at == login.policy.clock()
    assert person.certificate_end > person.expires


def test_without_a_login_nobody_is_signed_in(login: CardLogin, browser: Browser) -> None:
    browser.challenge()
    assert login.person(whole(browser)) is None


def test_a_token_for_another_site_is_refused(browser: Browser, sara: Card) -> None:
    token = sara.answer(browser.challenge(), origin="https://evil.example")
    refused(browser.post("/auth/login", login_body(token)), 401, "signature_invalid")


def test_a_login_body_serves_once(login: CardLogin, browser: Browser, sara: Card) -> None:
    body = login_body(sara.answer(browser.challenge()))
    assert browser.post("/auth/login", body).status == 200
    browser.csrf = login.csrf_token(whole(browser))
    refused(browser.post("/auth/login", body), 401, "challenge_unknown")


def test_a_failed_login_spends_the_challenge(browser: Browser, sara: Card) -> None:
    token = sara.answer(browser.challenge())
    broken = {**token, "signature": "A" * len(token["signature"])}
    refused(browser.post("/auth/login", login_body(broken)), 401, "signature_invalid")
    refused(browser.post("/auth/login", login_body(token)), 401, "challenge_unknown")


def test_a_challenge_serves_its_own_browser_only(login: CardLogin, browser: Browser, sara: Card) -> None:
    other = visitor(login)
    other.challenge()
    token = sara.answer(browser.challenge())
    refused(other.post("/auth/login", login_body(token)), 401, "signature_invalid")


def test_a_challenge_ends_after_five_minutes(browser: Browser, sara: Card, clock: Clock) -> None:
    token = sara.answer(browser.challenge())
    clock.pass_by(minutes=5)
    answer = browser.post("/auth/login", login_body(token))
    assert answer.status == 401
    assert json.loads(answer.body)["reason"] in {"challenge_expired", "challenge_unknown"}


def test_a_stranger_to_the_anchors_is_refused(policy: Policy, sara: Card) -> None:
    browser = visitor(CardLogin(ORIGIN, Policy(clock=policy.clock)))
    refused(browser.log_in(sara), 401, "certificate_untrusted")


def test_the_site_may_refuse_a_person_with_its_own_words(policy: Policy, sara: Card) -> None:
    def members_only(_request: Request, _person: object) -> None:
        raise AuthenticationError("Only members come in.", reason="no_member")

    browser = visitor(CardLogin(ORIGIN, policy, on_login=members_only))
    answer = browser.log_in(sara)
    assert answer.status == 401
    assert json.loads(answer.body)["reason"] == "no_member"
    assert json.loads(answer.body)["message"] == "Only members come in."


# Front ends with Angular or Axios


def test_scripts_find_the_token_in_a_cookie_where_the_site_wants_it(policy: Policy, sara: Card) -> None:
    browser = visitor(CardLogin(ORIGIN, policy, xsrf_cookie=True))
    body = login_body(sara.answer(browser.challenge()))
    before = browser.cookies["XSRF-TOKEN"]
    sent = {"x_csrf_token": None, "x_xsrf_token": before}
    assert browser.post("/auth/login", body, **sent).status == 200
    after = browser.cookies["XSRF-TOKEN"]
    refused(browser.post("/auth/logout", b"{}", **sent), 403, "csrf")
    answer = browser.post("/auth/logout", b"{}", **sent | {"x_xsrf_token": after})
    assert answer.status == 200
    assert "XSRF-TOKEN=; Path=/; Secure; SameSite=Lax; Max-Age=0" in [
        value for name, value in answer.headers if name == "set-cookie"
    ]


def test_the_cookie_alone_proves_nothing(policy: Policy, sara: Card) -> None:
    browser = visitor(CardLogin(ORIGIN, policy, xsrf_cookie=True))
    body = login_body(sara.answer(browser.challenge()))
    refused(browser.post("/auth/login", body, x_csrf_token=None), 403, "csrf")
    browser.cookies["XSRF-TOKEN"] = "planted"
    refused(browser.post("/auth/login", body, x_csrf_token=None, x_xsrf_token="planted"), 403, "csrf")


def test_other_sites_of_ours_show_no_token(browser: Browser, sara: Card) -> None:
    browser.log_in(sara)
    assert set(browser.cookies) == {SESSION}


def test_the_site_sees_who_logs_in(policy: Policy, sara: Card) -> None:
    seen = []
    browser = visitor(CardLogin(ORIGIN, policy, on_login=lambda _, person: seen.append(person)))
    browser.log_in(sara)
    assert [person.identity.family_name for person in seen] == ["احمدی"]


# Sessions


def test_a_login_gets_a_new_session_id(login: CardLogin, browser: Browser, sara: Card) -> None:
    """Session fixation: an id that was known before the login is worth nothing after it."""
    browser.challenge()
    before = browser.cookies[SESSION]
    browser.log_in(sara)
    assert browser.cookies[SESSION] != before
    assert login.sessions.find(before) is None


def test_a_second_login_ends_the_first_session(login: CardLogin, browser: Browser, sara: Card) -> None:
    browser.log_in(sara)
    first = browser.cookies[SESSION]
    browser.log_in(sara)
    assert login.sessions.find(first) is None
    assert login.sessions.find(browser.cookies[SESSION]) is not None


def test_an_id_that_somebody_planted_is_not_kept(login: CardLogin, sara: Card) -> None:
    planted = "A" * 43
    browser = visitor(login)
    browser.cookies[SESSION] = planted
    browser.csrf = login.guard.tokens.make(planted)
    browser.log_in(sara)
    assert browser.cookies[SESSION] != planted
    assert login.sessions.find(planted) is None


def test_the_cookie_is_bound_to_host_and_tls(browser: Browser) -> None:
    answer = browser.get("/auth/challenge")
    name, *attributes = (header(answer, "set-cookie") or "").split("; ")
    assert name.startswith("__Host-smartid=")
    assert len(name.partition("=")[2]) == 43
    assert set(attributes) == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}


def test_the_store_never_holds_a_session_id(login: CardLogin, browser: Browser, sara: Card) -> None:
    keys: list[str] = []
    put = login.store.put

    def spy(key: str, value: bytes, lifetime: object) -> None:
        keys.append(key)
        assert browser.cookies.get(SESSION, "no id yet").encode() not in value
        put(key, value, lifetime)  # type: ignore[arg-type]

    login.store.put = spy  # type: ignore[method-assign]
    browser.log_in(sara)
    session = browser.cookies[SESSION]
    assert f"session:{fingerprint(session)}" in keys
    assert not [key for key in keys if session in key]


def test_a_session_ends_after_half_an_hour_without_a_request(
    login: CardLogin, browser: Browser, sara: Card, clock: Clock
) -> None:
    browser.log_in(sara)
    clock.pass_by(minutes=29)
    assert login.person(whole(browser))
    clock.pass_by(minutes=29)
    assert login.person(whole(browser))
    clock.pass_by(minutes=30)
    assert login.person(whole(browser)) is None


def test_a_session_ends_after_eight_hours(
    login: CardLogin, browser: Browser, sara: Card, clock: Clock
) -> None:
    browser.log_in(sara)
    for _ in range(23):
        clock.pass_by(minutes=20)
        assert login.person(whole(browser))
    clock.pass_by(minutes=20)
    assert login.person(whole(browser)) is None


def test_a_session_ends_with_the_certificate(policy: Policy, sara: Card, clock: Clock) -> None:
    login = CardLogin(ORIGIN, policy, idle=timedelta(days=9999), lifetime=timedelta(days=9999))
    browser = visitor(login)
    browser.log_in(sara)
    person = login.person(whole(browser))
    assert person
    assert person.expires == person.certificate_end
    clock.now = person.certificate_end
    assert login.person(whole(browser)) is None


def test_logout_ends_the_session(login: CardLogin, browser: Browser, sara: Card) -> None:
    browser.log_in(sara)
    session = browser.cookies[SESSION]
    answer = browser.post("/auth/logout", b"", content_type=None)
    assert (answer.status, json.loads(answer.body)) == (200, {"next": "/"})
    assert SESSION not in browser.cookies
    assert login.sessions.find(session) is None


def test_logout_by_a_form_leads_on(login: CardLogin, browser: Browser, sara: Card) -> None:
    browser.log_in(sara)
    form = f"csrf={browser.csrf}&next=%2Fbye"
    answer = browser.post(
        "/auth/logout",
        form.encode(),
        content_type="application/x-www-form-urlencoded",
        x_csrf_token=None,
    )
    assert (answer.status, header(answer, "location")) == (303, "/bye")
    assert login.person(whole(browser)) is None


def test_logout_without_a_token_does_nothing(login: CardLogin, browser: Browser, sara: Card) -> None:
    browser.log_in(sara)
    refused(browser.post("/auth/logout", b"", x_csrf_token=None), 403, "csrf")
    form = {"content_type": "application/x-www-form-urlencoded"}
    refused(browser.post("/auth/logout", b"csrf=", x_csrf_token=None, **form), 403, "csrf")
    assert login.person(whole(browser))


def test_another_site_cannot_take_the_cookie_away(browser: Browser, sara: Card) -> None:
    """Its form arrives without our cookie (SameSite), but what we answer would be obeyed."""
    browser.log_in(sara)
    kept, browser.cookies = browser.cookies, {}
    form = {"content_type": "application/x-www-form-urlencoded", "x_csrf_token": None}
    answer = browser.post("/auth/logout", b"", origin="https://evil.example", sec_fetch_site=None, **form)
    refused(answer, 403, "origin_mismatch")
    assert header(answer, "set-cookie") is None
    refused(browser.post("/auth/logout", b"", **form), 403, "csrf")
    browser.cookies = kept


def test_a_request_under_way_does_not_bring_a_closed_session_back(
    login: CardLogin, browser: Browser, sara: Card
) -> None:
    browser.log_in(sara)
    session = browser.cookies[SESSION]
    get = login.store.get

    def slow(key: str) -> bytes | None:
        value = get(key)
        if key.startswith("active:"):
            login.store.get = get  # type: ignore[method-assign]
            login.sessions.close(session)
        return value

    login.store.get = slow  # type: ignore[method-assign]
    login.sessions.find(session)
    assert login.sessions.find(session) is None


@pytest.mark.parametrize(
    "junk", [b"", b"{}", b"[]", b'{"identity": 1}', b"\xff", b'{"identity": {"x": "y"}}']
)
def test_what_something_else_wrote_is_no_session(login: CardLogin, junk: bytes) -> None:
    login.store.put(f"session:{fingerprint('A' * 43)}", junk, timedelta(hours=1))
    login.store.put(f"active:{fingerprint('A' * 43)}", b"", timedelta(hours=1))
    assert login.sessions.find("A" * 43) is None


def test_a_certificate_that_strict_readers_refuse_ends_too(
    login: CardLogin, browser: Browser, sara: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strict(der: bytes) -> None:
        raise ValueError("not DER")

    browser.log_in(sara)
    told = login.person(whole(browser))
    monkeypatch.setattr("cryptography.x509.load_der_x509_certificate", strict)
    assert told
    assert _end_of(told.certificate) == told.certificate_end


def test_every_field_survives_the_store(login: CardLogin, sara: Card, browser: Browser) -> None:
    login_person: list[VerifiedIdentity] = []
    login.on_login = lambda _, person: login_person.append(person)
    browser.log_in(sara)
    for citizen in CITIZENS.values():
        person = replace(login_person[0], identity=citizen.identity)
        session, opened = login.sessions.open(person)
        assert login.sessions.find(session) == opened
        assert opened.identity == citizen.identity


# Forged requests


@pytest.mark.parametrize("token", [None, "", "x", "A" * 64, "é" * 64])
def test_a_login_needs_the_token_of_its_page(browser: Browser, sara: Card, token: str | None) -> None:
    body = login_body(sara.answer(browser.challenge()))
    refused(browser.post("/auth/login", body, x_csrf_token=token), 403, "csrf")


def test_the_token_of_another_session_does_not_fit(login: CardLogin, browser: Browser, sara: Card) -> None:
    other = visitor(login)
    other.challenge()
    body = login_body(sara.answer(browser.challenge()))
    refused(browser.post("/auth/login", body, x_csrf_token=other.csrf), 403, "csrf")


def test_the_token_of_another_site_with_the_same_software_does_not_fit(
    policy: Policy, browser: Browser, sara: Card
) -> None:
    body = login_body(sara.answer(browser.challenge()))
    foreign = CardLogin(ORIGIN, policy).guard.tokens.make(browser.cookies[SESSION])
    refused(browser.post("/auth/login", body, x_csrf_token=foreign), 403, "csrf")


def test_a_token_that_was_changed_does_not_fit(browser: Browser, login: CardLogin) -> None:
    browser.challenge()
    session = browser.cookies[SESSION]
    assert login.guard.tokens.fits(session, browser.csrf)
    for place in (0, 20, 30, 63):
        other = "B" if browser.csrf[place] == "A" else "A"
        assert not login.guard.tokens.fits(session, browser.csrf[:place] + other + browser.csrf[place + 1 :])


def test_two_tokens_of_one_session_differ(browser: Browser) -> None:
    browser.challenge()
    first = browser.csrf
    browser.challenge()
    assert browser.csrf != first


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://shop.example", f"{ORIGIN}:8443"]
)
def test_a_login_from_another_origin_is_refused(browser: Browser, sara: Card, origin: str | None) -> None:
    body = login_body(sara.answer(browser.challenge()))
    refused(browser.post("/auth/login", body, origin=origin), 403, "origin_mismatch")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_request_that_the_browser_calls_foreign_is_refused(browser: Browser, sara: Card, site: str) -> None:
    body = login_body(sara.answer(browser.challenge()))
    refused(browser.post("/auth/login", body, sec_fetch_site=site), 403, "origin_mismatch")
    refused(browser.get("/auth/challenge", sec_fetch_site=site), 403, "origin_mismatch")


def test_a_challenge_needs_the_word_of_the_browser_or_a_token(browser: Browser) -> None:
    refused(browser.get("/auth/challenge", sec_fetch_site=None), 403, "csrf")
    browser.challenge()
    assert browser.get("/auth/challenge", sec_fetch_site=None, x_csrf_token=browser.csrf).status == 200
    refused(browser.get("/auth/challenge", sec_fetch_site=None, x_csrf_token="x" * 64), 403, "csrf")


def test_front_ends_written_for_web_eid_work_unchanged(
    login: CardLogin, browser: Browser, sara: Card
) -> None:
    """What the script of Web eID's example application sends: no token for the challenge, that of the page
    for the login, and JSON announced on both."""
    token, headers = login.page_token(whole(browser))
    browser.keep(Response(headers=headers))
    answer = browser.get("/auth/challenge", content_type="application/json", x_csrf_token=None)
    assert answer.status == 200
    body = login_body(sara.answer(json.loads(answer.body)["nonce"]))
    assert browser.post("/auth/login", body, x_csrf_token=token).status == 200
    assert login.page_token(whole(browser))[1] == ()


def test_a_page_that_was_open_for_long_can_still_begin(browser: Browser, sara: Card) -> None:
    assert browser.get("/auth/challenge", x_csrf_token="A" * 64).status == 200
    assert browser.log_in(sara).status == 200


def test_the_host_header_decides_nothing(browser: Browser, sara: Card) -> None:
    token = sara.answer(browser.challenge(), origin="https://evil.example")
    answer = browser.post("/auth/login", login_body(token), host="evil.example")
    refused(answer, 401, "signature_invalid")


def test_a_cookie_planted_beside_ours_does_not_hide_it(
    login: CardLogin, browser: Browser, sara: Card
) -> None:
    browser.log_in(sara)
    cookies = f'strange={{"a b": [1]}}; x; {SESSION}={browser.cookies[SESSION]}'
    assert login.person(Request(method="GET", path="/", headers={"cookie": cookies}))


# Bodies


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"{}",
        b'{"auth-token": 1}',
        b'{"auth-token": "x"}',
        b'{"auth-token": {}}',
        b'{"auth-token": {}, "auth-token": {}}',
        b'{"auth-token": {"signature": "a", "signature": "b"}}',
        b'{"auth-token": {}, "next": 1}',
        b"\xff\xfe",
        b'{"auth-token": ' + b"[" * 30_000,
    ],
)
def test_a_body_that_is_no_login_is_malformed(browser: Browser, body: bytes) -> None:
    browser.challenge()
    refused(browser.post("/auth/login", body), 400, "token_malformed")


def test_a_body_that_is_too_large_is_not_read(browser: Browser) -> None:
    browser.challenge()
    refused(browser.post("/auth/login", b" " * (MAX_BODY + 1)), 413, "body_too_large")


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_a_body_must_be_announced_as_json(browser: Browser, sara: Card, kind: str | None) -> None:
    body = login_body(sara.answer(browser.challenge()))
    refused(browser.post("/auth/login", body, content_type=kind), 415, "media_type")


def test_parameters_of_the_media_type_are_passed_over(browser: Browser, sara: Card) -> None:
    body = login_body(sara.answer(browser.challenge()))
    assert browser.post("/auth/login", body, content_type="Application/JSON; charset=utf-8").status == 200


# Places


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        " /x",
        "/x\r\nset-cookie: a=b",
        "/ا",
        "/" + "x" * 2048,
    ],
)
def test_nobody_is_led_to_another_site(login: CardLogin, browser: Browser, sara: Card, place: str) -> None:
    assert json.loads(browser.log_in(sara, next=place).body)["next"] == "/"
    assert login.address(place) == "/auth/?next=%2F"


def test_people_are_led_back_to_where_they_were(login: CardLogin, browser: Browser, sara: Card) -> None:
    answer = login.require(Request(method="GET", path="/orders/۵", query="id=5&x=%2F"))
    assert isinstance(answer, Response)
    assert answer.status == 303
    page = header(answer, "location") or ""
    assert page == "/auth/?next=%2Forders%2F%25DB%25B5%3Fid%3D5%26x%3D%252F"
    assert json.loads(browser.log_in(sara, next="/orders/%DB%B5?id=5&x=%2F").body)["next"].endswith("x=%2F")
    assert header(browser.get(page), "location") == "/orders/%DB%B5?id=5&x=%2F"
    assert isinstance(login.require(whole(browser)), SignedIn)


def test_what_was_posted_is_not_come_back_to(login: CardLogin) -> None:
    answer = login.require(Request(method="POST", path="/pay"))
    assert isinstance(answer, Response)
    assert header(answer, "location") == "/auth/?next=%2F"


# Limits


def test_a_session_gets_so_many_challenges(browser: Browser) -> None:
    limit = browser_limit("challenges_per_session")
    browser.challenge()
    for _ in range(limit):
        assert browser.get("/auth/challenge").status == 200
    answer = browser.get("/auth/challenge")
    refused(answer, 429, "too_many_requests")
    assert header(answer, "retry-after") == "300"


def test_an_address_gets_so_many_challenges(login: CardLogin) -> None:
    limit = browser_limit("challenges_per_address")
    for _ in range(limit):
        visitor(login).challenge()
    refused(visitor(login).get("/auth/challenge"), 429, "too_many_requests")
    visitor(login, client="192.0.2.8").challenge()


def test_a_session_gets_so_many_logins(browser: Browser) -> None:
    browser.challenge()
    for _ in range(browser_limit("logins_per_session")):
        browser.post("/auth/login", b'{"auth-token": {}}')
    refused(browser.post("/auth/login", b'{"auth-token": {}}'), 429, "too_many_requests")


def test_the_window_passes(login: CardLogin, browser: Browser, clock: Clock) -> None:
    for _ in range(browser_limit("challenges_per_session") + 2):
        browser.get("/auth/challenge")
    assert browser.get("/auth/challenge").status == 429
    clock.pass_by(minutes=5)
    assert browser.get("/auth/challenge").status == 200


def test_failures_with_a_certificate_pause_it_at_that_address_only(login: CardLogin, sara: Card) -> None:
    """Certificates are no secret: who misuses one shuts the door on nobody but himself."""
    for _ in range(browser_limit("failures")):
        attacker = visitor(login, client="198.51.100.1")
        token = sara.answer(attacker.challenge()) | {"signature": "AAAA"}
        assert attacker.post("/auth/login", login_body(token)).status == 401
    refused(visitor(login, client="198.51.100.1").log_in(sara), 429, "too_many_requests")
    assert visitor(login, client="192.0.2.1").log_in(sara).status == 200


def browser_limit(name: str) -> int:
    return int(getattr(Limits(), name))


def test_an_address_behind_the_own_proxy_is_told_by_it(policy: Policy) -> None:
    login = CardLogin(ORIGIN, policy, trusted_proxies=["10.0.0.0/8"])
    address = login.clients.address

    def told(client: str, forwarded: str) -> str:
        headers = {"x-forwarded-for": forwarded} if forwarded else {}
        return address(Request(method="GET", path="/", headers=headers, client=client))

    assert told("10.0.0.1", "192.0.2.1") == "192.0.2.1"
    assert told("10.0.0.1", "203.0.113.9, 192.0.2.1, 10.1.1.1") == "192.0.2.1"
    assert told("192.0.2.1", "203.0.113.9") == "192.0.2.1"
    assert told("", "203.0.113.9") == "203.0.113.9"
    assert told("::ffff:10.0.0.1", "192.0.2.1, ::ffff:10.1.1.1") == "192.0.2.1"
    assert told("10.0.0.1", "junk") == ""
    assert told("10.0.0.1", "") == ""
    assert told("2001:db8:1:2:3::4", "") == "2001:db8:1:2::/64"
    assert told("::ffff:192.0.2.1", "") == "192.0.2.1"


def test_without_a_proxy_of_its_own_the_site_believes_no_header(login: CardLogin) -> None:
    request = Request(method="GET", path="/", headers={"x-forwarded-for": "203.0.113.9"}, client="192.0.2.1")
    assert login.clients.address(request) == "192.0.2.1"
    assert login.clients.address(replace(request, client="")) == ""


def test_a_store_that_does_not_answer_is_said_so(
    login: CardLogin, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(key: str, window: timedelta) -> int:
        raise StoreUnavailable("no connection")

    monkeypatch.setattr(login.store, "count", silent)
    browser.cookies[SESSION] = "A" * 43
    answer = browser.get("/auth/challenge")
    refused(answer, 503, "store_unavailable")
    assert header(answer, "retry-after") == "30"


# Pages, headers, words


@pytest.mark.parametrize("path", ["/auth/", "/auth/challenge", "/auth/nothing", "/auth/static/smartid.js"])
def test_every_answer_has_the_security_headers(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    for name, value in SECURITY_HEADERS:
        assert header(answer, name) == value
    assert "unsafe" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("path", ["/auth/", "/auth/challenge", "/auth/nothing"])
def test_no_answer_is_kept(browser: Browser, path: str) -> None:
    assert header(browser.get(path), "cache-control") == "no-store"


def test_the_page_brings_session_and_token(login: CardLogin, browser: Browser) -> None:
    answer = browser.get("/auth/?next=/orders")
    text = answer.body.decode()
    assert 'lang="fa" dir="rtl"' in text
    assert ORIGIN in text
    assert 'next="/orders"' in text
    token = text.partition('csrf="')[2].partition('"')[0]
    assert login.guard.tokens.fits(browser.cookies[SESSION], token)


def test_who_comes_from_an_english_page_gets_an_english_one(browser: Browser) -> None:
    def shown(path: str) -> str:
        return browser.get(path, sec_fetch_mode="navigate").body.decode().partition("<head>")[0]

    assert '<html lang="en"' in shown("/auth/?next=%2Fmembers%3Flang%3Den")
    assert '<html lang="fa"' in shown("/auth/?next=%2Fmembers%3Flang%3Den&lang=fa"), "what was asked for here"
    browser.cookies.clear()
    assert '<html lang="en"' in shown("/auth/nothing?lang=en")
    assert '<html lang="fa"' in shown("/auth/nothing?lang=de")


def test_the_page_remembers_the_language(browser: Browser) -> None:
    assert 'lang="en"' in browser.get("/auth/?lang=en").body.decode()
    assert '<html lang="en"' in browser.get("/auth/").body.decode()
    assert '<html lang="fa"' in browser.get("/auth/?lang=fa").body.decode()
    assert '<html lang="fa"' in browser.get("/auth/?lang=de").body.decode()


def test_the_page_escapes_what_strangers_write(browser: Browser) -> None:
    text = browser.get('/auth/?next=/"><script>alert(1)</script>').body.decode()
    assert "<script>alert" not in text


def test_the_page_is_shown_again_to_who_is_asked_again(browser: Browser, sara: Card) -> None:
    browser.log_in(sara)
    assert browser.get("/auth/?next=/x").status == 303
    assert browser.get("/auth/?next=/x&again=1").status == 200


def test_who_followed_a_link_reads_a_page_and_no_json(browser: Browser) -> None:
    answer = browser.get("/auth/nothing", sec_fetch_mode="navigate")
    assert answer.status == 404
    assert header(answer, "content-type") == "text/html; charset=utf-8"
    assert "چنین صفحه‌ای نیست." in answer.body.decode()
    browser.get("/auth/?lang=en")
    answer = browser.post("/auth/logout", b"", x_csrf_token="x", sec_fetch_mode="navigate")
    assert answer.status == 403
    assert "did not come from an open page" in answer.body.decode()


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/auth/challenge", "GET"), ("GET", "/auth/login", "POST"), ("PUT", "/auth/", "GET")],
)
def test_another_method_is_refused(browser: Browser, method: str, path: str, allowed: str) -> None:
    answer = browser.ask(method, path, {})
    refused(answer, 405, "method_not_allowed")
    assert header(answer, "allow") == allowed


@pytest.mark.parametrize(
    "path", ["/auth/x", "/auth/static/../login.py", "/auth/static/", "/authx", "/elsewhere"]
)
def test_other_places_are_not_found(browser: Browser, path: str) -> None:
    refused(browser.get(path), 404, "not_found")


def test_the_log_names_reasons_and_no_people(
    login: CardLogin, browser: Browser, sara: Card, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = sara.answer(browser.challenge(), origin="https://evil.example")
    answer = browser.post("/auth/login", login_body(token))
    browser.log_in(sara)
    assert "refused: signature_invalid" in caplog.text
    number = CITIZENS["sara"].identity.national_number
    assert number
    assert login.keyed.pseudonym(number) in caplog.text
    for secret in (number, token["signature"], token["unverifiedCertificate"][:64], browser.cookies[SESSION]):
        assert secret not in caplog.text
        assert secret.encode() not in answer.body


def test_representations_tell_nothing(login: CardLogin, browser: Browser, sara: Card) -> None:
    browser.log_in(sara)
    person = login.person(whole(browser))
    number = CITIZENS["sara"].identity.national_number
    for value in (person, login.keyed, login.sessions):
        assert str(number) not in repr(value)
        assert "احمدی" not in repr(value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"prefix": "auth"},
        {"prefix": "/"},
        {"prefix": ""},
        {"secret": b"short"},
        {"languages": ["de"]},
        {"languages": []},
        {"trusted_proxies": ["proxy"]},
    ],
)
def test_settings_that_cannot_work_are_refused(policy: Policy, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        CardLogin(ORIGIN, policy, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "origin", ["shop.example", "http://shop.example", f"{ORIGIN}/", "https://SHOP.example"]
)
def test_an_origin_is_written_as_browsers_write_it(policy: Policy, origin: str) -> None:
    with pytest.raises(EncodingError):
        CardLogin(origin, policy)


def test_processes_with_one_secret_and_one_store_are_one_site(policy: Policy, sara: Card) -> None:
    secret = bytes(range(32))
    first = CardLogin(ORIGIN, policy, secret=secret)
    second = CardLogin(ORIGIN, policy, secret=secret, store=first.store)
    browser = visitor(first)
    body = login_body(sara.answer(browser.challenge()))
    browser.send = visitor(second).send
    assert browser.post("/auth/login", body).status == 200
    assert first.person(whole(browser)) == second.person(whole(browser)) is not None
