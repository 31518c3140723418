"""The claims that a person agreed to, for the holder of the access token (OpenID Connect Core 1.0, 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import OAuth2Error

from smartid.oidc import parameters
from smartid.oidc.dpop import require_proof
from smartid.oidc.grant import ended, revoked
from smartid.oidc.tokens import ACCESS
from smartid.web.http import Request, Response

if TYPE_CHECKING:
    from smartid.oidc.context import Context


def answer(context: Context, request: Request) -> Response:
    """Answer ``/userinfo``. The token stands in the Authorization header, and nowhere else."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    kind = scheme.lower()
    if kind not in ("bearer", "dpop") or parameters_carry_token(request):
        return _unauthorized("")
    record = _believed(context, token.strip())
    if record is None or (kind == "dpop") is not bool(record["jkt"]):
        return _unauthorized("invalid_token", "DPoP" if kind == "dpop" else "Bearer")
    if record["jkt"]:
        try:
            key = require_proof(context, request, request.method, f"{context.issuer}/userinfo", token.strip())
        except OAuth2Error as error:
            return _unauthorized(error.error, "DPoP")
        if key != record["jkt"]:
            return _unauthorized("invalid_token", "DPoP")
    return Response.json({"sub": record["sub"], **record["claims"]})


def parameters_carry_token(request: Request) -> bool:
    """Tell whether a token stands in the address or the form, where logs would see it."""
    in_form = request.headers.get("content-type", "").startswith(parameters.FORM)
    return "access_token=" in request.query or (in_form and b"access_token=" in request.body)


def _believed(context: Context, token: str) -> Mapping[str, Any] | None:
    record = context.tickets.look(ACCESS, token)
    if record is None or context.now() >= record["expires"] or record["client_id"] not in context.clients:
        return None
    return None if revoked(context, record["code"]) or ended(context, record["sid"]) else record


def _unauthorized(error: str, scheme: str = "Bearer") -> Response:
    """Ask for a token (RFC 6750 (2012), 3; RFC 9449 (2023), 7.1)."""
    challenge = f'{scheme} realm="userinfo"' + (f', error="{error}"' if error else "")
    answered = Response.json({"error": error} if error else {}, 401)
    return answered.having(("www-authenticate", challenge))
