"""One link of a path: did this authority sign that certificate."""

from __future__ import annotations

from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.algorithms import STRICT, AlgorithmPolicy
from smartid.trust.certificate import Certificate
from smartid.trust.raw import verify_raw

_EVERYTHING = AlgorithmPolicy(
    hashes=STRICT.hashes | {"sha1"}, min_rsa_bits=512, min_dsa_bits=512, curves=STRICT.curves
)


def is_self_signed(certificate: Certificate) -> bool:
    """Tell whether its own key made its signature, whatever the strength of the algorithm."""
    if not certificate.is_self_issued:
        return False
    try:
        verify_certificate(certificate, certificate, algorithms=_EVERYTHING)
    except (SignatureInvalid, AlgorithmRefused, EncodingError):
        return False
    return True


def verify_certificate(
    certificate: Certificate, issuer: Certificate, *, algorithms: AlgorithmPolicy = STRICT
) -> None:
    """Check that the key of ``issuer`` signed ``certificate``.

    Raises SignatureInvalid, AlgorithmRefused, EncodingError (the issuer's key is malformed).
    """
    if certificate.scheme is None:
        raise AlgorithmRefused("A certificate is signed with an algorithm that is unknown here.")
    verify_raw(
        issuer.spki, certificate.scheme, certificate.signature, message=certificate.tbs, algorithms=algorithms
    )


def may_have_issued(issuer: Certificate, certificate: Certificate) -> bool:
    """Tell whether the names fit, and the key identifiers where both are given."""
    if issuer.subject.key != certificate.issuer.key:
        return False
    known = issuer.subject_key_id is not None and certificate.authority_key_id is not None
    return not known or issuer.subject_key_id == certificate.authority_key_id
