"""Logout: who is asked, who is sent back, who is told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from smartid.auth.memory_store import MemoryStore
from smartid.identity.model import Identity
from smartid.oidc import end_session
from smartid.oidc.clients import Client, ClientMethod, Clients
from smartid.oidc.context import Context, Lifetimes
from smartid.oidc.end_session import EndSession
from smartid.oidc.keys import KeyRing
from smartid.oidc.pages import Pages
from smartid.oidc.participants import Participants, Participation
from smartid.oidc.tickets import Tickets
from smartid.web.http import Request, Response
from smartid.web.sessions import SignedIn

NOW = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
ISSUER = "https://id.example"
BYE = "https://shop.example/bye?from=id"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def client(name: str, **more: Any) -> Client:
    return Client(
        id=name,
        name=name.title(),
        name_fa="فروشگاه",
        method=ClientMethod.NONE,
        redirect_uris=(f"https://{name}.example/back",),
        post_logout_redirect_uris=(f"https://{name}.example/bye?from=id",),
        **more,
    )


class Desk:
    """The card login, with one person at it or nobody."""

    def __init__(self, person: SignedIn | None) -> None:
        self.somebody = person
        self.clients = SimpleNamespace(address=lambda request: request.client)

    def person(self, request: Request) -> SignedIn | None:
        return self.somebody

    def csrf_token(self, request: Request) -> str:
        return "genuine"

    def is_own(self, request: Request, token: str | None = None) -> bool:
        return token == "genuine"

    def sign_out(self, request: Request) -> tuple[SignedIn | None, tuple[str, str]]:
        person, self.somebody = self.somebody, None
        return person, ("set-cookie", "gone")

    def handle(self, request: Request) -> Response:
        if request.path == "/logout":
            self.somebody = None
        return Response(status=204)


class House:
    """A provider's end of sessions, and notes of who was told."""

    def __init__(self, *, logged_in: bool = True) -> None:
        store = MemoryStore(clock=lambda: NOW)
        self.person = SignedIn(
            identity=Identity(national_number="0012345679", given_names="سارا"),
            certificate=b"",
            certificate_end=NOW,
            anchor=None,
            throw_away=True,
            authenticated_at=NOW,
            expires=NOW + timedelta(hours=8),
            session="session-fingerprint",
        )
        self.keys = KeyRing.generate()
        self.desk: Any = Desk(self.person if logged_in else None)
        self.context = Context(
            issuer=ISSUER,
            login=self.desk,
            clients=Clients(
                [client("shop", backchannel_logout_uri="https://shop.example/told"), client("bank")]
            ),
            keys=self.keys,
            tickets=Tickets(store),
            secret=b"s" * 32,
            clock=lambda: NOW,
            lifetimes=Lifetimes(),
        )
        self.told: list[tuple[str, Participation]] = []
        participants = Participants(store, timedelta(hours=8))
        for name in ("shop", "bank"):
            member = Participation(client_id=name, sub="x", sid=self.sid(name))
            participants.join(self.person.session, member)
        self.end = EndSession(
            self.context,
            self.desk,
            Pages(site="id.example", origin="https://id.example", prefix="/auth"),
            participants=participants,
            back_channel=SimpleNamespace(tell=lambda *message: self.told.append(message)),  # type: ignore[arg-type]
        )

    def sid(self, name: str) -> str:
        return self.context.session(self.context.clients[name], self.person)

    def hint(self, name: str = "shop", **changes: Any) -> str:
        past = int((NOW - timedelta(days=1)).timestamp())
        claims = {"iss": ISSUER, "aud": name, "sub": "x", "sid": self.sid(name), "exp": past}
        return self.keys.sign({**claims, **changes})

    def get(self, **parameters: str) -> Response:
        return self.end.handle(Request(method="GET", path="/logout", query=urlencode(parameters)))

    def post(self, **parameters: str) -> Response:
        body = urlencode(parameters).encode()
        request = Request(method="POST", path="/logout", headers=FORM, body=body, client="192.0.2.7")
        return self.end.handle(request)

    def ticket(self, page: Response) -> str:
        return re.findall(r'name="ticket" value="([^"]+)"', page.body.decode())[0]


def location(answer: Response) -> str:
    return dict(answer.headers)["location"]


def test_a_hint_of_this_session_ends_it_at_once_however_old_the_hint_is() -> None:
    house = House()
    answer = house.get(id_token_hint=house.hint(), post_logout_redirect_uri=BYE, state="s &")
    assert location(answer) == f"{BYE}&state=s+%26"
    assert ("set-cookie", "gone") in answer.headers
    assert house.desk.somebody is None
    [(address, member)] = house.told
    assert (address, member.client_id, member.sid) == ("https://shop.example/told", "shop", house.sid("shop"))


