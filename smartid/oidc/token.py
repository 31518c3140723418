"""The token endpoint (RFC 6749 (2012), 3.2; OpenID Connect Core 1.0, 3.1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from authlib.oauth2.rfc7636 import CodeChallenge

from smartid.oidc import parameters
from smartid.oidc.authlib_adapter import CheckedRequest, TokenServer, error_response
from smartid.oidc.client_auth import authenticate
from smartid.oidc.dpop import require_proof
from smartid.oidc.grant import CodeGrant
from smartid.web.http import Request, Response

if TYPE_CHECKING:
    from smartid.oidc.clients import Client
    from smartid.oidc.context import Context


class UnsupportedGrantType(OAuth2Error):  # type: ignore[misc] # Authlib has no types
    """There are codes and nothing else. Authlib's own error quotes the parameter."""

    error = "unsupported_grant_type"


class TokenEndpoint:
    """Exchanges codes for tokens."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._address = f"{context.issuer}/token"
        self._server = TokenServer(self._authenticated)
        self._server.context = context
        self._server.register_grant(CodeGrant, [CodeChallenge(required=True)])

    def answer(self, request: Request) -> Response:
        """Answer ``POST /token``."""
        try:
            form = parameters.read_form(request)
            _require_code(form)
        except parameters.BadParameters as error:
            return error_response(InvalidRequestError(str(error)))
        except OAuth2Error as error:
            return error_response(error)
        checked = CheckedRequest(self._address, form, request.headers)
        checked.proof = request
        response: Response = self._server.create_token_response(checked)
        return response

    def _authenticated(self, request: CheckedRequest) -> Client:
        """Let the client prove itself; only then its DPoP proof is looked at, and remembered as used."""
        client = authenticate(self._context, request.form, request.headers, self._address)
        request.proof_key = require_proof(self._context, request.proof, "POST", self._address)
        return client


def _require_code(form: Mapping[str, str]) -> None:
    if form.get("grant_type") != "authorization_code":
        raise UnsupportedGrantType("The grant_type has to be authorization_code.")
    if "redirect_uri" not in form:
        raise InvalidRequestError("The parameter redirect_uri is missing.")
