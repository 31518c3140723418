"""ID tokens and access tokens. There are no refresh tokens: who wants to know again, asks the card again."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smartid.oidc.context import Context

ACCESS = "access"


def new_tokens(
    context: Context, code_name: str, record: Mapping[str, Any], proof_key: str | None
) -> dict[str, Any]:
    """Give the answer of the token endpoint (OpenID Connect Core 1.0, 3.1.3.3).

    code_name  stands for the code that was exchanged: its second use takes the access token back
    proof_key  thumbprint of the key that the access token is bound to (RFC 9449 (2023)), None for a bearer
    """
    kept = {
        "client_id": record["client_id"],
        "sub": record["sub"],
        "claims": record["claims"],
        "scopes": record["scopes"],
        "code": code_name,
        "sid": record["sid"],
        "jkt": proof_key,
        "expires": context.now() + int(context.lifetimes.access.total_seconds()),
    }
    access = context.tickets.issue(ACCESS, kept, context.lifetimes.access)
    return {
        "access_token": access,
        "token_type": "DPoP" if proof_key else "Bearer",
        "expires_in": int(context.lifetimes.access.total_seconds()),
        "scope": " ".join(record["scopes"]),
        "id_token": context.keys.sign(id_token_claims(context, record, access)),
    }


def id_token_claims(context: Context, record: Mapping[str, Any], access: str) -> dict[str, Any]:
    """Give the claims of an ID token (OpenID Connect Core 1.0, 2). What the card says is at userinfo."""
    now = context.now()
    return {
        "iss": context.issuer,
        "sub": record["sub"],
        "aud": record["client_id"],
        "exp": now + int(context.lifetimes.token.total_seconds()),
        "iat": now,
        "auth_time": record["auth_time"],
        "nonce": record["nonce"],
        "acr": record["acr"],
        "amr": record["amr"],
        "sid": record["sid"],
        "at_hash": half_hash(access),
    }


def half_hash(text: str) -> str:
    """Give the left half of a SHA-256, base64url (OpenID Connect Core 1.0, 3.1.3.6, for ES256)."""
    half = hashlib.sha256(text.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode("ascii")
