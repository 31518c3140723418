"""The programming interface: keys, repeats, errors in the form of RFC 9457, events that are signed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartid.errors import EncodingError, SignatureInvalid
from smartid.identity.transaction import Transaction
from smartid.services.purchase.api import PurchaseAPI
from smartid.services.purchase.webhooks import Webhooks, secret_of, sign, verify_webhook
from smartid.services.purchase.wire import authorization_json
from smartid.services.reasons import Reason
from smartid.services.spine.words import sentence
from smartid.web.asgi import asgi_app
from smartid.web.http import Request, Response
from smartid.web.keyed import Keyed
from tests.services.purchase_world import PERSON, SHOP, Holder, World


@pytest.fixture(scope="module")
def sara() -> Iterator[Holder]:
    holder = Holder("sara")
    yield holder
    holder.close()


class Client:
    """A payee's program."""

    def __init__(self, world: World, payee: str = SHOP.id) -> None:
        self.api = PurchaseAPI(world.purchases, world.mandates, world.journal)
        self._key = world.keys[payee]

    def get(self, path: str) -> Response:
        return self.api.handle(
            Request(method="GET", path=path, headers={"authorization": f"Bearer {self._key}"})
        )

    def post(self, path: str, members: object, key: str = "") -> Response:
        headers = {"authorization": f"Bearer {self._key}"}
        if key:
            headers["idempotency-key"] = f'"{key}"'
        body = members if isinstance(members, bytes) else json.dumps(members).encode()
        return self.api.handle(Request(method="POST", path=path, headers=headers, body=body))

    def agree(self, path: str, holder: Holder, key: str) -> dict[str, str]:
        certificate = authorization_json_certificate(holder)
        offer = read(self.post(f"{path}/prepare", {"certificate": certificate}, f"{key}/prepare"), 200)
        return authorization_json(holder.agree(Transaction.parse(offer["transaction"].encode())))


def authorization_json_certificate(holder: Holder) -> str:
    import base64

    return base64.b64encode(holder.certificate).decode()


def read(response: Response, status: int) -> Any:
    assert response.status == status, response.body
    return json.loads(response.body)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


def test_a_payment_from_intent_to_refund(client: Client, world: World, sara: Holder) -> None:
    intent = read(client.post("/intents", {"amount": 500_000, "order": "A-1", "capture": "later"}, "1"), 201)
    place = f"/intents/{intent['id']}"
    assert (intent["state"], intent["payment"]) == ("quoted", None)
    assert (
        read(client.post(f"{place}/authorise", client.agree(place, sara, "1"), "2"), 200)["state"]
        == "reserved"
    )
    taken = read(client.post(f"{place}/capture", {"amount": 300_000}, "3"), 200)
    assert (taken["state"], taken["payment"]["captured"]) == ("completed", 300_000)
    assert read(client.post(f"{place}/refunds", {"amount": 100_000}, "4"), 200)["refunded"] == 100_000
    payment = f"/payments/{taken['payment']['payment']}"
    assert read(client.get(payment), 200)["state"] == "refunded"
    assert read(client.post(f"{payment}/disputes", {"why": "never came"}, "5"), 200)["state"] == "disputed"
    assert read(client.get(f"{payment}/evidence"), 200)["payment"]["payment"] == payment.split("/")[2]
    world.purchases.deliver()
    assert world.taken() == world.recorded() == 200_000


def test_a_mandate_over_the_wire(client: Client, world: World, sara: Holder) -> None:
    until = (world.clock() + timedelta(days=60)).isoformat()
    asked = {"ceiling": 90_000, "order": "net", "period": "month", "until": until}
    mandate = read(client.post("/mandates", asked, "1"), 201)
    place = f"/mandates/{mandate['id']}"
    assert (
        read(client.post(f"{place}/draws", {"amount": 1, "order": "x"}, "0"), 409)["reason"] == "wrong_state"
    )
    signed = read(client.post(f"{place}/authorise", client.agree(place, sara, "1"), "2"), 200)
    assert (signed["signed"], signed["left"]) == (True, 90_000)
    assert (
        read(client.post(f"{place}/draws", {"amount": 60_000, "order": "x"}, "3"), 200)["captured"] == 60_000
    )
    assert (
        read(client.post(f"{place}/draws", {"amount": 60_000, "order": "x"}, "4"), 402)["reason"]
        == "insufficient"
    )
    assert read(client.post(f"{place}/revoke", {}, "5"), 200)["left"] == 0
    assert (
        read(client.post(f"{place}/draws", {"amount": 1, "order": "x"}, "6"), 410)["reason"]
        == "quote_expired"
    )


