"""Signature values as XML signatures and JWS write them: ECDSA as r and s side by side, RSA as octets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from smartid.crypto.signature import SignatureAlgorithm, ecdsa_der_to_raw
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.signing.request import SigningRequest
from smartid.signing.touch import signature_over
from smartid.trust.algorithms import SignatureScheme
from smartid.trust.certificate import Certificate
from smartid.trust.findings import Finding, failed, not_checked, passed
from smartid.trust.keys import ECKey, parse_public_key
from smartid.trust.policy import Policy
from smartid.trust.raw import ECDSAForm, verify_raw
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import parse_certificate

MAX_CERTIFICATES = 32
"""Most certificates that are taken out of one signature."""


def sign_message(request: SigningRequest, message: bytes) -> bytes:
    """Let the signer sign a message; it is asked exactly once. Gives r and s side by side for ECDSA.

    Raises what the signer raises; SignatureInvalid when that is not of its certificate's key; EncodingError,
    AlgorithmRefused for a certificate whose key is unreadable or too weak.
    """
    algorithm = request.algorithm
    digest = hashlib.new(algorithm.hash_name, message).digest()
    key = parse_public_key(parse_certificate(request.signer.certificate).spki)
    signature = signature_over(request, digest)
    return ecdsa_der_to_raw(signature, key.order_size) if isinstance(key, ECKey) else signature


def signature_finding(
    certificate: Certificate | None,
    scheme: SignatureScheme | SignatureAlgorithm,
    signature: bytes,
    message: bytes,
    policy: Policy,
) -> Finding:
    """Check a signature value with the key of a certificate; the finding is named "signature"."""
    if certificate is None:
        return not_checked("signature", "There is no certificate to check the signature with.")
    try:
        verify_raw(
            certificate.spki,
            scheme,
            signature,
            message=message,
            form=ECDSAForm.PLAIN,
            algorithms=policy.algorithms,
        )
    except SignatureInvalid as error:
        return failed("signature", SubIndication.SIG_CRYPTO_FAILURE, error.message)
    except AlgorithmRefused as error:
        return failed("signature", SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message)
    except EncodingError as error:
        return failed("signature", SubIndication.FORMAT_FAILURE, error.message)
    return passed("signature", "The key of the signer's certificate made the signature.")


def first_certificate(ders: tuple[bytes, ...], wanted: Callable[[bytes], bool]) -> Certificate | None:
    """Give the first certificate that can be read and is wanted, None without one."""
    for der in filter(wanted, ders):
        try:
            return parse_certificate(der)
        except EncodingError:
            continue  # a broken one among them is nobody's
    return None
