"""The way from the certificates in a token to a trust anchor, and the reasons when there is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from smartid.auth.certificates import read_certificate
from smartid.auth.reasons import LoginReason
from smartid.auth.words import refusal
from smartid.errors import BadToken
from smartid.identity.auth_token import AuthToken
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.path import PathResult, validate_path
from smartid.trust.policy import Policy
from smartid.trust.validation_data import NO_DATA, ValidationData
from smartid.trust.verdict import SubIndication

_REASONS = {
    SubIndication.FORMAT_FAILURE: LoginReason.CERTIFICATE_MALFORMED,
    SubIndication.EXPIRED: LoginReason.CERTIFICATE_EXPIRED,
    SubIndication.NOT_YET_VALID: LoginReason.CERTIFICATE_NOT_YET_VALID,
    SubIndication.REVOKED: LoginReason.CERTIFICATE_REVOKED,
}
"""What else fails before revocation is looked at is a lack of trust."""


def require_path(
    certificate: Certificate, policy: Policy, at: datetime, intermediates: Sequence[bytes] = ()
) -> PathResult:
    """Find the path of an authentication certificate. Raises BadToken with what stood against it.

    intermediates  from the token, DER: a way may lead over them, and ends at an anchor of the policy anyway
    """
    data = _read(intermediates, LoginReason.CERTIFICATE_MALFORMED)
    path = validate_path(certificate, policy, at, CertificateUsage.AUTHENTICATION, data=data)
    if path.failure is not None:
        raise refusal(BadToken, _reason(path, path.failure), path.detail)
    return path


def require_signing_certificates(
    token: AuthToken, certificate: Certificate, policy: Policy, at: datetime
) -> None:
    """Check the signing certificates of format 1.1: same holder, same authority, for signatures, trusted.

    Raises BadToken (SIGNING_CERTIFICATE).
    """
    for item in token.signing_certificates:
        signing = read_certificate(item.certificate, LoginReason.SIGNING_CERTIFICATE)
        if signing.subject.key != certificate.subject.key:
            raise _refused("It names another holder.")
        if not signing.authority_key_id or signing.authority_key_id != certificate.authority_key_id:
            raise _refused("Another authority issued it.")
        if "non_repudiation" not in (signing.key_usage or ()):
            raise _refused("Its key usage does not name nonRepudiation.")
        data = _read(item.intermediates, LoginReason.SIGNING_CERTIFICATE)
        path = validate_path(signing, policy, at, CertificateUsage.SIGNATURE, data=data)
        if path.failure is not None:
            raise _refused(path.detail)


def _read(intermediates: Sequence[bytes], reason: LoginReason) -> ValidationData:
    """Raises BadToken unless each is a certificate."""
    for certificate in intermediates:
        read_certificate(certificate, reason)
    return ValidationData(certificates=tuple(intermediates)) if intermediates else NO_DATA


def _reason(path: PathResult, failure: SubIndication) -> LoginReason:
    """Give the reason for a failure; once revocation was looked at, what failed is not knowing of one."""
    if path.revocation and failure is not SubIndication.REVOKED:
        return LoginReason.REVOCATION_UNKNOWN
    return _REASONS.get(failure, LoginReason.CERTIFICATE_UNTRUSTED)


def _refused(detail: str) -> BadToken:
    return refusal(BadToken, LoginReason.SIGNING_CERTIFICATE, detail)