def test_a_key_is_needed_belongs_to_one_request_and_is_answered_again(client: Client) -> None:
    asked = {"amount": 1, "order": "A-1"}
    assert read(client.post("/intents", asked), 400)["reason"] == "invalid_request"
    first = client.post("/intents", asked, "k")
    again = client.post("/intents", asked, "k")
    assert (again.status, again.body) == (201, first.body)
    assert ("idempotency-replayed", "true") in again.headers
    assert ("idempotency-replayed", "true") not in first.headers
    assert read(client.post("/intents", {**asked, "amount": 2}, "k"), 422)["reason"] == "conflict"
    assert client.post("/intents", asked, "k2").body != first.body


def test_the_first_request_still_runs(client: Client, world: World, sara: Holder) -> None:
    intent = read(client.post("/intents", {"amount": 1000, "order": "A-1"}, "1"), 201)
    place = f"/intents/{intent['id']}"
    agreed = client.agree(place, sara, "1")
    reached, go_on = threading.Event(), threading.Event()
    ask = world.line.ask

    def slow(fields: Any) -> Any:
        reached.set()
        go_on.wait(10)
        return ask(fields)

    world.line.ask = slow
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, f"{place}/authorise", agreed, "2")
        assert reached.wait(10)
        assert read(client.post(f"{place}/authorise", agreed, "2"), 409)["reason"] == "in_progress"
        go_on.set()
        assert first.result().status == 200
    assert client.post(f"{place}/authorise", agreed, "2").status == 200
    assert len(world.line.asked) == 1


def test_many_replays_of_one_key_at_once_take_the_money_once(
    client: Client, world: World, sara: Holder
) -> None:
    intent = read(client.post("/intents", {"amount": 1000, "order": "A-1"}, "1"), 201)
    place = f"/intents/{intent['id']}"
    agreed = client.agree(place, sara, "1")
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.post(f"{place}/authorise", agreed, "2"), range(1000)))
    assert {answer.status for answer in answers} <= {200, 409}
    assert len({answer.body for answer in answers if answer.status == 200}) == 1
    assert world.taken() == world.recorded() == 1000
    assert len(world.line.asked) == 1


def test_no_answer_of_the_acquirer_is_no_final_answer(client: Client, world: World, sara: Holder) -> None:
    intent = read(client.post("/intents", {"amount": 1000, "order": "A-1"}, "1"), 201)
    place = f"/intents/{intent['id']}"
    agreed = client.agree(place, sara, "1")
    world.line.lose = ["reply"]
    response = client.post(f"{place}/authorise", agreed, "2")
    assert read(response, 504)["reason"] == "peer_timeout"
    assert dict(response.headers)["retry-after"]
    assert read(client.post(f"{place}/authorise", agreed, "2"), 200)["state"] == "unknown"
    world.purchases.deliver()
    assert read(client.get(place), 200)["state"] == "voided"


def test_strangers_and_other_payees_see_nothing(client: Client, world: World) -> None:
    intent = read(client.post("/intents", {"amount": 1000, "order": "A-1"}, "1"), 201)
    place = f"/intents/{intent['id']}"
    other = Client(world, PERSON.id)
    assert read(other.get(place), 404)["reason"] == "unknown_case"
    assert client.api.handle(Request(method="GET", path=place)).status == 401
    wrong = {"authorization": "Bearer sk_" + "x" * 43}
    assert client.api.handle(Request(method="GET", path=place, headers=wrong)).status == 401
    world.purchases.store.withdraw_key(world.keys[SHOP.id])
    assert client.get(place).status == 401
    content = world.book.run(lambda entry: entry.find("purchase/api-key"))
    assert not any(world.keys[PERSON.id] in record.key for record in content)


def test_errors_are_problems_in_two_languages(client: Client) -> None:
    response = client.get("/payments/" + "0" * 32)
    found = read(response, 404)
    assert dict(response.headers)["content-type"] == "application/problem+json"
    assert found["title_fa"] == sentence(Reason.UNKNOWN_CASE)[0]
    assert found["type"] == "urn:smartid:reason:unknown_case"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"amount": 1.0, "order": "x"}',
        b'{"amount": 0, "order": "x"}',
        b'{"amount": 1, "order": "x", "more": 1}',
        b'{"amount": 1, "amount": 2, "order": "x"}',
        b'{"amount": true, "order": "x"}',
        b'{"amount": 1, "order": "x", "capture": "tomorrow"}',
        '{"amount": 1, "order": "\u202ereversed"}'.encode(),
        b'{"amount": 1, "order": "' + b"x" * 70_000 + b'"}',
    ],
)
def test_bodies_that_are_not_right_are_refused(client: Client, body: bytes) -> None:
    assert client.post("/intents", body, "k").status in {400, 413}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["/intents", "/intents/x/authorise", "/mandates", "/x", "//"]),
    st.binary(max_size=80),
    st.text(max_size=8),
)
def test_any_request_ends_in_an_answer(client: Client, path: str, body: bytes, key: str) -> None:
    assert 400 <= client.post(path, body, key).status < 500


