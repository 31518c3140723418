"""The end of a session (OpenID Connect RP-Initiated Logout 1.0, September 2022): who asks, who is told.

A site sends the browser here with ``id_token_hint``, ``client_id``, ``post_logout_redirect_uri``, ``state``.
The session ends at once when the hint belongs to it; otherwise the person is asked first. Afterwards every
site of the session hears of it over the back channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from smartid.oidc.grant import end
from smartid.oidc.pages import Pages, View, page_language
from smartid.oidc.parameters import BadParameters, read_form, read_query
from smartid.web.http import Request, Response
from smartid.web.words import language

if TYPE_CHECKING:
    from smartid.oidc.back_channel import BackChannel
    from smartid.oidc.clients import Client
    from smartid.oidc.context import Context
    from smartid.oidc.participants import Participants
    from smartid.web.login import CardLogin
    from smartid.web.sessions import SignedIn

TICKET = "logout"
"""Kind of the records that wait for the person's answer."""
MOST_PER_ADDRESS = 300
"""How many logouts one address may post within the time that a question lives."""
MAX_STATE = 1024
"""Longest state, in characters."""


class LogoutRefused(Exception):
    """The request is not one that a registered site may make. The text is plain ASCII, for developers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A request that was checked.

    client_id  the site that asks, empty when nobody says
    sid        the session that its ID token belongs to, empty without a token
    redirect   where the browser goes afterwards, empty for our own page; registered by the site
    state      handed back to the site
    lang       of our pages
    """

    client_id: str
    sid: str
    redirect: str
    state: str
    lang: str

    def address(self) -> str:
        """Give the address to go to afterwards."""
        if not self.state:
            return self.redirect
        return f"{self.redirect}{'&' if '?' in self.redirect else '?'}{urlencode({'state': self.state})}"


