"""The polling station of the examples: the pages without a browser, the line, and what they refuse."""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import re
import sys
from pathlib import Path

import pytest

from smartid.mockcard.citizens import CITIZENS

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CHOSEN = {"q0": "blank", "q1": "none", "q2": ["0", "3"]}


class Client:
    """Asks the application without a network."""

    def __init__(self, transport) -> None:
        self.transport = transport

    def get(self, path, **more):
        return asyncio.run(self._ask("GET", path, **more))

    def post(self, path, **more):
        return asyncio.run(self._ask("POST", path, **more))

    async def _ask(self, method, path, **more):
        import httpx

        async with httpx.AsyncClient(transport=self.transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **more)

    def seal(self, **chosen):
        """Fill in a ballot; gives the answer and the name under which the ballot waits."""
        answer = self.post("/booth/seal?lang=en", data={"card": "sara", **CHOSEN, **chosen})
        found = re.search('name="nonce" value="([^"]+)"', answer.text)
        return answer, found[1] if found else None

    def cast(self, nonce, pin):
        return self.post("/booth/cast?lang=en", data={"nonce": nonce, "pin": pin})


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    """The modules of the station, and a client of one with one voter."""
    for name in ("starlette", "granian", "httpx", "segno", "jinja2", "nacl", "gmpy2"):
        pytest.importorskip(name)
    import httpx

    before = set(sys.modules)
    sys.path.insert(0, str(EXAMPLES / "polling_station"))
    try:
        app = importlib.import_module("app")
        folder = app.make_election(
            tmp_path_factory.mktemp("polls") / "e", people=("sara",), group="Ed25519", trustees=1, minimum=0
        )
        policy = app.policy_of(folder)
        with app.open_box(folder, policy) as lent:
            site = app.application(app.Station(folder, policy, lent, app.PublicBoard(folder.archive)))
            client = Client(httpx.ASGITransport(app=site))
            client.app, client.site, client.folder = app, site, folder
            yield client
    finally:
        sys.path.remove(str(EXAMPLES / "polling_station"))
        for name in set(sys.modules) - before:
            if str(EXAMPLES) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


@pytest.mark.parametrize(
    ("lang", "direction", "word"),
    [("fa", "rtl", "برگه‌های رأی روی تابلو"), ("en", "ltr", "Ballots on the board")],
)
def test_the_public_page_comes_in_two_languages(station, lang, direction, word) -> None:
    answer = station.get(f"/?lang={lang}")
    assert f'lang="{lang}" dir="{direction}"' in answer.text
    assert word in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/verify", "/result", "/promises", "/booth/", "/check/check.html", "/api/keys"]
)
def test_each_page_is_there(station, path) -> None:
    assert station.get(path).status_code == 200


@pytest.mark.parametrize(
    "chosen",
    [
        {"q0": "2"},
        {"q0": ["0", "1"]},
        {"q0": ["blank", "0"]},
        {"q1": "blank"},
        {"q2": ["0", "1", "2", "3"]},
        {"q2": []},
    ],
)
def test_a_ballot_against_the_rules_is_shown_again(station, chosen) -> None:
    answer, nonce = station.seal(**chosen)
    assert (answer.status_code, nonce) == (400, None)
    assert 'role="alert"' in answer.text


def test_an_opened_ballot_shows_what_it_holds_and_is_never_cast(station) -> None:
    answer, nonce = station.seal()
    tracker = re.search('id="tracker">([^<]+)<', answer.text)[1]
    opened = station.post("/booth/audit?lang=en", data={"nonce": nonce})
    assert tracker in opened.text
    assert "Blank vote" in opened.text
    told = station.get(f"/booth/opened/{nonce}.json").json()
    assert told["opening"]["tracker"] == tracker
    assert station.cast(nonce, station.app.PIN).status_code == 409
    assert "no such ballot" in station.get("/find", params={"lang": "en", "tracker": tracker}).text


def test_a_ballot_that_was_opened_while_the_card_signed_is_not_cast(station, monkeypatch) -> None:
    answer, nonce = station.seal()
    tracker = re.search('id="tracker">([^<]+)<', answer.text)[1]
    device = station.site.state.device
    signs = type(device)._sign

    def opened_meanwhile(self, *arguments):
        device.audit(nonce)
        return signs(self, *arguments)

    monkeypatch.setattr(type(device), "_sign", opened_meanwhile)
    assert station.cast(nonce, station.app.PIN).status_code == 409
    assert "no such ballot" in station.get("/find", params={"lang": "en", "tracker": tracker}).text