def test_a_server_of_asgi_serves_it_and_its_description(client: Client, world: World) -> None:
    async def ask() -> tuple[httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(app=asgi_app(client.api.handle))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://pay.test") as http:
            headers = {"authorization": f"Bearer {world.keys[SHOP.id]}", "idempotency-key": "k"}
            made = await http.post("/intents", json={"amount": 1, "order": "A"}, headers=headers)
            return made, await http.get("/openapi.json")

    made, told = asyncio.run(ask())
    assert made.status_code == 201
    document = told.json()
    operations = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert operations == {(route.method, route.path) for route in client.api.routes}


def test_events_are_signed_and_every_change_is_seen(world: World) -> None:
    now = world.clock()
    secret, body = secret_of(Keyed(bytes(32)), SHOP.id), b'{"id": "1"}'
    header = sign(secret, body, now)
    assert verify_webhook(secret, header, body, now=now) == {"id": "1"}
    for wrong in (
        lambda: verify_webhook(secret, header, body + b" ", now=now),
        lambda: verify_webhook(secret_of(Keyed(bytes(32)), "other"), header, body, now=now),
        lambda: verify_webhook(secret, header, body, now=now + timedelta(minutes=6)),
        lambda: verify_webhook(secret, header.replace("t=1", "t=2", 1), body, now=now),
    ):
        with pytest.raises(SignatureInvalid):
            wrong()
    with pytest.raises(EncodingError):
        verify_webhook(secret, "v1=00", body, now=now)


class _Shop(BaseHTTPRequestHandler):
    got: list[tuple[str, bytes]]
    fail: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append((self.headers["Smartid-Signature"], body))
        failing = len(self.got) <= self.fail
        self.send_response(500 if failing else 204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def test_events_come_until_they_are_taken(world: World, sara: Holder) -> None:
    handler = type("Shop", (_Shop,), {"got": [], "fail": 1})
    keyed = Keyed(bytes(32))
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/events"
        world.purchases.store.change(replace(SHOP, webhook=address))
        intent = world.purchases.ask(SHOP.id, 1000, "A-1", key="k")
        world.purchases.authorise(intent.id, world.signed(sara, intent.id))
        hooks = Webhooks(
            world.purchases.outbox, world.purchases.store, keyed, clock=world.clock, private=True
        )
        assert hooks.deliver().waiting == 1
        world.clock.pass_by(minutes=1)
        assert len(hooks.deliver().delivered) == 1
        assert hooks.deliver().delivered == ()
        server.shutdown()
    events = [verify_webhook(secret_of(keyed, SHOP.id), *each, now=world.clock()) for each in handler.got]
    assert [event["attempt"] for event in events] == [1, 2]
    assert events[0]["id"] == events[1]["id"]
    assert events[0]["type"] == "payment.completed"
    assert events[0]["data"]["amount"] == 1000
    assert "holder" not in json.dumps(events)


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/x",
        "https://127.0.0.1:1/x",
        "https://[::1]/x",
        "https://10.0.0.1/x",
        "file:///etc/passwd",
    ],
)
def test_events_go_to_no_private_network(world: World, sara: Holder, address: str) -> None:
    world.purchases.store.change(replace(SHOP, webhook=address))
    intent = world.purchases.ask(SHOP.id, 1000, "A-1", key="k")
    world.purchases.authorise(intent.id, world.signed(sara, intent.id))
    hooks = Webhooks(world.purchases.outbox, world.purchases.store, Keyed(bytes(32)), clock=world.clock)
    assert hooks.deliver().delivered == ()


@pytest.mark.parametrize("name", ["\ud800", "\0", "..", "A" * 32, "0" * 33, "\u202e"])
def test_what_is_no_identifier_is_no_path(world: World, name: str) -> None:
    client = Client(world)
    for path in (f"/intents/{name}", f"/payments/{name}", f"/payments/{name}/evidence", f"/mandates/{name}"):
        assert client.get(path).status == 404


@pytest.mark.parametrize("why", ["\0", "line\nline", "\u202eesrever"])
def test_why_a_payment_is_disputed_is_plain_text(world: World, sara: Holder, why: str) -> None:
    client = Client(world)
    id_ = read(client.post("/intents", {"amount": 1000, "order": "a"}, "k1"), 201)["id"]
    agreed = client.agree(f"/intents/{id_}", sara, "k2")
    paid = read(client.post(f"/intents/{id_}/authorise", agreed, "k3"), 200)["payment"]["payment"]
    assert client.post(f"/payments/{paid}/disputes", {"why": why}, "k4").status == 400
    assert read(client.get(f"/payments/{paid}"), 200)["state"] == "completed"


@pytest.mark.parametrize(
    "until", ["2026-W50-1T00:00:00Z", "20261210T000000+0000", "2026-12-10T00:00:00+00:00:30"]
)
def test_times_are_those_of_rfc_3339(world: World, until: str) -> None:
    members = {"ceiling": 1000, "order": "a", "period": "day", "until": until}
    assert Client(world).post("/mandates", members, "k").status == 400
