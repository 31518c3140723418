"""What the provider says about itself (OpenID Connect Discovery 1.0, 3; RFC 8414 (2018), 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smartid.oidc import client_auth, dpop
from smartid.oidc.claims import ACRS, CLAIMS, SCOPES
from smartid.oidc.clients import ClientMethod

if TYPE_CHECKING:
    from smartid.oidc.context import Context

PATH = "/.well-known/openid-configuration"
_PROTOCOL_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash")


def document(context: Context) -> dict[str, Any]:
    """Give the metadata of the provider."""
    methods = [method.value for method in ClientMethod]
    return {
        **_endpoints(context.issuer),
        "scopes_supported": list(SCOPES),
        "claims_supported": [*_PROTOCOL_CLAIMS, *CLAIMS],
        "acr_values_supported": list(ACRS),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": list(client_auth.ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "prompt_values_supported": ["none", "login", "consent"],
        "ui_locales_supported": list(context.login.languages),
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }


def _endpoints(issuer: str) -> dict[str, str]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "end_session_endpoint": f"{issuer}/logout",
    }
