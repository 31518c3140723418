"""Codes: made when a person agrees, exchanged once for tokens (RFC 6749 (2012), 4.1; RFC 9700 (2025), 2.1).

The rules of the exchange are Authlib's: grant type, client, redirect URI, PKCE. What it leaves open is here:
a code lives a minute, is exchanged once in a race too, and its second use takes back what the first gave.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import InvalidGrantError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant

from smartid.oidc.claims import acr_of, amr_of, claims_of
from smartid.oidc.dpop import InvalidDPoPProof
from smartid.oidc.tokens import new_tokens

if TYPE_CHECKING:
    from smartid.oidc.authlib_adapter import AuthlibClient
    from smartid.oidc.context import Context
    from smartid.oidc.request import AuthorizationRequest
    from smartid.web.sessions import SignedIn

CODE, USED, REVOKED, ENDED = "code", "code-used", "code-revoked", "session-ended"


def issue_code(context: Context, asked: AuthorizationRequest, person: SignedIn, sub: str) -> str:
    """Make a code for what the person agreed to, and keep what it stands for."""
    client = context.clients[asked.client_id]
    record = {
        "client_id": client.id,
        "redirect_uri": asked.redirect_uri,
        "code_challenge": asked.code_challenge,
        "nonce": asked.nonce,
        "dpop_jkt": asked.dpop_jkt,
        "scopes": list(asked.scopes),
        "sub": sub,
        "sid": context.session(client, person),
        "auth_time": int(person.authenticated_at.timestamp()),
        "acr": acr_of(person),
        "amr": amr_of(person),
        "claims": claims_of(person.identity, asked.scopes),
        "expires": context.now() + int(context.lifetimes.code.total_seconds()),
    }
    return context.tickets.issue(CODE, record, _kept(context))


def revoked(context: Context, code_name: str) -> bool:
    """Tell whether tokens made from the code of this name were taken back."""
    return context.tickets.marked(REVOKED, code_name) is not None


def revoke(context: Context, code_name: str) -> None:
    """Take back every token made from the code of this name."""
    context.tickets.mark(REVOKED, code_name, _kept(context))


def end(context: Context, sid: str) -> None:
    """Take back every code and token of a session that is over."""
    context.tickets.mark(ENDED, sid, _kept(context))


def ended(context: Context, sid: str) -> bool:
    """Tell whether a session is over."""
    return context.tickets.marked(ENDED, sid) is not None


def _kept(context: Context) -> timedelta:
    """A code is remembered as long as the tokens made from it may live, to notice its second use."""
    return context.lifetimes.code + context.lifetimes.access


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was presented, as Authlib asks about it. ``name`` is its SHA-256."""

    name: str
    record: Mapping[str, Any] = field(repr=False)
    code_challenge_method: str = "S256"

    @property
    def code_challenge(self) -> str:
        """What the verifier has to hash to."""
        return str(self.record["code_challenge"])

    def get_redirect_uri(self) -> str:
        """Address that the code was sent to."""
        return str(self.record["redirect_uri"])

    def get_scope(self) -> str:
        """Scopes that the person agreed to."""
        return " ".join(self.record["scopes"])


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc] # Authlib has no types
    """The exchange of a code, with the context of the provider in ``server.context``."""

    def query_authorization_code(self, code: str, client: AuthlibClient) -> Code | None:
        """Give what a code stands for, once. A client that is not meant spends it, too."""
        context: Context = self.server.context
        record = context.tickets.look(CODE, code)
        if record is None:
            return None
        name = hashlib.sha256(code.encode()).hexdigest()
        if not context.tickets.first(USED, name, _kept(context)):
            revoke(context, name)
            return None
        fresh = context.now() < record["expires"]
        return Code(name, record) if fresh and record["client_id"] == client.client_id else None

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Make the tokens. Authlib's own method writes them to the log, and makes no ID token."""
        code: Code = self.request.authorization_code
        context: Context = self.server.context
        if not self.request.client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("The client may not exchange codes.")
        if ended(context, code.record["sid"]):
            raise InvalidGrantError("The person logged out.")
        if code.record.get("dpop_jkt") not in (None, self.request.proof_key):
            raise InvalidDPoPProof("The code belongs to the key that the request named.")
        answer = new_tokens(context, code.name, code.record, self.request.proof_key)
        if revoked(context, code.name):  # its second use came in between
            raise InvalidGrantError("The code was used twice.")
        return 200, answer, list(self.TOKEN_RESPONSE_HEADER)