@pytest.mark.parametrize("with_hint", [True, False])
def test_anybody_else_is_asked_first(with_hint: bool) -> None:
    house = House()
    hint = {"id_token_hint": house.hint(sid="another session")} if with_hint else {}
    page = house.get(client_id="shop", post_logout_redirect_uri=BYE, **hint)
    assert page.status == 200
    assert house.desk.somebody is not None
    assert not house.told
    answer = house.post(csrf="genuine", ticket=house.ticket(page), answer="yes")
    assert location(answer) == BYE
    assert house.desk.somebody is None
    assert len(house.told) == 1


def test_who_stays_is_not_logged_out_and_nobody_is_told() -> None:
    house = House()
    page = house.get()
    answer = house.post(csrf="genuine", ticket=house.ticket(page), answer="no")
    assert answer.status == 200
    assert house.desk.somebody is not None
    assert not house.told


def test_an_answer_from_a_page_of_somebody_else_ends_nothing() -> None:
    house = House()
    answer = house.post(csrf="forged", ticket=house.ticket(house.get()), answer="yes")
    assert answer.status == 403
    assert house.desk.somebody is not None


def test_without_a_session_the_browser_goes_back_and_nobody_is_asked() -> None:
    house = House(logged_in=False)
    assert location(house.get(client_id="shop", post_logout_redirect_uri=BYE)) == BYE
    assert house.get().status == 200
    assert not house.told


def test_a_form_posted_by_a_site_comes_back_as_a_get_that_carries_the_cookie() -> None:
    house = House()
    moved = house.post(id_token_hint=house.hint(), post_logout_redirect_uri=BYE)
    assert moved.status == 303
    assert house.desk.somebody is not None
    ticket = parse_qs(urlsplit(location(moved)).query)["ticket"][0]
    assert location(house.get(ticket=ticket)) == BYE


@pytest.mark.parametrize(
    "parameters",
    [
        {"post_logout_redirect_uri": BYE},
        {"post_logout_redirect_uri": "https://evil.example/", "client_id": "shop"},
        {"post_logout_redirect_uri": BYE + "#x", "client_id": "shop"},
        {"post_logout_redirect_uri": BYE, "client_id": "bank"},
        {"post_logout_redirect_uri": BYE, "client_id": "nobody"},
        {"client_id": "nobody"},
        {"id_token_hint": "x.y.z", "post_logout_redirect_uri": BYE},
        {"id_token_hint": "", "ticket": "x" * 43},
        {"ticket": "x"},
        {"client_id": "shop", "post_logout_redirect_uri": BYE, "state": "s" * 1025},
    ],
)
def test_nobody_is_sent_where_no_registered_site_asked_for(parameters: dict[str, str]) -> None:
    house = House()
    answer = house.get(**parameters)
    assert answer.status == 400
    assert "location" not in dict(answer.headers)
    assert house.desk.somebody is not None


@pytest.mark.parametrize(
    "changes", [{"iss": "https://other.example"}, {"aud": "nobody"}, {"aud": ["shop"]}, {"aud": "bank"}]
)
def test_a_hint_that_is_no_id_token_of_this_site_is_refused(changes: dict[str, Any]) -> None:
    house = House()
    answer = house.get(id_token_hint=house.hint(**changes), client_id="shop", post_logout_redirect_uri=BYE)
    assert answer.status == 400
    assert house.desk.somebody is not None


def test_a_hint_signed_by_somebody_else_is_refused() -> None:
    house = House()
    assert house.get(id_token_hint=House().hint(), post_logout_redirect_uri=BYE).status == 400


@pytest.mark.parametrize(
    ("lang", "word"), [("en", "asks you to log out"), ("fa", "می‌خواهد"), ("xx", "می‌خواهد")]
)
def test_the_question_changes_its_language(lang: str, word: str) -> None:
    house = House()
    ticket = house.ticket(house.get(client_id="shop"))
    assert word in house.get(ticket=ticket, lang=lang).body.decode()


def test_a_session_that_ends_at_the_login_is_told_too() -> None:
    house = House()
    house.end.through_login(Request(method="GET", path="/challenge"))
    assert not house.told
    house.end.through_login(Request(method="POST", path="/logout"))
    assert len(house.told) == 1


def test_an_address_cannot_fill_the_store_with_logouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_session, "MOST_PER_ADDRESS", 2)
    house = House()
    assert [house.post(client_id="shop").status for _ in range(3)] == [303, 303, 429]
