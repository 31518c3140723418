"""Sites are told that a session is over: the token, the tries, the limits."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from smartid.errors import FetchFailed, StoreUnavailable
from smartid.oidc import back_channel
from smartid.oidc.back_channel import EVENT, BackChannel, default_fetcher, logout_claims
from smartid.oidc.participants import Participants, Participation

NOW = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
SITE = Participation(client_id="shop", sub="pairwise-1", sid="session-1")
ADDRESS = "https://shop.example/back"


class Post:
    """A network that takes notes; fails as often as it was told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.seen: list[tuple[str, dict[str, Any], str]] = []

    def fetch(self, url: str, *, body: bytes | None = None, content_type: str = "") -> bytes:
        assert content_type == "application/x-www-form-urlencoded"
        token = parse_qs((body or b"").decode())["logout_token"][0]
        claims, _, kind = token.partition("|")
        self.seen.append((url, json.loads(claims), kind))
        if len(self.seen) <= self.failures:
            raise FetchFailed(url, "status 503")
        return b""


def signed(claims: Any, kind: str) -> str:
    return f"{json.dumps(claims)}|{kind}"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back_channel, "PAUSES", (0.0, 0.0))


def told(network: Post) -> list[tuple[str, dict[str, Any], str]]:
    channel = BackChannel("https://id.example", signed, fetcher=network, clock=lambda: NOW)
    channel.tell(ADDRESS, SITE)
    channel.wait()
    channel.close()
    return network.seen


def test_a_logout_token_has_what_the_standard_wants_and_no_nonce() -> None:
    claims = logout_claims("https://id.example", SITE, NOW)
    assert set(claims) == {"iss", "aud", "sub", "sid", "iat", "exp", "jti", "events"}
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}} == {EVENT: {}}
    assert (claims["iss"], claims["aud"]) == ("https://id.example", "shop")
    assert (claims["sub"], claims["sid"]) == ("pairwise-1", "session-1")
    assert 0 < claims["exp"] - claims["iat"] <= 120


def test_a_site_is_told_once() -> None:
    [(address, claims, kind)] = told(Post())
    assert (address, claims["sid"], kind) == (ADDRESS, "session-1", "logout+jwt")


def test_a_site_that_fails_is_told_again_with_another_token() -> None:
    seen = told(Post(failures=2))
    assert len(seen) == 3
    assert len({claims["jti"] for _, claims, _ in seen}) == 3


def test_a_site_that_keeps_failing_is_given_up_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="smartid"):
        assert len(told(Post(failures=99))) == 3
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3
    assert "shop was not told" in caplog.text
    assert "status 503" in caplog.text
    assert "pairwise-1" not in caplog.text


class Hanging(Post):
    """One site of the network does not answer before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go, self.others = threading.Event(), threading.Event()

    def fetch(self, url: str, *, body: bytes | None = None, content_type: str = "") -> bytes:
        if url == ADDRESS:
            self.let_go.wait(30)
        super().fetch(url, body=body, content_type=content_type)
        if url != ADDRESS:
            self.others.set()
        return b""


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    network = Hanging()
    yield network
    network.let_go.set()


def test_a_site_that_never_answers_holds_up_no_other(hanging: Hanging) -> None:
    channel = BackChannel("https://id.example", signed, fetcher=hanging, clock=lambda: NOW)
    for _ in range(3 * back_channel.WORKERS):
        channel.tell(ADDRESS, SITE)
    channel.tell("https://bank.example/back", Participation(client_id="bank", sub="p", sid="s"))
    assert hanging.others.wait(10), "the bank is told while the shop hangs"
    hanging.let_go.set()
    channel.wait()
    assert len(hanging.seen) == 3 * back_channel.WORKERS + 1
    assert not channel._lines, "no thread is left"


def test_a_full_line_takes_no_more(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, hanging: Hanging
) -> None:
    monkeypatch.setattr(back_channel, "MAX_WAITING", 2)
    channel = BackChannel("https://id.example", signed, fetcher=hanging)
    for _ in range(back_channel.WORKERS + 3):
        channel.tell(ADDRESS, SITE)
    assert "shop is not told, too many" in caplog.text
    caplog.clear()
    channel.tell("https://bank.example/back", Participation(client_id="bank", sub="p", sid="s"))
    assert hanging.others.wait(10)
    assert "too many" not in caplog.text


def test_what_waits_is_given_up_at_the_end(hanging: Hanging) -> None:
    channel = BackChannel("https://id.example", signed, fetcher=hanging)
    for _ in range(3 * back_channel.WORKERS):
        channel.tell(ADDRESS, SITE)
    channel.close()
    hanging.let_go.set()
    channel.wait()
    assert len(hanging.seen) <= back_channel.WORKERS


def test_the_network_is_bounded() -> None:
    fetcher: Any = default_fetcher()
    assert (fetcher.max_redirects, fetcher.max_length, fetcher.timeout) == (0, 4096, 5.0)


class Shelf:
    """A store in a dict, without time."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.counters: dict[str, int] = {}

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self.kept[key] = value

    def add(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        free = key not in self.kept
        self.kept.setdefault(key, value)
        return free

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def take(self, key: str) -> bytes | None:
        return self.kept.pop(key, None)

    def count(self, key: str, window: timedelta) -> int:
        self.counters[key] = self.counters.get(key, 0) + 1
        return self.counters[key]


def test_a_session_remembers_each_site_once_and_forgets_them_at_its_end() -> None:
    shelf = Shelf()
    people = Participants(shelf, timedelta(hours=1))
    other = Participation(client_id="bank", sub="pairwise-2", sid="session-2")
    for member in (SITE, other, SITE):
        people.join("cookie", member)
    people.join("another cookie", SITE)
    assert people.leave("cookie") == (SITE, other)
    assert people.leave("cookie") == ()
    assert people.leave("another cookie") == (SITE,)
    assert not shelf.kept
    assert not any("cookie" in key for key in shelf.counters)


class Failing(Shelf):
    """Does not keep one thing that it is given."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self.left -= 1
        if not self.left:
            raise StoreUnavailable("for a moment")
        super().put(key, value, lifetime)


@pytest.mark.parametrize("number", [1, 2])
def test_a_site_that_the_store_failed_to_keep_is_kept_the_next_time(number: int) -> None:
    people = Participants(Failing(number), timedelta(hours=1))
    with pytest.raises(StoreUnavailable):
        people.join("cookie", SITE)
    people.join("cookie", SITE)
    assert people.leave("cookie") == (SITE,)


def test_a_session_goes_on_after_an_end() -> None:
    people = Participants(Shelf(), timedelta(hours=1))
    people.join("cookie", SITE)
    people.leave("cookie")
    people.join("cookie", SITE)
    assert people.leave("cookie") == (SITE,)
