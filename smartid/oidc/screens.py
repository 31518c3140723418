"""What a person sees while a site waits: the card login, the question, or why it cannot go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import OAuth2Error

from smartid.oidc import parameters
from smartid.oidc.claims import SCOPES, claims_of
from smartid.oidc.pages import Pages, View, page_language
from smartid.web.cookies import keep_session
from smartid.web.guard import session_id
from smartid.web.http import Request, Response
from smartid.web.sessions import new_id

if TYPE_CHECKING:
    from smartid.oidc.context import Context
    from smartid.oidc.request import AuthorizationRequest
    from smartid.web.sessions import SignedIn


class Screens:
    """The pages of one provider, filled with what a request and its question hold."""

    def __init__(self, context: Context, pages: Pages) -> None:
        self._context, self._pages = context, pages

    def problem(self, request: Request, kind: str, error: OAuth2Error, status: int = 400) -> Response:
        """Say why nobody can be sent back: a kind of ``words.PROBLEMS``, and the error for developers."""
        query = _query(request)
        view = View(lang=page_language(request, query), here=request.path, query=query)
        description = error.description or ""
        return self._pages.problem(view, kind, code=error.error, description=description, status=status)

    def sign_in(
        self, request: Request, asked: AuthorizationRequest, ticket: str, cancel: str, onward: str
    ) -> Response:
        """Ask for the card. A browser without a session id gets one, to which the page's token belongs.

        cancel, onward  address of the site, with the error; path of the next step
        """
        known = session_id(request)
        session = known or new_id()
        token = self._context.login.guard.tokens.make(session)
        view = self._view(request, asked, ticket)
        page = self._pages.sign_in(view, csrf=token, next_page=onward, cancel=cancel)
        return page if known else page.having(keep_session(session))

    def consent(
        self, request: Request, asked: AuthorizationRequest, ticket: str, person: SignedIn
    ) -> Response:
        """Ask whether the site may have these fields."""
        return self._pages.consent(
            self._view(request, asked, ticket),
            csrf=self._context.login.csrf_token(request),
            ticket=ticket,
            action="/consent",
            claims=claims_of(person.identity, asked.scopes),
            asked=[claim for scope in asked.scopes for claim in SCOPES[scope]],
            name=person.name,
        )

    def _view(self, request: Request, asked: AuthorizationRequest, ticket: str) -> View:
        wishes = {**_query(request), "ui_locales": asked.lang or ""}
        lang = page_language(request, wishes)
        client = self._context.clients[asked.client_id]
        return View(
            lang=lang,
            here=request.path,
            query={"ticket": ticket},
            client=(lang == "fa" and client.name_fa) or client.name,
            redirect=asked.redirect_uri,
        )


def _query(request: Request) -> Mapping[str, str]:
    try:
        return parameters.read_query(request)
    except parameters.BadParameters:
        return {}
