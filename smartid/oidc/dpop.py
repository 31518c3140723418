"""Tokens bound to a key of the client (DPoP, RFC 9449 (2023)): a stolen one is of no use without the key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import OAuth2Error

from smartid.crypto.strict_json import parse_object
from smartid.errors import EncodingError
from smartid.oidc.key_set import fits, require_key, rules, usable_key
from smartid.web.http import Request

if TYPE_CHECKING:
    from smartid.oidc.context import Context

ALGORITHMS = ("ES256", "ES384", "PS256", "RS256")
MAX_PROOF = 8 << 10
"""Longest proof, in characters."""
FRESH = 60
"""How far ``iat`` of a proof may be from now, in seconds."""
MAX_JTI = 256


class InvalidDPoPProof(OAuth2Error):  # type: ignore[misc] # Authlib has no types
    """The proof is malformed, stale, used before or made for another request (RFC 9449 (2023), 5)."""

    error = "invalid_dpop_proof"


def require_proof(
    context: Context, request: Request, method: str, address: str, access: str | None = None
) -> str | None:
    """Check the header ``DPoP`` and give the thumbprint of its key; None when there is no such header.

    access  the access token that is sent along: the proof has to name its hash

    Raises InvalidDPoPProof.
    """
    proof = request.headers.get("dpop")
    if proof is None:
        return None
    key, claims = _opened(proof)
    hashed = hashlib.sha256((access or "").encode()).digest()
    ath = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")
    if claims.get("htm") != method or claims.get("htu") != address:
        raise InvalidDPoPProof("The proof is for another request.")
    if access is not None and not hmac.compare_digest(str(claims.get("ath")).encode(), ath.encode()):
        raise InvalidDPoPProof("The proof is for another access token.")
    issued, jti, thumbprint = claims.get("iat"), claims.get("jti"), str(key.thumbprint())
    if type(issued) is not int or abs(context.now() - issued) > FRESH:
        raise InvalidDPoPProof("The proof is not fresh.")
    if not isinstance(jti, str) or not 1 <= len(jti) <= MAX_JTI:
        raise InvalidDPoPProof("The proof needs a jti.")
    if not context.tickets.first("dpop", f"{thumbprint} {jti}", timedelta(seconds=3 * FRESH)):
        raise InvalidDPoPProof("The proof was used before.")
    return thumbprint


def _opened(proof: str) -> tuple[Any, Mapping[str, Any]]:
    """Give the key in the header and the claims that it signed."""
    from joserfc import jws  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415

    try:
        if len(proof) > MAX_PROOF:
            raise ValueError("too long")
        data = proof.encode("ascii")
        header = jws.extract_compact(data, registry=rules(*ALGORITHMS)).headers()
        key = _public_key(header)
        signed = jws.deserialize_compact(data, key, registry=rules(header["alg"]))
        return key, parse_object(signed.payload, "DPoP proof")
    except (JoseError, EncodingError, ValueError, KeyError, TypeError) as error:
        raise InvalidDPoPProof("The proof cannot be read, or its signature is wrong.") from error


def _public_key(header: Mapping[str, Any]) -> Any:
    """Give the key of a header, when it is public and fits the algorithm. Raises ValueError and others."""
    jwk, algorithm = header.get("jwk"), header.get("alg")
    if header.get("typ") != "dpop+jwt" or not isinstance(jwk, dict) or not fits(jwk, algorithm):
        raise ValueError("no proof, or a key of another algorithm")
    require_key(jwk, "DPoP proof")
    return usable_key(jwk)
