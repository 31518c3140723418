"""What every endpoint of the provider works with."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smartid.oidc.clients import Client, Clients
    from smartid.oidc.keys import KeyRing
    from smartid.oidc.tickets import Tickets
    from smartid.web.login import CardLogin
    from smartid.web.sessions import SignedIn

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long things live.

    code, pushed   authorization code, pushed request: used once
    question       how long a person may take to log in and to consent
    access, token  access token; ID token and logout token
    assertion      longest lifetime of a client's assertion
    consent        how long a consent is remembered
    session        how long it is known which sites took part in a session: as long as a session may last
    """

    code: timedelta = timedelta(seconds=60)
    pushed: timedelta = timedelta(seconds=60)
    question: timedelta = timedelta(minutes=15)
    access: timedelta = timedelta(minutes=10)
    token: timedelta = timedelta(minutes=5)
    assertion: timedelta = timedelta(minutes=5)
    consent: timedelta = timedelta(days=30)
    session: timedelta = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The provider's parts. ``secret`` has 32 bytes or more and makes subjects: it must never change."""

    issuer: str
    login: CardLogin
    clients: Clients
    keys: KeyRing
    tickets: Tickets
    secret: bytes = field(repr=False)
    clock: Clock
    lifetimes: Lifetimes

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.clock().timestamp())

    def keyed(self, purpose: str, *parts: str) -> str:
        """Derive a text from the secret: base64url of HMAC-SHA256 over the purpose and the parts."""
        message = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in (purpose, *parts))
        mac = hmac.digest(self.secret, message, hashlib.sha256)
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode("ascii")

    def subject(self, client: Client, person: SignedIn) -> str | None:
        """Derive the pairwise ``sub`` (OpenID Connect Core 1.0, 8.1); None without a national number.

        It depends on the sector of the client, the country and the national number, so that it stays when
        the card is renewed. A mock card never has the subject of a real one.
        """
        number = person.identity.national_number
        kind = "test" if person.throw_away else "card"
        country = person.identity.nationality or ""
        return self.keyed("sub", client.sector_host, kind, country, number) if number else None

    def session(self, client: Client, person: SignedIn) -> str:
        """Name the person's session towards one client (``sid``): no two clients get the same."""
        return self.keyed("sid", client.id, person.session)
