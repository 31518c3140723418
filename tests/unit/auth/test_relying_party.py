"""Challenges: random, bound to one browser, spent by the first answer, old after five minutes."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from smartid.auth.make import make_token
from smartid.auth.memory_store import MemoryStore
from smartid.auth.reasons import LoginReason
from smartid.auth.relying_party import RelyingParty
from smartid.auth.rules import LoginRules
from smartid.auth.web_eid import parse_token
from smartid.errors import AuthenticationError, BadToken, ChallengeExpired, EncodingError, OriginMismatch
from smartid.identity.auth_token import Challenge
from smartid.signing.software import SoftwareSigner
from tests.unit.auth.site import ORIGIN, Site
from tests.unit.auth.stores import MINUTE, SECOND, Clock, at_once

SESSION = "a session"


@pytest.fixture(scope="module")
def country() -> Site:
    return Site()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def party(country: Site, clock: Clock) -> RelyingParty:
    return make_party(country, clock)


def make_party(country: Site, clock: Clock, origin: str = ORIGIN, **options: Any) -> RelyingParty:
    policy = country.trusting(country.country.root.der, country.country.citizen_ca.der, clock=clock)
    return RelyingParty(origin, policy, **options)


def token_for(country: Site, challenge: Challenge) -> str:
    holder = country.holder()
    return make_token(SoftwareSigner(holder.key, holder.der), challenge).to_json()


def refused(
    kind: type[AuthenticationError], reason: LoginReason, party: RelyingParty, *arguments: Any
) -> None:
    with pytest.raises(kind) as caught:
        party.complete(*arguments)
    assert (type(caught.value), caught.value.reason) == (kind, reason)


def test_a_login_from_beginning_to_end(country: Site, party: RelyingParty) -> None:
    person = party.complete(SESSION, token_for(country, party.begin(SESSION)))
    assert person.identity.national_number == "0012345679"
    challenge = party.begin(SESSION)
    assert party.complete(SESSION, token_for(country, challenge).encode()).verdict.passed
    challenge = party.begin(SESSION)
    assert party.complete(SESSION, parse_token(token_for(country, challenge))).verdict.passed


def test_a_nonce_is_32_random_bytes_in_base64(country: Site, party: RelyingParty, clock: Clock) -> None:
    first, second = party.begin(SESSION), party.begin(SESSION)
    assert first.nonce != second.nonce
    assert len(base64.b64decode(first.nonce)) == 32
    assert first.expires == clock.now + timedelta(minutes=5)
    asked = []

    def random(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    fixed = make_party(country, clock, random=random)
    assert (fixed.begin(SESSION).nonce, asked) == ("A" * 43 + "=", [32])


def test_a_replayed_token_is_refused(country: Site, party: RelyingParty) -> None:
    text = token_for(country, party.begin(SESSION))
    party.complete(SESSION, text)
    refused(ChallengeExpired, LoginReason.CHALLENGE_UNKNOWN, party, SESSION, text)
    party.begin(SESSION)
    refused(BadToken, LoginReason.SIGNATURE_INVALID, party, SESSION, text)


@pytest.mark.parametrize("wrong", ["", "{}", "x" * 200, b"\xff" * 200])
def test_a_wrong_answer_spends_the_challenge_too(
    country: Site, party: RelyingParty, wrong: str | bytes
) -> None:
    text = token_for(country, party.begin(SESSION))
    refused(BadToken, LoginReason.TOKEN_MALFORMED, party, SESSION, wrong)
    refused(ChallengeExpired, LoginReason.CHALLENGE_UNKNOWN, party, SESSION, text)


def test_the_answer_of_another_browser_is_refused(country: Site, party: RelyingParty) -> None:
    mine, other = party.begin(SESSION), party.begin("another session")
    refused(BadToken, LoginReason.SIGNATURE_INVALID, party, "another session", token_for(country, mine))
    refused(ChallengeExpired, LoginReason.CHALLENGE_UNKNOWN, party, "a third", token_for(country, other))
    assert party.complete(SESSION, token_for(country, mine)).verdict.passed


def test_a_second_beginning_takes_the_place_of_the_first(country: Site, party: RelyingParty) -> None:
    first, second = party.begin(SESSION), party.begin(SESSION)
    text = token_for(country, second)
    assert party.complete(SESSION, text).verdict.passed
    refused(ChallengeExpired, LoginReason.CHALLENGE_UNKNOWN, party, SESSION, token_for(country, first))


def test_a_stale_nonce_is_refused_by_the_clock_of_the_policy(country: Site, clock: Clock) -> None:
    """Also when the store keeps it: clocks of stores are not asked."""
    party = make_party(country, clock, nonces=MemoryStore())
    text = token_for(country, party.begin(SESSION))
    clock.advance(5 * MINUTE - SECOND)
    assert party.complete(SESSION, text).verdict.passed
    text = token_for(country, party.begin(SESSION))
    clock.advance(5 * MINUTE)
    refused(ChallengeExpired, LoginReason.CHALLENGE_EXPIRED, party, SESSION, text)
    refused(ChallengeExpired, LoginReason.CHALLENGE_UNKNOWN, party, SESSION, text)


def test_what_the_store_dropped_is_unknown(country: Site, party: RelyingParty, clock: Clock) -> None:
    text = token_for(country, party.begin(SESSION))
    clock.advance(6 * MINUTE)
    refused(ChallengeExpired, LoginReason.CHALLENGE_UNKNOWN, party, SESSION, text)


def test_the_lifetime_is_the_sites_choice(country: Site, clock: Clock) -> None:
    party = make_party(country, clock, lifetime=10 * SECOND, nonces=MemoryStore())
    text = token_for(country, party.begin(SESSION))
    clock.advance(10 * SECOND)
    refused(ChallengeExpired, LoginReason.CHALLENGE_EXPIRED, party, SESSION, text)


def test_of_many_who_send_the_same_answer_at_once_one_comes_in(country: Site, party: RelyingParty) -> None:
    text = token_for(country, party.begin(SESSION))

    def complete() -> str:
        try:
            party.complete(SESSION, text)
        except ChallengeExpired as error:
            return error.reason
        return "in"

    outcomes = at_once(complete)
    assert outcomes.count("in") == 1
    assert outcomes.count(LoginReason.CHALLENGE_UNKNOWN) == len(outcomes) - 1


def test_two_sites_with_one_store_do_not_take_each_others_challenges(country: Site, clock: Clock) -> None:
    store = MemoryStore(clock=clock)
    one, other = (
        make_party(country, clock, origin, nonces=store) for origin in (ORIGIN, "https://other.example")
    )
    text = token_for(country, one.begin(SESSION))
    refused(OriginMismatch, LoginReason.ORIGIN_MISMATCH, other, SESSION, text)


def test_two_servers_of_one_site_share_a_store(country: Site, clock: Clock) -> None:
    store = MemoryStore(clock=clock)
    one, other = (make_party(country, clock, nonces=store) for _ in range(2))
    assert other.complete(SESSION, token_for(country, one.begin(SESSION))).verdict.passed


class Kept(MemoryStore):
    """Says what was put under which key."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, bytes] = {}

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self.seen[key] = value
        super().put(key, value, lifetime)


