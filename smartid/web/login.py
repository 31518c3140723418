"""Login by national card for a web site, whatever its framework.

::

    login = CardLogin("https://shop.example", policy)
    login.handle(request)      answers everything under /auth: login page, challenge, login, logout
    login.person(request)      who is signed in, None when nobody is
    login.require(request)     the same, or the answer that leads to the login page
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from smartid.web.client import Clients
from smartid.web.cookies import drop_session, keep_session
from smartid.web.csrf import CSRFTokens
from smartid.web.guard import Guard, session_id
from smartid.web.headers import SECURITY_HEADERS
from smartid.web.http import Request, Response
from smartid.web.keyed import Keyed
from smartid.web.places import same_site
from smartid.web.rate import Limits, RateLimiter
from smartid.web.refusals import Refusal
from smartid.web.sessions import IDLE, LIFETIME, Sessions, SignedIn, new_id

if TYPE_CHECKING:
    from smartid.auth.rules import LoginRules
    from smartid.auth.store import ExpiringStore
    from smartid.identity.model import VerifiedIdentity
    from smartid.trust.policy import Policy

_LIMITS = Limits()
_IN_PATHS = "/:@!$&'()*+,;=~"
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


class CardLogin:
    """The login of one site.

    origin            the site as browsers write it; it is configured, and never taken from a request
    policy            anchors, revocation, algorithms and the clock
    store             keeps challenges, sessions and counters; None keeps them in this process
    prefix            path under which ``handle`` is mounted
    secret            at least 32 random bytes, the same in all processes of the site; None makes new ones
    site              name of the site on the login page; empty takes the host name
    rules, limits     what is asked of tokens; how often somebody may ask
    idle, lifetime    how long a session lives without a request, and at most
    on_login          called with the request and the person before the session begins; raises
                      AuthenticationError to refuse somebody who has no business here
    languages         of the login page, the first for people who did not choose: "fa", "en"
    trusted_proxies   addresses and networks of the site's own reverse proxies
    xsrf_cookie       show the token against forged requests to scripts in the cookie XSRF-TOKEN, where front
                      ends with Angular or Axios look for it

    Raises EncodingError for an origin that is none, ValueError for a prefix, secret, language or proxy that
    cannot be used.
    """

    def __init__(
        self,
        origin: str,
        policy: Policy,
        *,
        store: ExpiringStore | None = None,
        prefix: str = "/auth",
        secret: bytes | None = None,
        site: str = "",
        rules: LoginRules | None = None,
        limits: Limits = _LIMITS,
        idle: timedelta = IDLE,
        lifetime: timedelta = LIFETIME,
        on_login: Callable[[Request, VerifiedIdentity], None] | None = None,
        languages: Sequence[str] = ("fa", "en"),
        trusted_proxies: Collection[str] = (),
        xsrf_cookie: bool = False,
    ) -> None:
        from smartid.auth.memory_store import MemoryStore  # noqa: PLC0415 - needs cryptography
        from smartid.auth.relying_party import RelyingParty  # noqa: PLC0415
        from smartid.auth.rules import LoginRules  # noqa: PLC0415
        from smartid.web.endpoints import Endpoints  # noqa: PLC0415

        _require_usable(prefix, languages)
        self.origin, self.policy, self.prefix = origin, policy, prefix
        self.site = site or origin.partition("://")[2]
        self.languages = tuple(languages)
        self.on_login = on_login
        self.xsrf_cookie = xsrf_cookie
        self.store: ExpiringStore = MemoryStore(clock=policy.clock) if store is None else store
        self.keyed = Keyed(secret)
        self.party = RelyingParty(origin, policy, nonces=self.store, rules=rules or LoginRules())
        self.sessions = Sessions(self.store, clock=policy.clock, idle=idle, lifetime=lifetime)
        self.guard = Guard(origin, CSRFTokens(self.keyed))
        self.rate = RateLimiter(self.store, self.keyed, limits)
        self.clients = Clients(trusted_proxies)
        self._endpoints = Endpoints(self)

    def handle(self, request: Request) -> Response:
        """Answer a request under the prefix; its path stands without the prefix.

        Raises ExtraMissing when a page is asked for and Jinja2 is not installed.
        """
        return self._endpoints.handle(request)

    @property
    def throw_away(self) -> bool:
        """Whether mock cards are accepted here; then every page says so."""
        return any(anchor.certificate.is_throw_away for anchor in self.policy.anchors.anchors)

    def person(self, request: Request) -> SignedIn | None:
        """Tell who is signed in, None when nobody is. The idle time begins anew.

        Raises StoreUnavailable.
        """
        return self.sessions.find(session_id(request))

    def require(self, request: Request) -> SignedIn | Response:
        """Tell who is signed in, or give the answer that leads to the login page and back.

        The request carries the whole path. Only what is asked with GET is come back to. Raises
        StoreUnavailable.
        """
        person = self.person(request)
        if person is not None:
            return person
        path, query = quote(request.path, safe=_IN_PATHS), f"?{request.query}" if request.query else ""
        place = f"{path}{query}" if request.method in {"GET", "HEAD"} else "/"
        return Response.redirect(self.address(place)).having(*SECURITY_HEADERS)

    def address(self, place: str = "/", *, again: bool = False) -> str:
        """Give the path of the login page.

        place  path of this site to go on to
        again  show the page also to somebody who is signed in
        """
        query = {"next": same_site(place), **({"again": "1"} if again else {})}
        return f"{self.prefix}/?{urlencode(query)}"

    def csrf_token(self, request: Request) -> str:
        """Give a token for forms and scripts of a page; empty when the browser has no session id yet."""
        session = session_id(request)
        return self.guard.tokens.make(session) if session else ""

    def page_token(self, request: Request) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Give a token for a page, and the headers that the page has to be sent with.

        A browser without a session id gets one by them. For login pages whose scripts do not take the token
        that comes with the challenge.
        """
        session = session_id(request)
        known = session or new_id()
        return self.guard.tokens.make(known), () if session else (keep_session(known),)

    def is_own(self, request: Request, token: str | None = None) -> bool:
        """Tell whether a request that changes something comes from a page of this site.

        token  from a form; None takes the header X-CSRF-Token
        """
        try:
            self.guard.require_form(request, token)
        except Refusal:
            return False
        return True

    def sign_out(self, request: Request) -> tuple[SignedIn | None, tuple[str, str]]:
        """End the session; gives whose it was, and the header that takes the id from the browser.

        Ask ``is_own`` before.
        """
        return self.sessions.close(session_id(request)), drop_session()


def _require_usable(prefix: str, languages: Sequence[str]) -> None:
    if not _PREFIX.fullmatch(prefix):
        raise ValueError('the prefix is a path such as "/auth"')
    if not languages or not set(languages) <= {"fa", "en"}:
        raise ValueError('the languages are "fa" and "en"')
