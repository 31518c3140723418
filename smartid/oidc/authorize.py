"""The authorization endpoint: who asks, who is signed in, whether they agree; then a code, or why not.

A request that keeps the rules waits under a ticket while the person logs in and reads what would be given::

    /authorize  →  /sign-in?ticket=…  →  the card  →  /resume?ticket=…  →  /consent?ticket=…  →  the site
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidClientError, InvalidRequestError, OAuth2Error
from authlib.oidc.core.errors import ConsentRequiredError, LoginRequiredError

from smartid.oidc import parameters
from smartid.oidc.claims import acr_of
from smartid.oidc.consent import Consents
from smartid.oidc.grant import issue_code
from smartid.oidc.par import take_pushed
from smartid.oidc.participants import Participation
from smartid.oidc.question import QUESTION, NoQuestion, Question, UnmetAuthenticationRequirements
from smartid.oidc.request import (
    MOST_PER_ADDRESS,
    AuthorizationRequest,
    TemporarilyUnavailable,
    answer_address,
    check,
    require_redirect,
)
from smartid.web.http import Request, Response

if TYPE_CHECKING:
    from smartid.oidc.clients import Client
    from smartid.oidc.context import Context
    from smartid.oidc.participants import Participants
    from smartid.oidc.screens import Screens
    from smartid.web.sessions import SignedIn

_LOG = logging.getLogger(__name__)


SKEW = 60
"""How far the clocks of two machines of one provider may be apart, in seconds."""


class Authorization:
    """The endpoints that a person's browser sees."""

    def __init__(self, context: Context, screens: Screens, participants: Participants) -> None:
        self._context, self._screens, self._participants = context, screens, participants
        self._consents = Consents(context)

    def begin(self, request: Request) -> Response:
        """Answer ``/authorize``. Errors go to the site as soon as its address is proven, else to a page."""
        try:
            given = _given(request)
            client = self._client(given)
        except OAuth2Error as error:
            return self._screens.problem(request, "client", error)
        try:
            pushed = take_pushed(self._context, given, client)
            given = given if pushed is None else pushed
            redirect_uri = require_redirect(given, client)
        except OAuth2Error as error:
            return self._screens.problem(request, "expired" if "request_uri" in given else "redirect", error)
        try:
            if client.require_par and pushed is None:
                raise InvalidRequestError("This client has to push its requests (RFC 9126).")
            asked = replace(check(given, client), subject=self._expected(given, client))
        except OAuth2Error as error:
            _LOG.warning("%s: %s", client.id, error.error)
            address = answer_address(redirect_uri, given.get("state"), self._context.issuer, error)
            return Response.redirect(address)
        return self._decide(request, Question(asked, self._context.now()))

    def resume(self, request: Request) -> Response:
        """Answer ``/resume``: the person comes back from the login."""
        try:
            return self._decide(request, self._question(_given(request)))
        except (OAuth2Error, NoQuestion):
            return self._gone(request)

    def sign_in(self, request: Request) -> Response:
        """Answer ``/sign-in``: the page with the card login, which says who asks."""
        try:
            question = self._question(_given(request))
        except (OAuth2Error, NoQuestion):
            return self._gone(request)
        cancel = self._address(question.asked, AccessDeniedError("The person did not log in."))
        onward = _path("/resume", question.ticket)
        return self._screens.sign_in(request, question.asked, question.ticket, cancel, onward)

    def consent(self, request: Request) -> Response:
        """Answer ``/consent``: the page (GET), and what the person chose on it (POST)."""
        try:
            given = _given(request)
            question = self._question(given)
        except (OAuth2Error, NoQuestion):
            return self._gone(request)
        person = self._person(request, question)
        if person is None:
            return Response.redirect(_path("/sign-in", question.ticket))
        if objection := self._objection(question.asked, person):
            return self._refuse(question, objection)
        if request.method == "GET":
            return self._screens.consent(request, question.asked, question.ticket, person)
        if not self._context.login.is_own(request, given.get("csrf", "")):
            return self._screens.problem(request, "forged", InvalidRequestError("csrf"), 403)
        return self._chosen(request, question, person, agreed=given.get("answer") == "allow")

    def _chosen(self, request: Request, question: Question, person: SignedIn, *, agreed: bool) -> Response:
        if not self._close(question):
            return self._gone(request)
        if not agreed:
            self._consents.forget(question.asked, person)
            return self._refuse(question, AccessDeniedError("The person did not agree."))
        self._consents.remember(question.asked, person)
        return self._give(request, question, person)

    def _decide(self, request: Request, question: Question) -> Response:
        """Find the next step: log in, agree, or go back to the site."""
        person, asked = self._person(request, question), question.asked
        if person is None:
            return self._ask(request, question, "/sign-in", LoginRequiredError())
        if objection := self._objection(asked, person):
            return self._refuse(question, objection)
        if not self._consents.given(asked, person):
            return self._ask(request, question, "/consent", ConsentRequiredError())
        return self._give(request, question, person) if self._close(question) else self._gone(request)

    def _objection(self, asked: AuthorizationRequest, person: SignedIn) -> OAuth2Error | None:
        """Tell why this person is no answer to the site, whatever they agree to; None when they are.

        Asked at the consent too: who holds a ticket can go there without the way through ``/resume``.
        """
        subject = self._subject(asked, person)
        if asked.acrs and acr_of(person) not in asked.acrs:
            return UnmetAuthenticationRequirements("The login has another acr.")
        if subject is None:
            return AccessDeniedError("The card names no national number.")
        if asked.subject not in (None, subject):
            return LoginRequiredError("Somebody else is logged in.")
        return None

    def _person(self, request: Request, question: Question) -> SignedIn | None:
        """Tell who is signed in, as freshly as the site wants it.

        A login of the future, from before a clock was set back, is never fresh.
        """
        person = self._context.login.person(request)
        if person is None:
            return None
        asked, at = question.asked, int(person.authenticated_at.timestamp())
        if question.since <= at <= self._context.now() + SKEW:
            return person
        stale = asked.max_age is not None and not -SKEW <= question.since - at <= asked.max_age
        return None if stale or "login" in asked.prompt else person

    def _ask(self, request: Request, question: Question, path: str, instead: OAuth2Error) -> Response:
        """Lead the person to a page; a site that forbids pages gets the error instead."""
        if "none" in question.asked.prompt:
            return self._refuse(question, instead)
        if question.ticket:
            return Response.redirect(_path(path, question.ticket))
        if self._crowded(request):
            return self._refuse(question, TemporarilyUnavailable("There were too many requests."))
        record = {"asked": question.asked.as_record(), "since": question.since}
        return Response.redirect(
            _path(path, self._context.tickets.issue(QUESTION, record, self._context.lifetimes.question))
        )

    def _crowded(self, request: Request) -> bool:
        who = self._context.login.clients.address(request)
        window = self._context.lifetimes.question
        return bool(who) and self._context.tickets.crowded("questions", who, MOST_PER_ADDRESS, window)

    def _give(self, request: Request, question: Question, person: SignedIn) -> Response:
        """Remember that the site takes part in the session, then send the browser back with a code.

        Of a session that ended before the site took part in it nobody would ever tell the site.
        """
        context, asked = self._context, question.asked
        client = context.clients[asked.client_id]
        sub, sid = self._subject(asked, person) or "", context.session(client, person)
        self._participants.join(person.session, Participation(client_id=client.id, sub=sub, sid=sid))
        if context.login.person(request) is None:
            return self._refuse(question, LoginRequiredError("The person logged out."))
        code = issue_code(context, asked, person, sub)
        _LOG.info("%s: a code was given", client.id)
        return Response.redirect(self._address(asked, code))

    def _refuse(self, question: Question, error: OAuth2Error) -> Response:
        self._close(question)
        _LOG.warning("%s: %s", question.asked.client_id, error.error)
        return Response.redirect(self._address(question.asked, error))

    def _address(self, asked: AuthorizationRequest, answer: OAuth2Error | str) -> str:
        return answer_address(asked.redirect_uri, asked.state, self._context.issuer, answer)

    def _subject(self, asked: AuthorizationRequest, person: SignedIn) -> str | None:
        return self._context.subject(self._context.clients[asked.client_id], person)

    def _expected(self, given: Mapping[str, str], client: Client) -> str | None:
        """Give who is expected, by ``id_token_hint``. One that is past its end names its person as well."""
        hint = given.get("id_token_hint")
        if hint is None:
            return None
        claims = self._context.keys.verify(hint, self._context.clock())
        known = {"iss": self._context.issuer, "aud": client.id}.items()
        if claims is None or not known <= claims.items() or not isinstance(claims.get("sub"), str):
            raise InvalidRequestError("The id_token_hint was not issued to this client.")
        return str(claims["sub"])

    def _client(self, given: Mapping[str, str]) -> Client:
        client = self._context.clients.get(given.get("client_id", ""))
        if client is None:
            raise InvalidClientError("There is no such client.")
        return client

    def _close(self, question: Question) -> bool:
        """Take the question away; tells whether it was still there. One that never waited was."""
        if not question.ticket:
            return True
        return self._context.tickets.take(QUESTION, question.ticket) is not None

    def _question(self, given: Mapping[str, str]) -> Question:
        """Give the question that waits under a ticket. Raises NoQuestion."""
        ticket = given.get("ticket", "")
        record = self._context.tickets.look(QUESTION, ticket)
        if record is None or record["asked"]["client_id"] not in self._context.clients:
            raise NoQuestion
        return Question(AuthorizationRequest.from_record(record["asked"]), record["since"], ticket)

    def _gone(self, request: Request) -> Response:
        error = InvalidRequestError("The question was answered already, or waited for too long.")
        return self._screens.problem(request, "expired", error)


def _given(request: Request) -> Mapping[str, str]:
    """Read the query of a GET, the form of a POST. Raises InvalidRequestError."""
    try:
        return parameters.read_form(request) if request.method == "POST" else parameters.read_query(request)
    except parameters.BadParameters as error:
        raise InvalidRequestError(str(error)) from error


def _path(path: str, ticket: str) -> str:
    return f"{path}?{urlencode({'ticket': ticket})}"
