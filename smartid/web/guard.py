"""Whether a request comes from a page of the site itself: origin, fetch metadata, and token."""

from __future__ import annotations

from smartid.auth.reasons import LoginReason
from smartid.web.cookies import SESSION
from smartid.web.csrf import HEADERS, CSRFTokens
from smartid.web.http import Request
from smartid.web.refusals import Refusal
from smartid.web.sessions import is_id


class Guard:
    """Three independent signs, of which a page of another site can give none."""

    def __init__(self, origin: str, tokens: CSRFTokens) -> None:
        self._origin = origin
        self.tokens = tokens

    def require_page(self, request: Request) -> None:
        """For what changes nothing but wants to be asked by our pages only.

        The browser says itself that a page of this origin asks (Sec-Fetch-Site, in all of them since 2023);
        one that does not say so has to send the token. Front ends of Web eID send none here, and a page that
        was open for long has an old one.

        Raises Refusal (403).
        """
        self._require_origin(request, needed=False)
        if request.headers.get("sec-fetch-site") is None:
            self._require_token(request, _sent(request))

    def require_form(self, request: Request, token: str | None = None) -> str:
        """For what changes something: the right Origin and the right token. Gives the session id.

        token  from a form; None takes the header

        Raises Refusal (403).
        """
        self._require_origin(request, needed=True)
        return self._require_token(request, _sent(request) if token is None else token)

    def _require_origin(self, request: Request, *, needed: bool) -> None:
        origin = request.headers.get("origin")
        wrong = origin != self._origin if origin is not None or needed else False
        if wrong or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise Refusal(403, LoginReason.ORIGIN_MISMATCH)

    def _require_token(self, request: Request, token: str) -> str:
        session = session_id(request)
        if session is None or not self.tokens.fits(session, token):
            raise Refusal(403, "csrf")
        return session


def _sent(request: Request) -> str:
    """The token in the first of the headers that is there; empty without one."""
    return next((request.headers[name] for name in HEADERS if name in request.headers), "")


def session_id(request: Request) -> str | None:
    """Give the session id of a request; None without one, and for what cannot be one."""
    session = request.cookie(SESSION)
    return session if session is not None and is_id(session) else None
