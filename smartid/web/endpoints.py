"""What a browser asks of a login: the page, a challenge, the login itself, logout, and the page's files."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from smartid.auth.reasons import LoginReason
from smartid.auth.words import Words
from smartid.errors import AuthenticationError, ExtraMissing, StoreUnavailable
from smartid.web.cookies import LANGUAGE, keep_language, keep_session, show_token
from smartid.web.guard import session_id
from smartid.web.headers import SECURITY_HEADERS
from smartid.web.http import MAX_BODY, Handler, Request, Response
from smartid.web.places import same_site
from smartid.web.refusals import Refusal
from smartid.web.sessions import SignedIn, fingerprint, new_id
from smartid.web.submission import Submission, read_submission

if TYPE_CHECKING:
    from smartid.identity.model import VerifiedIdentity
    from smartid.web.login import CardLogin

_LOG = logging.getLogger("smartid.web")
_STATIC = "/static/"
_SCHEME = "WebEID"
"""RFC 9110 (2022), 15.5.2, wants a challenge in each 401; browsers pass over a scheme they do not know."""
_FORM = "application/x-www-form-urlencoded"
_MAX_FIELDS = 16
_LATER = (("retry-after", "30"),)
"""Seconds after which a browser may ask again when the store does not answer."""
_SUSPICIOUS = frozenset({400, 401, 403, 429})
_MALFORMED = frozenset({LoginReason.TOKEN_MALFORMED, LoginReason.FORMAT_UNSUPPORTED})


class Endpoints:
    """The routes under the prefix of one ``CardLogin``."""

    def __init__(self, login: CardLogin) -> None:
        self._login = login
        self._routes: dict[str, tuple[str, Handler]] = {
            "/": ("GET", self._page),
            "/challenge": ("GET", self._challenge),
            "/login": ("POST", self._log_in),
            "/logout": ("POST", self._log_out),
            _STATIC: ("GET", _static),
        }

    def handle(self, request: Request) -> Response:
        """Answer; refusals as JSON, and every answer with the security headers."""
        try:
            response = self._answer(request)
        except Refusal as refusal:
            level = logging.WARNING if refusal.status in _SUSPICIOUS else logging.INFO
            _LOG.log(level, "refused: %s", refusal.reason)
            response = self._refused(request, refusal)
        except StoreUnavailable as error:
            _LOG.error("refused: store_unavailable: %s", error)
            response = self._refused(request, Refusal(503, "store_unavailable", headers=_LATER))
        return response.having(*SECURITY_HEADERS)

    def _answer(self, request: Request) -> Response:
        route = _STATIC if request.path.startswith(_STATIC) else request.path
        if route not in self._routes:
            raise Refusal(404, "not_found")
        method, handler = self._routes[route]
        if request.method != method:
            raise Refusal(405, "method_not_allowed", headers=(("allow", method),))
        return handler(request)

    def _refused(self, request: Request, refusal: Refusal) -> Response:
        """JSON for scripts, a page for people: those who sent a form or followed a link."""
        if request.headers.get("sec-fetch-mode") != "navigate":
            return refusal.response()
        try:
            page = self._problem(self._language(request, _fields(request.query).get("lang")), refusal)
        except ExtraMissing:
            return refusal.response()
        return Response.html(page, refusal.status).having(*refusal.headers)

    def _problem(self, language: str, refusal: Refusal) -> str:
        words, fa = refusal.said(), language == "fa"
        return self._rendered(
            "error",
            language,
            {},
            message=words.fa if fa else words.en,
            remedy=words.remedy_fa if fa else words.remedy_en,
            reason=refusal.reason,
            back=f"{self._login.prefix}/",
        )

    def _page(self, request: Request) -> Response:
        """The login page: ``next``, ``lang`` and ``again`` stand in the query."""
        query = _fields(request.query)
        place = same_site(query.get("next"))
        if "again" not in query and self._login.person(request):
            return Response.redirect(place)
        token, headers = self._login.page_token(request)
        going_to = _fields(place.partition("?")[2])
        language = self._language(request, query.get("lang"), going_to.get("lang"))
        known = {"next": place, **({"again": "1"} if "again" in query else {})}
        text = self._rendered("login", language, known, next=place, csrf=token, origin=self._login.origin)
        page = Response.html(text).having(*headers)
        return page.having(keep_language(language)) if query.get("lang") == language else page

    def _rendered(self, name: str, language: str, query: dict[str, str], **values: str) -> str:
        from smartid.web.pages import render  # noqa: PLC0415 - needs jinja2

        login = self._login
        return render(
            name,
            language,
            site=login.site,
            prefix=login.prefix,
            here=f"{login.prefix}/",
            query=query,
            throw_away=login.throw_away,
            **values,
        )

    def _language(self, request: Request, *wishes: str | None) -> str:
        """Give the first wish that the site can meet, else what was chosen before, else the site's first."""
        offered = self._login.languages
        return next(code for code in (*wishes, request.cookie(LANGUAGE), offered[0]) if code in offered)

    def _challenge(self, request: Request) -> Response:
        """A nonce for this browser, and with it a token for the answer."""
        login, session = self._login, session_id(request)
        login.guard.require_page(request)
        self._spend(request, "challenge", session)
        known = session or new_id()
        challenge = login.party.begin(fingerprint(known))
        token = login.guard.tokens.make(known)
        answer = Response.json({"nonce": challenge.nonce, "csrf": token}).having(*self._shown(token))
        return answer if session else answer.having(keep_session(known))

    def _spend(self, request: Request, kind: str, session: str | None) -> None:
        rate = self._login.rate
        per_session, per_address = rate.limits.of(kind)
        # The address first: who invents a session for each request must not fill the store with counters.
        rate.spend(f"{kind}-address", self._login.clients.address(request), per_address)
        rate.spend(f"{kind}-session", session or "", per_session)

    def _log_in(self, request: Request) -> Response:
        """Take the token; who is in gets a new session id."""
        login = self._login
        session = login.guard.require_form(request)
        submission = read_submission(request)
        self._spend(request, "login", session)
        person = self._believed(request, session, submission)
        login.sessions.close(session)
        fresh, signed_in = login.sessions.open(person)
        _LOG.info("logged in: %s", self._pseudonym(signed_in))
        place = submission.next or _fields(request.query).get("next")
        token = login.guard.tokens.make(fresh)
        members = {
            "name": signed_in.name,
            "next": same_site(place),
            "expires": signed_in.expires.isoformat(timespec="seconds"),
            "csrf": token,
        }
        return Response.json(members).having(keep_session(fresh), *self._shown(token))

    def _believed(self, request: Request, session: str, submission: Submission) -> VerifiedIdentity:
        login = self._login
        culprit = f"{submission.certificate}@{login.clients.address(request) or session}"
        login.rate.require_calm(culprit)
        try:
            person = login.party.complete(fingerprint(session), submission.token)
            if login.on_login:
                login.on_login(request, person)
        except AuthenticationError as error:
            login.rate.fail(culprit)
            raise _refusal(error) from error
        return person

    def _pseudonym(self, person: SignedIn) -> str:
        number = person.identity.national_number or person.certificate.hex()
        return self._login.keyed.pseudonym(number)

    def _log_out(self, request: Request) -> Response:
        """End the session: JSON for scripts, another page for a form, which has a field ``csrf``."""
        fields = _form(request)
        self._login.guard.require_form(request, None if fields is None else fields.get("csrf"))
        person, dropped = self._login.sign_out(request)
        if person:
            _LOG.info("logged out: %s", self._pseudonym(person))
        place = same_site((fields or _fields(request.query)).get("next"))
        answer = Response.json({"next": place}) if fields is None else Response.redirect(place)
        return answer.having(dropped, *self._shown(""))

    def _shown(self, token: str) -> tuple[tuple[str, str], ...]:
        return (show_token(token),) if self._login.xsrf_cookie else ()


