"""The authorization endpoint: who asks, who is signed in, whether they agree; then a code, or why not.

A request that keeps the rules waits as a ticket while the person logs in and reads what would be given::

    /authorize  →  /sign-in?ticket=…  →  the card  →  /resume?ticket=…  →  /consent?ticket=…  →  the site
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidClientError, InvalidRequestError, OAuth2Error
from authlib.oidc.core.errors import ConsentRequiredError, LoginRequiredError

from smartid.oidc import pages, parameters
from smartid.oidc.authlib_adapter import error_members
from smartid.oidc.claims import acr_of, claims_of
from smartid.oidc.consent import Consents
from smartid.oidc.grant import issue_code
from smartid.oidc.par import take_pushed
from smartid.oidc.participants import Participation
from smartid.oidc.request import AuthorizationRequest, check, require_redirect
from smartid.web.http import Request, Response

if TYPE_CHECKING:
    from smartid.oidc.clients import Client
    from smartid.oidc.context import Context
    from smartid.web.sessions import SignedIn

TICKET = "question"
MOST_PER_ADDRESS = 300
"""How many questions one address may open within the time that a question lives."""


class UnmetAuthenticationRequirements(OAuth2Error):  # type: ignore[misc] # Authlib has no types
    """The login is none of those that the site takes (OpenID Connect Core Error Code
    unmet_authentication_requirements 1.0 (2022)).
    """

    error = "unmet_authentication_requirements"


class Authorization:
    """The endpoints that a person's browser sees."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._consents = Consents(context)

    def begin(self, request: Request) -> Response:
        """Answer ``/authorize``. Errors go to the site as soon as its address is proven, else to a page."""
        context = self._context
        try:
            asking = parameters.read_query if request.method == "GET" else parameters.read_form
            given = asking(request)
            client = self._client(given)
            given, pushed = self._pushed(given, client)
            redirect_uri = require_redirect(given, client)
        except parameters.BadParameters as error:
            return pages.problem(context, request, InvalidRequestError(str(error)))
        except OAuth2Error as error:
            return pages.problem(context, request, error)
        try:
            if client.require_par and not pushed:
                raise InvalidRequestError("This client has to push its requests (RFC 9126).")
            asked = check(given, client)
        except OAuth2Error as error:
            return self._answer(redirect_uri, given.get("state"), error_members(error))
        return self._decide(request, asked, None, context.now())

    def resume(self, request: Request) -> Response:
        """Answer ``/resume``: the person comes back from the login."""
        found = self._waiting(request)
        if isinstance(found, Response):
            return found
        ticket, asked, since = found
        return self._decide(request, asked, ticket, since)

    def sign_in(self, request: Request) -> Response:
        """Answer ``/sign-in``: the page with the card login, which says who asks."""
        found = self._waiting(request)
        if isinstance(found, Response):
            return found
        ticket, asked, _ = found
        return pages.sign_in(self._context, request, asked, ticket)

    def consent(self, request: Request) -> Response:
        """Answer ``/consent``: the page (GET), and what the person chose on it (POST)."""
        found = self._waiting(request)
        if isinstance(found, Response):
            return found
        ticket, asked, since = found
        person = self._person(request, asked, since)
        if person is None:
            return _on("/sign-in", ticket)
        if request.method == "GET":
            claims = claims_of(person.identity, asked.scopes)
            return pages.consent(self._context, request, asked, ticket, person, claims)
        return self._chosen(request, ticket, asked, person)

    def _chosen(
        self, request: Request, ticket: str, asked: AuthorizationRequest, person: SignedIn
    ) -> Response:
        form = parameters.read_form(request)  # read once before, in _waiting
        if not self._context.login.is_own(request, form.get("csrf", "")):
            return pages.problem(self._context, request, InvalidRequestError("The form is not ours."), 403)
        if self._context.tickets.take(TICKET, ticket) is None:
            return self._gone(request)
        if form.get("answer") != "allow":
            return self._refuse(asked, AccessDeniedError("The person did not agree."))
        self._consents.remember(asked, person)
        return self._give(asked, person)

    def _decide(
        self, request: Request, asked: AuthorizationRequest, ticket: str | None, since: int
    ) -> Response:
        """Find the next step: log in, agree, or go back to the site. ``since``: when the site asked."""
        person = self._person(request, asked, since)
        if person is None:
            return self._ask(request, asked, ticket, since, "/sign-in", LoginRequiredError())
        if asked.acrs and acr_of(person) not in asked.acrs:
            return self._end(asked, ticket, UnmetAuthenticationRequirements("The login has another acr."))
        if self._context.subject(self._context.clients[asked.client_id], person) is None:
            return self._end(asked, ticket, AccessDeniedError("The card names no national number."))
        if not self._consents.given(asked, person):
            return self._ask(request, asked, ticket, since, "/consent", ConsentRequiredError())
        if ticket is not None and self._context.tickets.take(TICKET, ticket) is None:
            return self._gone(request)
        return self._give(asked, person)

    def _person(self, request: Request, asked: AuthorizationRequest, since: int) -> SignedIn | None:
        """Tell who is signed in, as freshly as the site wants it."""
        person = self._context.login.person(request)
        if person is None:
            return None
        at = int(person.authenticated_at.timestamp())
        stale = asked.max_age is not None and since - at > asked.max_age
        return None if at < since and (stale or "login" in asked.prompt) else person

    def _ask(
        self,
        request: Request,
        asked: AuthorizationRequest,
        ticket: str | None,
        since: int,
        path: str,
        instead: OAuth2Error,
    ) -> Response:
        """Lead the person to a page, unless the site forbids it: then it gets the error instead."""
        if "none" in asked.prompt:
            return self._end(asked, ticket, instead)
        if ticket is None:
            if self._crowded(request):
                return self._refuse(asked, _Busy("Too many requests."))
            record = {"asked": asked.as_record(), "since": since}
            ticket = self._context.tickets.issue(TICKET, record, self._context.lifetimes.question)
        return _on(path, ticket)

    def _crowded(self, request: Request) -> bool:
        who = self._context.login.clients.address(request)
        window = self._context.lifetimes.question
        return bool(who) and self._context.tickets.crowded("questions", who, MOST_PER_ADDRESS, window)

    def _end(self, asked: AuthorizationRequest, ticket: str | None, error: OAuth2Error) -> Response:
        if ticket is not None:
            self._context.tickets.take(TICKET, ticket)
        return self._refuse(asked, error)

    def _give(self, asked: AuthorizationRequest, person: SignedIn) -> Response:
        context, client = self._context, self._context.clients[asked.client_id]
        sub = context.subject(client, person) or ""
        code = issue_code(context, asked, person, sub)
        sid = context.session(client, person)
        context.participants.join(person.session, Participation(client_id=client.id, sub=sub, sid=sid))
        return self._answer(asked.redirect_uri, asked.state, {"code": code})

    def _refuse(self, asked: AuthorizationRequest, error: OAuth2Error) -> Response:
        return self._answer(asked.redirect_uri, asked.state, error_members(error))

    def _answer(self, redirect_uri: str, state: str | None, members: Mapping[str, str]) -> Response:
        """Send the browser back to the site. Every answer names the issuer, against mix-up (RFC 9207 (2022))."""
        answer = {**members, **({"state": state} if state else {}), "iss": self._context.issuer}
        return Response.redirect(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}")

    def _client(self, given: Mapping[str, str]) -> Client:
        client = self._context.clients.get(given.get("client_id", ""))
        if client is None:
            raise InvalidClientError("There is no such client.")
        return client

    def _pushed(self, given: Mapping[str, str], client: Client) -> tuple[Mapping[str, str], bool]:
        """Give the parameters that count: those that were pushed, when the request names some."""
        found = take_pushed(self._context, given, client)
        return (given, False) if found is None else (found, True)

    def _waiting(self, request: Request) -> tuple[str, AuthorizationRequest, int] | Response:
        """Give the question that the ticket stands for, or the page that says it is gone."""
        try:
            reading = parameters.read_query if request.method == "GET" else parameters.read_form
            ticket = reading(request).get("ticket", "")
        except parameters.BadParameters as error:
            return pages.problem(self._context, request, InvalidRequestError(str(error)))
        record: Mapping[str, Any] | None = self._context.tickets.look(TICKET, ticket)
        if record is None or record["asked"]["client_id"] not in self._context.clients:
            return self._gone(request)
        return ticket, AuthorizationRequest.from_record(record["asked"]), int(record["since"])

    def _gone(self, request: Request) -> Response:
        error = InvalidRequestError("The question was answered already, or waited for too long.")
        return pages.problem(self._context, request, error)


class _Busy(OAuth2Error):  # type: ignore[misc]
    error = "temporarily_unavailable"


def _on(path: str, ticket: str) -> Response:
    return Response.redirect(f"{path}?{urlencode({'ticket': ticket})}")
