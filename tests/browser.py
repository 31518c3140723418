"""A browser without a window: keeps cookies, says where its requests come from, and has a card."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from smartid.card.connect import connect
from smartid.card.pin import PIN
from smartid.identity.auth_token import AuthToken, Challenge
from smartid.identity.model import Purpose
from smartid.mockcard.card import MockCard
from smartid.web.http import Request, Response

ORIGIN = "https://shop.example"
Send = Callable[[Request], Response]


@dataclass
class Browser:
    """Talks to whatever answers requests; paths are those of the site."""

    send: Send
    client: str = "192.0.2.7"
    origin: str = ORIGIN
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def get(self, path: str, **headers: str | None) -> Response:
        return self.ask("GET", path, headers)

    def post(self, path: str, body: bytes, **headers: str | None) -> Response:
        return self.ask("POST", path, {"content_type": "application/json", **headers}, body)

    def ask(self, method: str, path: str, changed: dict[str, str | None], body: bytes = b"") -> Response:
        headers: dict[str, str | None] = {"sec-fetch-site": "same-origin"}
        if method != "GET":
            headers |= {"origin": self.origin, "x-csrf-token": self.csrf or None}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        target, _, query = path.partition("?")
        response = self.send(
            Request(
                method=method,
                path=target,
                query=query,
                headers={name: value for name, value in headers.items() if value is not None},
                body=body,
                client=self.client,
            )
        )
        self.keep(response)
        return response

    def challenge(self, prefix: str = "/auth") -> str:
        """Ask for a nonce as the page does, and keep the token that comes with it."""
        answer = self.get(f"{prefix}/challenge")
        assert answer.status == 200, answer.body
        members = json.loads(answer.body)
        self.csrf = members["csrf"]
        return str(members["nonce"])

    def log_in(self, card: Card, prefix: str = "/auth", **members: object) -> Response:
        body = login_body(card.answer(self.challenge(prefix), self.origin), **members)
        answer = self.post(f"{prefix}/login", body)
        if answer.status == 200:
            self.csrf = json.loads(answer.body)["csrf"]
        return answer

    def keep(self, response: Response) -> None:
        for name, value in response.headers:
            if name.lower() == "set-cookie":
                for cookie in SimpleCookie(value).values():
                    assert cookie["secure"]
                    if cookie["max-age"] == "0":
                        self.cookies.pop(cookie.key, None)
                    else:
                        self.cookies[cookie.key] = cookie.value


class Card:
    """A mock card whose holder agrees to everything."""

    def __init__(self, card: MockCard) -> None:
        self._card = card
        self.holder = card.image.holder

    def answer(self, nonce: str, origin: str = ORIGIN) -> dict[str, Any]:
        """Give the token for a challenge."""
        return self.token(nonce, origin).as_dict()

    def token(self, nonce: str, origin: str = ORIGIN) -> AuthToken:
        """The same as a value."""
        with connect(transport=self._card.insert()) as card:
            pin = next(iter(self._card.image.pins.values())).value
            with card.unlock(PIN(pin), purpose=Purpose.AUTHENTICATION) as unlocked:
                return unlocked.authenticate(Challenge(origin, nonce))


def login_body(token: dict[str, Any], **members: object) -> bytes:
    """Give the body of a login."""
    return json.dumps({"auth-token": token, **members}).encode()


def header(response: Response, name: str) -> str | None:
    """Give the one header of a name."""
    found = [value for key, value in response.headers if key.lower() == name]
    assert len(found) < 2
    return found[0] if found else None