class EndSession:
    """The end_session endpoint.

    path  where it is mounted, as browsers see it
    """

    def __init__(
        self,
        context: Context,
        login: CardLogin,
        pages: Pages,
        *,
        participants: Participants,
        back_channel: BackChannel,
        path: str = "/logout",
    ) -> None:
        self._context, self._login, self._pages, self._path = context, login, pages, path
        self._participants, self._back_channel = participants, back_channel

    def handle(self, request: Request) -> Response:
        """Answer GET and POST from sites, and POST from our own page."""
        parameters: dict[str, str] = {}
        try:
            parameters = read_form(request) if request.method == "POST" else read_query(request)
            if request.method == "POST" and "answer" in parameters:
                return self._answered(request, parameters)
            wish = self._stored(parameters) or self._read(request, parameters)
        except (BadParameters, LogoutRefused) as error:
            view = self._view(page_language(request, parameters))
            return self._pages.problem(view, "logout", code="invalid_request", description=str(error))
        if request.method == "POST":
            if self._crowded(request):
                return Response(status=429)
            # cookies did not come along from the other site; they will with a GET of our own
            return Response.redirect(self._place(wish))
        return self._begin(request, wish)

    def end(self, request: Request) -> tuple[str, str]:
        """End the session of a request and tell its sites; gives the header that takes the cookie away."""
        person, cookie = self._login.sign_out(request)
        if person is not None:
            self.tell(person)
        return cookie

    def through_login(self, request: Request) -> Response:
        """Let the card login answer, and tell the sites of a session that a logout or a new login ends."""
        before = self._login.person(request) if request.method == "POST" else None
        answer = self._login.handle(request)
        if before is not None and self._login.person(request) is None:
            self.tell(before)
        return answer

    def tell(self, person: SignedIn) -> None:
        """Tell every site of a session that it is over; what they got in it opens nothing from then on."""
        for member in self._participants.leave(person.session):
            end(self._context, member.sid)
            client = self._context.clients.get(member.client_id)
            if client is not None and client.backchannel_logout_uri:
                self._back_channel.tell(client.backchannel_logout_uri, member)

    def _read(self, request: Request, parameters: Mapping[str, str]) -> Wish:
        claims = self._hint(parameters.get("id_token_hint"))
        named = str(claims.get("aud", "")) or parameters.get("client_id", "")
        if parameters.get("client_id", named) != named:
            raise LogoutRefused("The id_token_hint was issued to another client.")
        client = self._context.clients.get(named)
        if named and client is None:
            raise LogoutRefused("The client is not registered.")
        return Wish(
            client_id=named,
            sid=str(claims.get("sid", "")),
            redirect=_redirect(parameters.get("post_logout_redirect_uri", ""), client),
            state=_state(parameters),
            lang=page_language(request, parameters),
        )

    def _hint(self, token: str | None) -> dict[str, Any]:
        """Give the claims of the hint. One that is past its end is as good: it only names the session."""
        claims = self._context.keys.verify(token, self._context.clock()) if token else {}
        if claims is None or (claims and claims.get("iss") != self._context.issuer):
            raise LogoutRefused("The id_token_hint was not issued here.")
        if claims and not isinstance(claims.get("aud"), str):
            raise LogoutRefused("The id_token_hint is not an ID token of this provider.")
        return claims

    def _stored(self, parameters: Mapping[str, str]) -> Wish | None:
        if "ticket" not in parameters:
            return None
        record = self._context.tickets.look(TICKET, parameters["ticket"])
        if record is None:
            raise LogoutRefused("The request is too old. Log out again.")
        return Wish(**{**record, "lang": language(parameters.get("lang"), record["lang"])})

    def _begin(self, request: Request, wish: Wish) -> Response:
        person = self._login.person(request)
        if person is None:
            return self._done(wish)
        client = self._client(wish)
        if client is not None and wish.sid and wish.sid == self._context.session(client, person):
            return self._done(wish).having(self.end(request))
        ticket = self._ticket(wish)
        fields = {"csrf": self._login.csrf_token(request), "ticket": ticket}
        return self._pages.sign_out(self._view(wish.lang, wish, ticket), action=self._path, fields=fields)

    def _answered(self, request: Request, parameters: Mapping[str, str]) -> Response:
        if not self._login.is_own(request, parameters.get("csrf", "")):
            view = self._view(page_language(request, parameters))
            return self._pages.problem(view, "forged", code="csrf", status=403)
        wish = self._stored(parameters)
        if wish is None:
            raise LogoutRefused("The ticket is missing.")
        if parameters["answer"] == "yes":
            return self._done(wish).having(self.end(request))
        return self._done(wish, ended=False)

    def _done(self, wish: Wish, *, ended: bool = True) -> Response:
        if ended and wish.redirect:
            return Response.redirect(wish.address())
        return self._pages.signed_out(self._view(wish.lang, wish), ended=ended)

    def _place(self, wish: Wish) -> str:
        return f"{self._path}?{urlencode({'ticket': self._ticket(wish)})}"

    def _crowded(self, request: Request) -> bool:
        who = self._login.clients.address(request)
        window = self._context.lifetimes.question
        return bool(who) and self._context.tickets.crowded("logouts", who, MOST_PER_ADDRESS, window)

    def _ticket(self, wish: Wish) -> str:
        return self._context.tickets.issue(TICKET, asdict(wish), self._context.lifetimes.question)

    def _client(self, wish: Wish) -> Client | None:
        return self._context.clients.get(wish.client_id)

    def _view(self, lang: str, wish: Wish | None = None, ticket: str = "") -> View:
        client = self._client(wish) if wish else None
        name = "" if client is None else (lang == "fa" and client.name_fa) or client.name
        query = {"ticket": ticket} if ticket else {}
        return View(
            lang=lang, here=self._path, query=query, client=name, redirect=wish.redirect if wish else ""
        )


def _state(parameters: Mapping[str, str]) -> str:
    state = parameters.get("state", "")
    if len(state) > MAX_STATE:
        raise LogoutRefused("The state is too long.")
    return state


def _redirect(address: str, client: Client | None) -> str:
    if address and client is None:
        raise LogoutRefused("A post_logout_redirect_uri needs an id_token_hint or a client_id.")
    if address and client is not None and address not in client.post_logout_redirect_uris:
        raise LogoutRefused("The post_logout_redirect_uri is not registered for this client.")
    return address
