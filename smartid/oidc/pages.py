"""The pages that people see: login, consent, problems, logout. Persian first, then English.

Each answer carries its own content security policy: as strict as that of the login, but that a form may lead
to the one site that asks, for browsers hold ``form-action`` against redirects as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from smartid.errors import EncodingError
from smartid.identity.dates import to_jalali_long
from smartid.oidc.words import CLAIM_WORDS, GENDERS, PROBLEMS, REMEDIES, TELL_THE_SITE, WORDS
from smartid.web.cookies import LANGUAGE
from smartid.web.headers import SECURITY_HEADERS
from smartid.web.http import Request, Response
from smartid.web.words import language

if TYPE_CHECKING:
    from markupsafe import Markup

    from smartid.web.login import CardLogin

PACKAGE = "smartid.oidc"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What every page needs to know.

    lang        "fa" or "en"
    here        path of the page, for the change of language; what is posted cannot be asked for again, so
                such a page gives the path of the one before
    query       the parameters that belong to ``here``
    client      name of the site that asks, empty when it is not known
    redirect    where the person goes back to; its host is shown, and forms may lead there
    """

    lang: str
    here: str
    query: Mapping[str, str] = field(default_factory=dict)
    client: str = ""
    redirect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field on the consent page. ``value`` is the very text that is sent, ``gloss`` explains it."""

    label: str
    claim: str
    value: str = field(repr=False)
    gloss: str = ""


class Pages:
    """The pages of one provider.

    site        its name
    origin      its address, which the card program shows as well
    prefix      path under which the card login is mounted
    throw_away  mock cards are accepted here, and every page says so
    """

    def __init__(self, *, site: str, origin: str, prefix: str, throw_away: bool = False) -> None:
        self._site, self._origin, self._prefix = site, origin, prefix
        self._throw_away = throw_away

    @classmethod
    def of(cls, login: CardLogin) -> Self:
        """Make the pages that belong to a card login."""
        return cls(site=login.site, origin=login.origin, prefix=login.prefix, throw_away=login.throw_away)

    def sign_in(self, view: View, *, csrf: str, next_page: str, cancel: str = "") -> Response:
        """Ask for the card, and say for whom.

        next_page  path to go on to after the login
        cancel     address that tells the site that the person does not want to; empty for no such link
        """
        return self._page(
            "sign_in",
            view,
            csrf=csrf,
            next=next_page,
            cancel=cancel,
            host=_host(view.redirect),
            origin=self._origin,
        )

    def consent(
        self,
        view: View,
        *,
        csrf: str,
        ticket: str,
        action: str,
        claims: Mapping[str, str],
        asked: Iterable[str],
        name: str = "",
    ) -> Response:
        """Ask whether the site may have these claims; the form posts ``csrf``, ``ticket`` and ``answer``.

        action  path that the form is posted to; ``answer`` is "allow" or "deny"
        claims  what would be sent, names and values
        asked   names of everything that the site asked for
        name    of the person
        """
        column = _column(view.lang)
        wanted = tuple(asked)
        return self._page(
            "consent",
            view,
            name=name,
            csrf=csrf,
            ticket=ticket,
            action=action,
            host=_host(view.redirect),
            fields=rows(claims, view.lang),
            missing=[CLAIM_WORDS[claim][column] for claim in wanted if claim not in claims],
            withheld="national_number" not in wanted,
        )

    def problem(
        self, view: View, kind: str, *, code: str, description: str = "", status: int = 400
    ) -> Response:
        """Say what went wrong when no site can be told.

        kind         one of ``words.PROBLEMS``
        code         for developers: an error of RFC 6749 or of ours
        description  for developers, ASCII
        """
        column = _column(view.lang)
        return self._page(
            "problem",
            view,
            status=status,
            code=code,
            description=description,
            message=PROBLEMS[kind][column],
            remedy=REMEDIES.get(kind, TELL_THE_SITE)[column],
        )

    def sign_out(self, view: View, *, action: str, fields: Mapping[str, str]) -> Response:
        """Ask whether to log out; the form posts ``fields`` and ``answer``, "yes" or "no"."""
        return self._page("sign_out", view, action=action, fields=tuple(fields.items()))

    def signed_out(self, view: View, *, ended: bool = True) -> Response:
        """Say that the session is over, or that the person stays."""
        return self._page("signed_out", view, ended=ended)

    def _page(self, template: str, view: View, *, status: int = 200, **values: Any) -> Response:
        from smartid.web.pages import render  # noqa: PLC0415 - needs jinja2

        name = values.pop("name", "")
        text = render(
            template,
            view.lang,
            package=PACKAGE,
            o=_words(view.lang, client=view.client, site=self._site, name=name),
            site=self._site,
            prefix=self._prefix,
            here=view.here,
            query=dict(view.query),
            client=view.client,
            throw_away=self._throw_away,
            person=name,
            **values,
        )
        return Response.html(text, status).having(*page_headers(view.redirect))


def rows(claims: Mapping[str, str], lang: str) -> list[Row]:
    """Give the fields of the consent page: the name people know, the very value, what it means."""
    column = _column(lang)
    return [
        Row(label=CLAIM_WORDS[claim][column], claim=claim, value=value, gloss=_gloss(claim, value, lang))
        for claim, value in claims.items()
    ]


def page_headers(redirect: str = "") -> tuple[tuple[str, str], ...]:
    """Give the security headers of a page whose form may lead on to ``redirect``.

    The referrer policy is "same-origin": under "no-referrer" browsers post forms with ``Origin: null``
    (Fetch Standard, "append a request Origin header"), and nobody could tell whose form it was.
    """
    changed = dict(SECURITY_HEADERS)
    changed["referrer-policy"] = "same-origin"
    if origin := _origin(redirect):
        policy = changed["content-security-policy"]
        changed["content-security-policy"] = policy.replace(
            "form-action 'self'", f"form-action 'self' {origin}"
        )
    return tuple(changed.items())


def page_language(request: Request, wishes: Mapping[str, str]) -> str:
    """Give the language of a page: ``lang`` or ``ui_locales`` of the request, the cookie, or Persian."""
    locales = wishes.get("ui_locales", "").split(" ")[:10]
    return language(wishes.get("lang"), *locales, request.cookie(LANGUAGE))


def _words(lang: str, **names: str) -> dict[str, Markup]:
    """Fill the names in, each apart from the direction of the text around it."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with jinja2

    isolated = {key: Markup("<bdi>{}</bdi>").format(name) for key, name in names.items()}
    return {key: Markup(text).format(**isolated) for key, text in WORDS[lang].items()}  # noqa: S704 - our words


def _column(lang: str) -> int:
    return 0 if lang == "fa" else 1


def _gloss(claim: str, value: str, lang: str) -> str:
    if claim == "gender" and lang == "fa" and value in GENDERS:
        return GENDERS[value][0]
    if claim != "birthdate" or lang != "fa":
        return ""
    try:
        return to_jalali_long(date.fromisoformat(value))
    except (ValueError, EncodingError):
        return ""


def _host(address: str) -> str:
    return urlsplit(address).netloc


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
