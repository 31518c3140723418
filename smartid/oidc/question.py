"""A request that waits for the person, and what can come of it."""

from __future__ import annotations

from dataclasses import dataclass

from authlib.oauth2.rfc6749 import OAuth2Error

from smartid.oidc.request import AuthorizationRequest

QUESTION = "question"
"""Kind of the records that wait."""


class UnmetAuthenticationRequirements(OAuth2Error):  # type: ignore[misc] # Authlib has no types
    """The login is none of those that the site takes (OpenID Connect Core Error Code 1.0 (2022))."""

    error = "unmet_authentication_requirements"


@dataclass(frozen=True, slots=True)
class Question:
    """A request that waits for the person. ``since``: when the site asked; no ticket before it waits."""

    asked: AuthorizationRequest
    since: int
    ticket: str = ""


class NoQuestion(Exception):
    """Nothing waits under this ticket."""
