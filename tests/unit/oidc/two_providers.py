"""What holds for two providers that know of each other only by the store that they share."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from urllib.parse import urlencode

import pytest

from smartid.auth.store import ExpiringStore
from smartid.oidc.provider import Provider
from smartid.web.login import CardLogin
from tests.unit.oidc.house import ISSUER, House, Silent, answer_of, asking

BANK = "https://bank.example/back"
TRIES = 8

OpenStore = Callable[[Callable[[], datetime]], ExpiringStore]
"""Opens the one place that is shared; takes the clock of the tests."""


class TwoProviders:
    """The tests; a subclass has a fixture ``open_store``."""

    @pytest.fixture
    def houses(self, open_store: OpenStore) -> tuple[House, House]:
        first = House()
        second = House(keys=first.keys, clock=first.clock)
        for house in (first, second):
            store = open_store(house.clock)
            house.login = CardLogin(ISSUER, house.login.policy, store=store, secret=house.secret)
            house.provider = Provider(
                ISSUER, house.login, house.clients, house.keys, secret=house.secret, back_channel=Silent()
            )
        first.sign_in()
        second.cookie = first.cookie
        return first, second

    def test_one_of_all_gets_the_tokens_of_a_code(self, houses: tuple[House, House]) -> None:
        first, second = houses
        for _ in range(3):
            code = first.code()
            with ThreadPoolExecutor(TRIES) as pool:
                answers = list(pool.map(House.token, houses * (TRIES // 2), [code] * TRIES))
            granted = [json.loads(one.body) for one in answers if one.status == 200]
            assert len(granted) <= 1
            assert {one.status for one in answers} <= {200, 400}
            for one in granted:
                assert second.userinfo(one["access_token"]).status == 401, "its second use took it back"

    def test_one_of_all_uses_an_assertion(self, houses: tuple[House, House]) -> None:
        first, _ = houses
        assertion = first.assertion()

        def pushed(number: int) -> int:
            form = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
            form |= asking(client_id="bank", redirect_uri=BANK) | {"client_assertion": assertion}
            return houses[number % 2].send("POST", "/par", urlencode(form)).status

        with ThreadPoolExecutor(TRIES) as pool:
            statuses = sorted(pool.map(pushed, range(TRIES)))
        assert statuses == [201] + [401] * (TRIES - 1)

    def test_a_way_that_begins_at_one_ends_at_the_other(self, houses: tuple[House, House]) -> None:
        first, second = houses
        answered = second.consented(first.authorize())
        granted = json.loads(first.token(answer_of(answered)["code"]).body)
        assert second.userinfo(granted["access_token"]).status == 200
        assert first.send("GET", f"/logout?id_token_hint={granted['id_token']}").status == 200
        assert answer_of(second.authorize(prompt="none"))["error"] == "login_required"
        assert second.userinfo(granted["access_token"]).status == 401
