"""Pushed authorization requests (RFC 9126 (2021)): a site proves itself and sends its request ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from authlib.oidc.core.errors import InvalidRequestURIError

from smartid.oidc import parameters
from smartid.oidc.authlib_adapter import error_response
from smartid.oidc.client_auth import authenticate
from smartid.oidc.clients import ClientMethod
from smartid.oidc.dpop import InvalidDPoPProof, require_proof
from smartid.oidc.request import MOST_PER_ADDRESS, TemporarilyUnavailable, check, require_redirect
from smartid.web.http import Request, Response

if TYPE_CHECKING:
    from smartid.oidc.clients import Client
    from smartid.oidc.context import Context

PREFIX = "urn:ietf:params:oauth:request_uri:"
PUSHED = "pushed"

_PROOFS = frozenset({"client_assertion", "client_assertion_type", "client_secret"})


def push(context: Context, request: Request) -> Response:
    """Answer ``POST /par``: check the whole request and keep it for a minute."""
    try:
        form = parameters.read_form(request)
        client = authenticate(context, form, request.headers, f"{context.issuer}/par")
        if client.method is ClientMethod.NONE and _crowded(context, request):
            raise TemporarilyUnavailable("There were too many requests.", status_code=429)
        if "request_uri" in form:
            raise InvalidRequestError("A pushed request may not name another one.")
        if form.get("client_id", client.id) != client.id:
            raise InvalidRequestError("The client_id is another one.")
        form = {**form, **_bound(context, request, form)}
        require_redirect(form, client)
        check(form, client)
    except parameters.BadParameters as error:
        return error_response(InvalidRequestError(str(error)))
    except OAuth2Error as error:
        return error_response(error)
    kept = {name: value for name, value in form.items() if name not in _PROOFS}
    handle = context.tickets.issue(PUSHED, {**kept, "client_id": client.id}, context.lifetimes.pushed)
    seconds = int(context.lifetimes.pushed.total_seconds())
    return Response.json({"request_uri": f"{PREFIX}{handle}", "expires_in": seconds}, 201)


def _bound(context: Context, request: Request, form: Mapping[str, str]) -> dict[str, str]:
    """Bind the request to the key of a DPoP proof that comes with it (RFC 9449 (2023), 10.1)."""
    key = require_proof(context, request, "POST", f"{context.issuer}/par")
    if key is None:
        return {}
    if form.get("dpop_jkt", key) != key:
        raise InvalidDPoPProof("The proof is by another key than dpop_jkt.")
    return {"dpop_jkt": key}


def _crowded(context: Context, request: Request) -> bool:
    """Tell whether somebody who need not prove anything pushes too often."""
    who = context.login.clients.address(request)
    window = context.lifetimes.question
    return bool(who) and context.tickets.crowded("pushes", who, MOST_PER_ADDRESS, window)


def take_pushed(context: Context, given: Mapping[str, str], client: Client) -> Mapping[str, str] | None:
    """Give the request that a ``request_uri`` stands for, once; None when there is none of ours.

    Raises InvalidRequestURIError when it was used before, is too old or was pushed by another client.
    """
    name = given.get("request_uri", "")
    if not name.startswith(PREFIX):
        return None
    record = context.tickets.take(PUSHED, name.removeprefix(PREFIX))
    if record is None or record["client_id"] != client.id:
        raise InvalidRequestURIError("The pushed request was used before, is too old, or is not yours.")
    return record