def test_a_wrong_pin_leaves_the_ballot_waiting_and_a_right_one_casts_it(station) -> None:
    answer, nonce = station.seal()
    tracker = re.search('id="tracker">([^<]+)<', answer.text)[1]
    wrong = station.cast(nonce, "000000")
    assert wrong.status_code == 400
    assert "The PIN is wrong." in wrong.text
    text = station.cast(nonce, station.app.PIN).text
    assert tracker in text
    assert "<svg" in text
    assert (
        "last one of its credential" in station.get("/find", params={"lang": "en", "tracker": tracker}).text
    )
    assert station.cast(nonce, station.app.PIN).status_code == 409
    again = station.cast(station.seal()[1], station.app.PIN)
    assert again.status_code == 200
    assert "later one has replaced it" in station.get("/find", params={"lang": "en", "tracker": tracker}).text
    history = station.post("/booth/history?lang=en", data={"card": "sara", "pin": station.app.PIN})
    assert history.text.count("<dl>") == 2


def test_the_archive_is_the_board(station) -> None:
    answer = station.get("/board.bel")
    assert answer.content == station.folder.archive.read_bytes()
    events = station.get("/api/events?from=0").json()["events"]
    assert [event["height"] for event in events] == list(range(len(events)))


def test_the_page_tells_what_the_verification_found(station) -> None:
    assert station.post("/verify?lang=en").status_code == 303
    station.site.state.public.wait()
    assert not station.get("/verify/progress").json()["running"]
    assert "Valid: every check passed." in station.get("/verify?lang=en").text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 100_000,
        b'{"ballot":1,"statement":"","signature":""}',
        b'{"ballot":"\\ud800","statement":"","signature":""}',
    ],
)
def test_the_line_takes_requests_only(station, body) -> None:
    answer = station.post("/api/ballots", content=body)
    assert (answer.status_code, answer.json()) == (400, {"reason": "invalid_request"})


def test_the_line_refuses_what_no_card_signed(station) -> None:
    signature = base64.b64encode(b"0").decode()
    body = json.dumps({"ballot": "{}", "statement": "{}", "signature": signature})
    assert station.post("/api/ballots", content=body).status_code == 409


def test_only_this_computer_and_this_site_are_served(station) -> None:
    assert station.get("/", headers={"host": "station.example"}).status_code == 400
    nonce = station.seal()[1]
    form, elsewhere = {"nonce": nonce, "pin": station.app.PIN}, {"origin": "http://evil.example"}
    assert station.post("/booth/cast", data=form, headers=elsewhere).status_code == 409


def test_the_staff_ends_the_vote_and_has_it_counted(station) -> None:
    key = station.site.state.key
    assert station.get("/staff").status_code == 403
    assert station.post("/staff/close", data={"key": "no", "sure": "yes"}).status_code == 403
    assert station.post("/staff/close", data={"key": key}).status_code == 400
    assert station.post("/staff/pause", data={"key": key}).status_code == 303
    assert station.cast(station.seal()[1], station.app.PIN).status_code == 409
    assert station.post("/staff/resume", data={"key": key}).status_code == 303
    tracker = station.post("/booth/history", data={"card": "sara", "pin": station.app.PIN}).text
    tracker = re.findall('class="code">([^<]{43})<', tracker)[-1]
    person = "۰۰۱۲۳"
    assert station.post("/staff/paper", data={"key": key, "person": person}).status_code == 409
    person = CITIZENS["sara"].identity.national_number
    assert station.post("/staff/paper", data={"key": key, "person": person}).status_code == 303
    assert station.cast(station.seal()[1], station.app.PIN).status_code == 409
    assert station.post("/staff/close", data={"key": key, "sure": "yes"}).status_code == 303
    assert "has revoked" in station.get("/find", params={"lang": "en", "tracker": tracker}).text
    assert len(station.get("/closed.bel").content) > len(station.get("/board.bel").content)
    assert station.get("/board.shares").status_code == 404
    assert len(station.get("/api/events?from=0").json()["events"]) == 4
    assert "has ended" in station.get("/?lang=en").text
    log = station.folder.restricted / "evidence.log"
    whole = log.read_bytes()
    log.write_bytes(whole.replace(b'"kind":"paper"', b'"kind":"paper "', 1))
    assert station.post("/staff/count", data={"key": key}).status_code == 409
    log.write_bytes(whole)
    assert "has ended" in station.get("/?lang=en").text, "nothing is opened before the audit agrees"
    assert station.post("/staff/count", data={"key": key}).status_code == 303
    assert station.get("/board.shares").content.startswith(b'{"owner":')
    text = station.get("/result?lang=en").text
    assert text.count("<svg") == 3
    assert "Merkle root of the evidence log" in text
    assert person not in text
