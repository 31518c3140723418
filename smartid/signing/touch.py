"""The one touch of the signer, and a look at what it gave."""

from __future__ import annotations

from smartid.signing.request import SigningRequest
from smartid.trust.algorithms import STRICT, AlgorithmPolicy
from smartid.trust.raw import verify_raw
from smartid.trust.x509 import parse_certificate


def signature_over(request: SigningRequest, digest: bytes) -> bytes:
    """Let the signer sign a digest; the signature in X.509 form.

    A copied card signs with a key that is not that of its certificate: nothing is made of such a signature.

    Raises SignatureInvalid then, AlgorithmRefused for a key that is too weak, EncodingError for a malformed
    certificate; and what the signer raises.
    """
    signature = request.signer.sign_digest(digest, request.algorithm)
    key = parse_certificate(request.signer.certificate).spki
    verify_raw(key, request.algorithm, signature, digest=digest, algorithms=strength(request))
    return signature


def strength(request: SigningRequest) -> AlgorithmPolicy:
    """Give what the request takes for strong enough."""
    return request.policy.algorithms if request.policy else STRICT