def _refusal(error: AuthenticationError) -> Refusal:
    """What a refused login is answered with. A site's own reason brings its own sentence."""
    if error.reason == LoginReason.ORIGIN_MISMATCH:
        return Refusal(403, error.reason)
    own = error.reason not in list(LoginReason)
    words = Words(fa=str(error), en=str(error), remedy_en=error.remedy or "") if own else None
    if error.reason in _MALFORMED:
        return Refusal(400, error.reason)
    return Refusal(401, error.reason, words=words, headers=(("www-authenticate", _SCHEME),))


def _static(request: Request) -> Response:
    from smartid.web.pages import static_file  # noqa: PLC0415

    found = static_file(request.path.removeprefix(_STATIC))
    if found is None:
        raise Refusal(404, "not_found")
    content, media_type = found
    return Response(body=content, headers=(("content-type", media_type), ("cache-control", "no-cache")))


def _form(request: Request) -> dict[str, str] | None:
    """Give the fields of a form, None when the body is none. Raises Refusal (413)."""
    if len(request.body) > MAX_BODY:
        raise Refusal(413, "body_too_large")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return _fields(request.body.decode("utf-8", "replace")) if media_type == _FORM else None


def _fields(text: str) -> dict[str, str]:
    """Read a query or form; nothing from one with more fields than any of our pages has."""
    try:
        return dict(parse_qsl(text, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return {}
