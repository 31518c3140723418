"""An OpenID Connect provider: sites that know nothing of cards let people log in with one.

::

    login = CardLogin(issuer, policy, store=store)
    provider = Provider(issuer, login, clients, KeyRing.open(file), secret=secret)
    provider.handle(request)      answers everything at the issuer's origin, the card login included
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import InvalidRequestError

from smartid.errors import StoreUnavailable
from smartid.identity.auth_token import require_origin
from smartid.oidc import discovery, par, userinfo
from smartid.oidc.authorize import Authorization
from smartid.oidc.back_channel import BackChannel
from smartid.oidc.clients import Client, Clients
from smartid.oidc.context import Context, Lifetimes
from smartid.oidc.end_session import EndSession
from smartid.oidc.pages import Pages
from smartid.oidc.participants import Participants
from smartid.oidc.screens import Screens
from smartid.oidc.tickets import Tickets
from smartid.oidc.token import TokenEndpoint
from smartid.web.headers import SECURITY_HEADERS
from smartid.web.http import Handler, Request, Response
from smartid.web.mount import below

if TYPE_CHECKING:
    from datetime import datetime

    from smartid.auth.store import ExpiringStore
    from smartid.oidc.keys import KeyRing
    from smartid.web.login import CardLogin

MIN_SECRET = 32
"""Shortest secret, in bytes."""
_LIFETIMES = Lifetimes()
_LOG = logging.getLogger(__name__)
_ANY_ORIGIN = frozenset({discovery.PATH, "/jwks"})
_FOR_PAGES = frozenset({"/token", "/userinfo", "/par"})
"""Endpoints that pages of registered origins may call from the browser (CORS)."""


class Provider:
    """One issuer, its clients and its card login.

    issuer     origin of the provider, without a path; the card login has the same
    login      whose sessions say who is signed in
    clients    the sites that may ask
    keys       sign ID tokens
    store      keeps codes, tokens, questions and consents; None takes the store of the login
    secret     at least 32 random bytes that subjects are made from. Who changes it, or loses it, gives every
               person a new subject at every site
    clock      gives the present time; None takes the clock of the login's policy
    lifetimes  how long things live
    back_channel  tells sites of the end of sessions; None makes one

    Raises EncodingError for an issuer that is no origin and for two clients with one id, ValueError for a
    login of another origin or a secret that is too short.
    """

    def __init__(
        self,
        issuer: str,
        login: CardLogin,
        clients: Iterable[Client],
        keys: KeyRing,
        store: ExpiringStore | None = None,
        *,
        secret: bytes,
        clock: Callable[[], datetime] | None = None,
        lifetimes: Lifetimes = _LIFETIMES,
        back_channel: BackChannel | None = None,
    ) -> None:
        require_origin(issuer)
        if login.origin != issuer or not issuer.startswith("https:"):
            raise ValueError("the card login has to be that of the issuer, and both https")
        if len(secret) < MIN_SECRET:
            raise ValueError(f"a secret of at least {MIN_SECRET} random bytes is needed")
        kept = store or login.store
        self.context = Context(
            issuer=issuer,
            login=login,
            clients=Clients(clients),
            keys=keys,
            tickets=Tickets(kept),
            secret=secret,
            clock=clock or login.policy.clock,
            lifetimes=lifetimes,
        )
        self.back_channel = back_channel or BackChannel(issuer, _signing(keys), clock=self.context.clock)
        pages = Pages.of(login)
        participants = Participants(kept, lifetimes.session)
        self._end = EndSession(
            self.context, login, pages, participants=participants, back_channel=self.back_channel
        )
        self._screens = Screens(self.context, pages)
        self._routes = self._endpoints(Authorization(self.context, self._screens, participants))

    def handle(self, request: Request) -> Response:
        """Answer a request to the issuer. Never raises for anything that a request holds."""
        inside = below(request.path, self.context.login.prefix)
        try:
            if inside is not None:
                return self._end.through_login(replace(request, path=inside))
            response = self._answer(request).having(*self._cors(request))
        except StoreUnavailable as error:
            _LOG.error("the store does not answer: %s", error)
            response = Response.json({"error": "temporarily_unavailable"}, 503).having(("retry-after", "30"))
        named = {name for name, _ in response.headers}
        return response.having(*((name, value) for name, value in SECURITY_HEADERS if name not in named))

    def _answer(self, request: Request) -> Response:
        methods, endpoint = self._routes.get(request.path, ((), None))
        if endpoint is None:
            nowhere = replace(request, path="/")
            return self._screens.problem(nowhere, "page", InvalidRequestError("There is no such page."), 404)
        if request.method == "OPTIONS" and request.path in _ANY_ORIGIN | _FOR_PAGES:
            return Response(status=204)
        if request.method not in methods:
            return Response(status=405, headers=(("allow", ", ".join(methods)),))
        return endpoint(request)

    def _endpoints(self, authorization: Authorization) -> dict[str, tuple[tuple[str, ...], Handler]]:
        context, token = self.context, TokenEndpoint(self.context)
        read, write, both = ("GET",), ("POST",), ("GET", "POST")
        return {
            discovery.PATH: (read, lambda _: Response.json(discovery.document(context))),
            "/jwks": (read, lambda _: Response.json(context.keys.public(context.clock()))),
            "/authorize": (both, authorization.begin),
            "/sign-in": (read, authorization.sign_in),
            "/resume": (read, authorization.resume),
            "/consent": (both, authorization.consent),
            "/par": (write, lambda request: par.push(context, request)),
            "/token": (write, token.answer),
            "/userinfo": (both, lambda request: userinfo.answer(context, request)),
            "/logout": (both, self._end.handle),
        }

    def _cors(self, request: Request) -> tuple[tuple[str, str], ...]:
        """Let pages of registered origins read the answers; no cookie ever goes with such a request."""
        if request.path in _ANY_ORIGIN:
            return (("access-control-allow-origin", "*"), ("cross-origin-resource-policy", "cross-origin"))
        if request.path not in _FOR_PAGES:
            return ()
        origin = request.headers.get("origin", "")
        if origin not in self.context.clients.origins:
            return (("vary", "Origin"),)
        return (
            ("vary", "Origin"),
            ("access-control-allow-origin", origin),
            ("access-control-allow-methods", "GET, POST"),
            ("access-control-allow-headers", "Authorization, Content-Type, DPoP"),
            ("access-control-expose-headers", "WWW-Authenticate"),
            ("cross-origin-resource-policy", "cross-origin"),
        )


def _signing(keys: KeyRing) -> Callable[[Mapping[str, Any], str], str]:
    return lambda claims, typ: keys.sign(dict(claims), typ=typ)
