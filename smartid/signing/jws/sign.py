"""Making JSON Web Signatures (RFC 7515 (2015)), and JAdES-B-B (ETSI TS 119 182-1 V1.2.1 (2024-07), 6.3).

Both name the signer in the protected header, by ``x5c`` (its certificate and the chain) and ``x5t#S256`` (the
digest of its certificate), so a signature cannot be moved to another certificate.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from smartid.crypto.signature import SignatureAlgorithm
from smartid.crypto.strict_json import base64url
from smartid.errors import AlgorithmRefused
from smartid.signing.plain import sign_message
from smartid.signing.request import SignedDocument, SigningRequest
from smartid.trust.keys import ECKey, PublicKey, parse_public_key
from smartid.trust.x509 import parse_certificate

CURVES = {
    SignatureAlgorithm.ES256: "secp256r1",
    SignatureAlgorithm.ES384: "secp384r1",
    SignatureAlgorithm.ES512: "secp521r1",
}
"""JWS binds each ECDSA algorithm to one curve (RFC 7518 (2015), 3.4)."""

JWS_SUFFIX = ".jws"
JADES_SUFFIX = ".jades.json"


def sign_jws(request: SigningRequest) -> SignedDocument:
    """Sign a file as a JWS in compact serialization.

    A detached one has an empty payload between its two dots (RFC 7515, appendix F). Raises AlgorithmRefused
    for an algorithm that RFC 7518 does not allow with the curve of the key, EncodingError, OSError, and what
    the signer raises.
    """
    protected, payload, signature = _sign(request, _header(request))
    data = b".".join((protected, b"" if request.detached else payload, signature))
    return _document(request, JWS_SUFFIX, data)


def sign_jades(request: SigningRequest) -> SignedDocument:
    """Sign a file as JAdES-B-B in flattened JSON serialization.

    The header adds ``cty`` (5.1.3) and the claimed signing time ``iat``, which since 2025-07-15 stands in the
    place of ``sigT`` (5.1.11, 5.2.1). A detached one has no member ``payload``. Raises as ``sign_jws``.
    """
    from smartid.signing.xades.sign import mime_type  # noqa: PLC0415 - JWS does without

    header = _header(request) | {"cty": mime_type(request.name), "iat": int(request.signed_at.timestamp())}
    protected, payload, signature = _sign(request, header)
    members = {"payload": payload, "protected": protected, "signature": signature}
    if request.detached:
        del members["payload"]
    data = json.dumps({name: value.decode("ascii") for name, value in members.items()}).encode()
    return _document(request, JADES_SUFFIX, data)


def fits_curve(algorithm: SignatureAlgorithm, key: PublicKey) -> bool:
    """Tell whether RFC 7518, 3.1, lets this key sign with this algorithm."""
    if isinstance(key, ECKey):
        return CURVES.get(algorithm) == key.curve
    return algorithm.key_type == "RSA"


def _header(request: SigningRequest) -> dict[str, Any]:
    certificate = request.signer.certificate
    key = parse_public_key(parse_certificate(certificate).spki)
    if not fits_curve(request.algorithm, key):
        raise AlgorithmRefused(f"JWS does not know {request.algorithm} with this key (RFC 7518, 3.4).")
    chain = dict.fromkeys((certificate, *request.chain))
    return {
        "alg": request.algorithm.value,
        "x5t#S256": base64url(hashlib.sha256(certificate).digest()).decode("ascii"),
        "x5c": [base64.b64encode(der).decode("ascii") for der in chain],
    }


def _sign(request: SigningRequest, header: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    protected = base64url(json.dumps(header, separators=(",", ":")).encode())
    payload = base64url(request.content.read())
    return protected, payload, base64url(sign_message(request, protected + b"." + payload))


def _document(request: SigningRequest, suffix: str, data: bytes) -> SignedDocument:
    content = request.content if request.detached else None
    return SignedDocument(form=request.form, name=f"{request.name}{suffix}", data=data, content=content)
