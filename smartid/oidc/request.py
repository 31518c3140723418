"""What a site asks for, checked against the strict profile.

OpenID Connect Core 1.0, 3.1.2.1, narrowed: the code flow alone, PKCE with S256 (RFC 7636 (2015)) from every
client, ``nonce`` compulsory, addresses compared character by character (RFC 9700 (2025), 2.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import (
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnsupportedResponseTypeError,
)
from authlib.oidc.core.errors import RequestNotSupportedError, RequestURINotSupportedError

from smartid.oidc.authlib_adapter import error_members
from smartid.oidc.claims import SCOPES

if TYPE_CHECKING:
    from smartid.oidc.clients import Client

PROMPTS = frozenset({"none", "login", "consent"})
MAX_VALUE = 1024
"""Longest state, nonce or list of scopes, in characters."""
MAX_AGE = 10 * 366 * 86400

MOST_PER_ADDRESS = 300
"""How many requests one address may leave waiting within the time that a question lives."""

_SHA256 = re.compile(r"[A-Za-z0-9_-]{43}")
_NUMBER = re.compile(r"[0-9]{1,10}")
_LOCALE = re.compile(r"[A-Za-z]{2}")


class TemporarilyUnavailable(OAuth2Error):  # type: ignore[misc] # Authlib has no types
    """Somebody asks too often (RFC 6749 (2012), 4.1.2.1)."""

    error = "temporarily_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A request that keeps every rule.

    parameters  those that matter for the answer, as they came; all of them are proven
    prompt      some of none, login, consent
    max_age     seconds since the login, None for any
    acrs        what the site takes, in its order; empty for anything
    lang        fa or en, None when the site does not mind
    subject     who it has to be, from an ID token that the site sent along; None for anybody
    dpop_jkt    thumbprint of the one key that may exchange the code (RFC 9449 (2023), 10); None for any
    """

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    nonce: str
    code_challenge: str
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    acrs: tuple[str, ...] = ()
    lang: str | None = None
    subject: str | None = None
    dpop_jkt: str | None = None

    def as_record(self) -> dict[str, Any]:
        """Form in which the store keeps it."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> AuthorizationRequest:
        """Read what the store kept."""
        values: dict[str, Any] = dict(record)
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **lists})


def answer_address(redirect_uri: str, state: str | None, issuer: str, answer: OAuth2Error | str) -> str:
    """Give the address that takes a code, or an error, back to the site.

    Every answer names the issuer, against mix-up (RFC 9207 (2022)).
    """
    members = {"code": answer} if isinstance(answer, str) else error_members(answer)
    members = {**members, **({"state": state} if state else {}), "iss": issuer}
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(members)}"


def require_redirect(parameters: Mapping[str, str], client: Client) -> str:
    """Give the address for the answer. Raises InvalidRequestError: then nobody may be sent anywhere."""
    uri = parameters.get("redirect_uri", "")
    if not client.takes_redirect(uri):
        raise InvalidRequestError("The redirect_uri is not one of those registered for this client.")
    return uri


def check(parameters: Mapping[str, str], client: Client) -> AuthorizationRequest:
    """Check the parameters of a request. Raises OAuth2Error, after which the redirect URI may be used.

    The redirect URI itself is checked by ``require_redirect`` before.
    """
    _require_code_flow(parameters)
    _require_pkce(parameters)
    for name in ("state", "nonce"):
        _require_short(name, parameters.get(name, ""))
    if "nonce" not in parameters:
        raise InvalidRequestError("The parameter nonce is missing.")
    return AuthorizationRequest(
        client_id=client.id,
        redirect_uri=parameters["redirect_uri"],
        scopes=_scopes(parameters.get("scope", ""), client),
        state=parameters.get("state"),
        nonce=parameters["nonce"],
        code_challenge=parameters["code_challenge"],
        prompt=_prompt(parameters.get("prompt", "")),
        max_age=_max_age(parameters.get("max_age")),
        acrs=_words("acr_values", parameters.get("acr_values", "")),
        lang=_language(parameters.get("ui_locales", "")),
        dpop_jkt=_thumbprint(parameters.get("dpop_jkt")),
    )


def _require_code_flow(parameters: Mapping[str, str]) -> None:
    if "request" in parameters:
        raise RequestNotSupportedError("Push the request to the PAR endpoint instead.")
    if "request_uri" in parameters:
        raise RequestURINotSupportedError("Only request_uri values of the PAR endpoint are taken.")
    if "response_type" not in parameters:
        raise InvalidRequestError("The parameter response_type is missing.")
    if parameters["response_type"] != "code":
        error: OAuth2Error = UnsupportedResponseTypeError("")
        error.description = "The response_type has to be code."
        raise error
    if parameters.get("response_mode", "query") != "query":
        raise InvalidRequestError("The response_mode has to be query.")


def _require_pkce(parameters: Mapping[str, str]) -> None:
    if "code_challenge" not in parameters:
        raise InvalidRequestError("The parameter code_challenge is missing (RFC 7636).")
    if parameters.get("code_challenge_method") != "S256":
        raise InvalidRequestError("The code_challenge_method has to be S256.")
    if not _SHA256.fullmatch(parameters["code_challenge"]):
        raise InvalidRequestError("The code_challenge has to be 43 characters of base64url.")


def _scopes(text: str, client: Client) -> tuple[str, ...]:
    """Take the known scopes; unknown ones are left out (OpenID Connect Core 1.0, 3.1.2.1)."""
    asked = _words("scope", text)
    if "openid" not in asked:
        raise InvalidScopeError("The scope has to contain openid.")
    known = tuple(scope for scope in SCOPES if scope in asked)
    if not set(known) <= client.scopes:
        raise InvalidScopeError("The client is not registered for one of these scopes.")
    return known


def _prompt(text: str) -> tuple[str, ...]:
    words = _words("prompt", text)
    if not set(words) <= PROMPTS or ("none" in words and len(words) > 1):
        raise InvalidRequestError("The prompt has to be none, or some of login and consent.")
    return words


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidRequestError("The max_age has to be a number of seconds.")
    return min(int(text), MAX_AGE)


def _thumbprint(text: str | None) -> str | None:
    if text is not None and not _SHA256.fullmatch(text):
        raise InvalidRequestError("The dpop_jkt has to be 43 characters of base64url.")
    return text


def _language(text: str) -> str | None:
    """Take the first of the languages that there are pages in."""
    languages = [word[:2].lower() for word in text[:MAX_VALUE].split(" ") if _LOCALE.match(word)]
    return next((one for one in languages if one in ("fa", "en")), None)


def _words(name: str, text: str) -> tuple[str, ...]:
    _require_short(name, text)
    return tuple(dict.fromkeys(word for word in text.split(" ") if word))


def _require_short(name: str, text: str) -> None:
    if len(text) > MAX_VALUE:
        raise InvalidRequestError(f"The parameter {name} is too long.")
