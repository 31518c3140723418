"""A provider with a clock that can be moved, sites that ask, and a browser in which somebody is signed in."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws, jwt
from joserfc.jwk import ECKey

from smartid.auth.memory_store import MemoryStore
from smartid.identity.dates import PartialDate
from smartid.identity.model import Identity, Sex, VerifiedIdentity
from smartid.oidc.back_channel import BackChannel
from smartid.oidc.clients import Client, ClientMethod, new_secret
from smartid.oidc.context import Lifetimes
from smartid.oidc.keys import KeyRing
from smartid.oidc.provider import Provider
from smartid.trust.policy import Policy
from smartid.trust.verdict import Indication, Verdict
from smartid.web.cookies import SESSION
from smartid.web.http import Request, Response
from smartid.web.login import CardLogin
from smartid.web.mount import joined

ISSUER = "https://id.example"
BACK = "https://shop.example/back"
LOOPBACK = "http://127.0.0.1/back"
SARA = Identity(
    national_number="0012345679",
    given_names="سارا",
    family_name="نمونه",
    birth_date=PartialDate.of(date(1990, 3, 21)),
    sex=Sex.FEMALE,
    nationality="IRN",
)
FORM = "application/x-www-form-urlencoded"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRET, SECRET_HASH = new_secret()
SHOP_KEY = ECKey.generate_key("P-256", parameters={"kid": "shop-1"})


def client(name: str = "shop", **more: Any) -> Client:
    """A site with a secret, unless said otherwise."""
    method = more.pop("method", ClientMethod.CLIENT_SECRET_BASIC)
    secret = SECRET_HASH if method is ClientMethod.CLIENT_SECRET_BASIC else None
    uris = more.pop("redirect_uris", (f"https://{name}.example/back",))
    return Client(id=name, name=name.title(), method=method, redirect_uris=uris, secret_sha256=secret, **more)


def keyed_client(name: str = "bank", key: ECKey = SHOP_KEY, **more: Any) -> Client:
    """A site that proves itself with a key."""
    jwks = {"keys": [{**key.as_dict(private=False), "kid": "shop-1"}]}
    return client(name, method=ClientMethod.PRIVATE_KEY_JWT, jwks=jwks, **more)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


class Silent(BackChannel):
    """Tells nobody."""

    def __init__(self) -> None:
        pass

    def tell(self, address: str, member: Any) -> None:
        pass


@dataclass
class House:
    """A provider and a browser at it."""

    clients: Iterable[Client] = field(default_factory=lambda: (client(), keyed_client()))
    keys: KeyRing = field(default_factory=KeyRing.generate)
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    clock: Clock = field(default_factory=Clock)
    secret: bytes = b"a secret of thirty-two bytes or so"
    cookie: str = ""

    def __post_init__(self) -> None:
        self.store = MemoryStore(clock=self.clock)
        policy = replace(Policy(), clock=self.clock)
        self.login = CardLogin(ISSUER, policy, store=self.store, secret=self.secret)
        self.provider = Provider(
            ISSUER,
            self.login,
            self.clients,
            self.keys,
            secret=self.secret,
            lifetimes=self.lifetimes,
            back_channel=Silent(),
        )

    # the person

    def sign_in(self, identity: Identity = SARA, *, throw_away: bool = False) -> None:
        """Let somebody put their card into the reader."""
        verdict = replace(PASSED, time=self.clock(), throw_away=throw_away)
        person = VerifiedIdentity(identity=identity, verdict=verdict, certificate=CERTIFICATE)
        session, _ = self.login.sessions.open(person)
        self.cookie = session

    def send(self, method: str, path: str, body: str | bytes = "", **headers: str) -> Response:
        """Send what a browser sends from a page of the provider."""
        place, _, query = path.removeprefix(ISSUER).partition("?")
        data = body.encode() if isinstance(body, str) else body
        named = {"content-type": FORM, "origin": ISSUER} if method == "POST" else {}
        cookies = {"cookie": f"{SESSION}={self.cookie}"} if self.cookie else {}
        everything = {
            **named,
            **cookies,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.provider.handle(
            Request(method=method, path=place, query=query, headers=everything, body=data, client="192.0.2.7")
        )

    # the site

    def authorize(self, **changes: str | None) -> Response:
        """Open the address that a site sends its visitors to."""
        return self.send("GET", f"/authorize?{urlencode(asking(**changes))}")

    def consented(self, response: Response, answer: str = "allow") -> Response:
        """Answer the page that a redirect leads to."""
        page = self.send("GET", location(response))
        fields = dict(re.findall(r'name="(csrf|ticket)" value="([^"]*)"', page.body.decode()))
        return self.send("POST", "/consent", urlencode({**fields, "answer": answer}))

    def code(self, **changes: str | None) -> str:
        """Log in and agree; gives the code."""
        response = self.authorize(**changes)
        if location(response).startswith("/consent"):
            response = self.consented(response)
        return answer_of(response)["code"]

    def token(self, code: str, /, **changes: str | None) -> Response:
        """Exchange a code as the shop does."""
        basic = base64.b64encode(f"shop:{SECRET}".encode()).decode()
        headers = {"authorization": f"Basic {basic}"} if "client_id" not in changes else {}
        return self.send("POST", "/token", urlencode(exchange(code, **changes)), **headers)

    def assertion(self, key: ECKey = SHOP_KEY, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """Make an assertion of the bank."""
        now = int(self.clock().timestamp())
        claims = {"iss": "bank", "sub": "bank", "aud": ISSUER, "exp": now + 60, "iat": now}
        claims["jti"] = secrets.token_hex(8)
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return jwt.encode(
            header or {"alg": "ES256", "kid": "shop-1"}, claims, key, algorithms=["ES256", "ES384"]
        )

    def exchange_with(self, assertion: str, code: str, **more: str | None) -> Response:
        """Exchange a code as the bank does."""
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        form = exchange(code, redirect_uri="https://bank.example/back", **{**proof, **more})
        return self.send("POST", "/token", urlencode(form))

    def userinfo(self, access: str, scheme: str = "Bearer", **headers: str) -> Response:
        """Ask for the claims."""
        return self.send("GET", "/userinfo", authorization=f"{scheme} {access}", **headers)


VERIFIER = "a-verifier-of-forty-three-characters-or-more-0"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def asking(**changes: str | None) -> dict[str, str]:
    """Parameters of a good request, changed; None leaves one out."""
    good = {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": BACK,
        "scope": "openid profile national_number",
        "state": "st",
        "nonce": "no",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def exchange(code: str, /, **changes: str | None) -> dict[str, str]:
    """Parameters of a good exchange, changed; None leaves one out."""
    good = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def location(response: Response) -> str:
    """Where an answer leads to."""
    assert response.status == 303, (response.status, response.body)
    return joined(response.headers)["location"]


def answer_of(response: Response, back: str = BACK) -> dict[str, str]:
    """Read what was sent back to a site."""
    address = location(response)
    assert address.startswith(f"{back}?"), address
    return dict(parse_qsl(urlsplit(address).query, strict_parsing=True))


def payload(token: str) -> dict[str, Any]:
    """Read the claims of a token without checking anything."""
    import json

    found: dict[str, Any] = json.loads(jws.extract_compact(token.encode()).payload)
    return found


def _certificate() -> bytes:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(end)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


CERTIFICATE = _certificate()
PASSED = Verdict(
    indication=Indication.TOTAL_PASSED, anchor="CN=Anchor", time=datetime(2027, 1, 1, tzinfo=UTC)
)