def test_the_store_never_sees_a_session(country: Site, clock: Clock) -> None:
    store = Kept()
    make_party(country, clock, nonces=store).begin("secret session id")
    ((key, value),) = store.seen.items()
    assert key.startswith("nonce:")
    assert len(key) == len("nonce:") + 64
    assert "secret" not in key
    assert b"secret" not in value
    assert set(json.loads(value)) == {"origin", "nonce", "expires"}


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"origin": 1, "nonce": 2, "expires": 3}',
        b'{"origin": "https://ria.example", "nonce": "short", "expires": "2030-01-01T00:00:00+00:00"}',
        b'{"origin": "https://ria.example", "nonce": "' + b"n" * 44 + b'", "expires": "2030-01-01T00:00:00"}',
        b'{"origin": "https://ria.example", "nonce": "' + b"n" * 44 + b'", "expires": "soon"}',
        b'{"origin": "https://ria.example", "nonce": ["x"], "expires": "2030-01-01T00:00:00+00:00"}',
    ],
)
def test_what_others_wrote_into_the_store_is_no_challenge(country: Site, clock: Clock, kept: bytes) -> None:
    store = Kept()
    party = make_party(country, clock, nonces=store)
    text = token_for(country, party.begin(SESSION))
    (key,) = store.seen
    store.put(key, kept, MINUTE)
    refused(ChallengeExpired, LoginReason.CHALLENGE_UNKNOWN, party, SESSION, text)


@pytest.mark.parametrize("session", ["", "\ud800", "x" * 100_000, "نشست", "\x00"])
def test_any_text_may_come_as_a_session(party: RelyingParty, session: str) -> None:
    refused(ChallengeExpired, LoginReason.CHALLENGE_UNKNOWN, party, session, "{}")
    if session:
        assert party.begin(session).origin == ORIGIN
    else:
        with pytest.raises(ValueError, match="session"):
            party.begin(session)


@pytest.mark.parametrize(
    "origin", ["http://ria.example", "https://ria.example/", "https://RIA.example", "ria.example", ""]
)
def test_a_site_has_an_origin(country: Site, clock: Clock, origin: str) -> None:
    with pytest.raises(EncodingError):
        make_party(country, clock, origin)


def test_the_rules_of_the_site_count(country: Site, clock: Clock) -> None:
    party = make_party(country, clock, rules=LoginRules(algorithms=frozenset()))
    text = token_for(country, party.begin(SESSION))
    refused(BadToken, LoginReason.ALGORITHM_UNSUPPORTED, party, SESSION, text)
