"""What was given in a session opens nothing after it, and no site takes part in one that nobody ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from smartid.oidc.participants import Participants
from smartid.web.http import Response
from tests.unit.oidc.house import House, answer_of


@pytest.fixture
def house() -> House:
    made = House()
    made.sign_in()
    return made


def log_out(house: House, id_token: str) -> None:
    assert house.send("GET", f"/logout?id_token_hint={id_token}").status == 200


def tokens(answered: Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answered.body)
    return found


def test_an_access_token_ends_with_its_session(house: House) -> None:
    first = tokens(house.token(house.code()))
    cookie = house.cookie
    house.sign_in()
    second = tokens(house.token(house.code()))
    house.cookie = cookie
    assert house.userinfo(first["access_token"]).status == 200
    log_out(house, first["id_token"])
    assert house.userinfo(first["access_token"]).status == 401
    assert house.userinfo(second["access_token"]).status == 200, "another session of the same person"


def test_a_code_ends_with_its_session(house: House) -> None:
    hint = tokens(house.token(house.code()))["id_token"]
    code = house.code()
    log_out(house, hint)
    refused = house.token(code)
    assert (refused.status, tokens(refused)["error"]) == (400, "invalid_grant")


def test_who_logs_out_at_the_same_moment_is_not_logged_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.code()
    join = Participants.join

    def slowly(people: Participants, session: str, member: Any) -> None:
        house.login.sessions.close(house.cookie)
        join(people, session, member)

    monkeypatch.setattr(Participants, "join", slowly)
    assert answer_of(house.authorize())["error"] == "login_required"
