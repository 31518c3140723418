"""Authlib's framework-neutral server, between our requests and responses.

What reaches it has been checked before: its error texts quote parameters, and refuse (ValueError) to be made
from characters that RFC 6749 (2012), 5.2 does not allow there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from smartid.oidc.clients import Client
from smartid.web.http import Response

_LOG = logging.getLogger(__name__)


class AuthlibClient(ClientMixin):  # type: ignore[misc] # Authlib has no types
    """A registered client, with the questions that Authlib asks."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.client_id = client.id

    def check_grant_type(self, grant_type: str) -> bool:
        """Only codes; there are no refresh tokens."""
        return grant_type == "authorization_code"


class CheckedRequest(OAuth2Request):  # type: ignore[misc]
    """A form that was checked, as Authlib wants to see it."""

    def __init__(self, address: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> None:
        super().__init__("POST", address, headers=headers)
        self.payload = BasicOAuth2Payload(dict(parameters))

    @property
    def form(self) -> dict[str, str]:
        """The parameters."""
        return self.payload.data  # type: ignore[no-any-return]


class TokenServer(AuthorizationServer):  # type: ignore[misc]
    """The token endpoint of RFC 6749 (2012), 3.2, answering with our responses.

    authenticate  lets a client prove itself, or raises InvalidClientError
    """

    def __init__(self, authenticate: Callable[[CheckedRequest], Client]) -> None:
        super().__init__()
        self._authenticate = authenticate

    def authenticate_client(self, request: Any, methods: Any, endpoint: str = "token") -> AuthlibClient:  # noqa: ARG002
        """Let the client prove itself with its one registered method."""
        client = self._authenticate(request)
        request.auth_method = client.method.value
        return AuthlibClient(client)

    def create_oauth2_request(self, request: CheckedRequest) -> CheckedRequest:
        """Requests come in Authlib's form already."""
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        """Answer in JSON that nobody may keep."""
        if status != 200:
            _LOG.warning("no tokens: %s", body["error"])
        kept = tuple((name.lower(), value) for name, value in headers if name.lower() == "www-authenticate")
        return Response.json(dict(body), status).having(*kept)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


def error_response(error: OAuth2Error) -> Response:
    """Answer a program with an error of OAuth 2 (RFC 6749 (2012), 5.2)."""
    kept = tuple((name.lower(), value) for name, value in error.get_headers() if name == "WWW-Authenticate")
    return Response.json(error_members(error), error.status_code).having(*kept)


def error_members(error: OAuth2Error) -> dict[str, str]:
    """Give the name and the description of an error."""
    members = {"error": error.error, "error_description": error.description}
    return {name: value for name, value in members.items() if value}
