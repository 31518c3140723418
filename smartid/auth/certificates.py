"""What a certificate must say of itself before its key is asked for anything."""

from __future__ import annotations

from datetime import datetime

from smartid.auth.reasons import LoginReason
from smartid.auth.rules import LoginRules
from smartid.auth.words import refusal
from smartid.errors import BadToken, EncodingError
from smartid.trust.certificate import Certificate
from smartid.trust.x509 import parse_certificate, readable_certificate

CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"
"""id-kp-clientAuth (RFC 5280 (2008), 4.2.1.12)."""


def read_certificate(der: bytes, reason: LoginReason = LoginReason.CERTIFICATE_MALFORMED) -> Certificate:
    """Read a certificate that came in a token. Raises BadToken.

    Those of people who log in often are remembered.
    """
    try:
        return readable_certificate(der) or parse_certificate(der)
    except EncodingError as error:
        raise refusal(BadToken, reason, error.message) from error


def require_login_certificate(certificate: Certificate, rules: LoginRules) -> None:
    """Check that a certificate is for logins: digitalSignature, client authentication; not for signatures.

    Raises BadToken: CERTIFICATE_PURPOSE, CERTIFICATE_POLICY.
    """
    if certificate.is_ca:
        raise _purpose("It belongs to an authority.")
    usage = certificate.key_usage or frozenset()
    if "digital_signature" not in usage:
        raise _purpose("Its key usage does not name digitalSignature.")
    if "non_repudiation" in usage and rules.separate_keys:
        raise _purpose("Its key usage names nonRepudiation too: the key also signs documents.")
    extended = certificate.extended_key_usage
    if extended is None and rules.require_client_authentication:
        raise _purpose("It has no extended key usage.")
    if extended is not None and CLIENT_AUTHENTICATION not in extended:
        raise _purpose("Its extended key usage does not name client authentication.")
    if certificate.policies & rules.disallowed_policies:
        raise refusal(BadToken, LoginReason.CERTIFICATE_POLICY)


def require_valid(certificate: Certificate, at: datetime) -> None:
    """Check the dates of one certificate. Raises BadToken: CERTIFICATE_NOT_YET_VALID, CERTIFICATE_EXPIRED."""
    if at < certificate.not_before:
        detail = f"It is valid from {certificate.not_before:%Y-%m-%d %H:%M} UTC on."
        raise refusal(BadToken, LoginReason.CERTIFICATE_NOT_YET_VALID, detail)
    if at > certificate.not_after:
        detail = f"It ended on {certificate.not_after:%Y-%m-%d %H:%M} UTC."
        raise refusal(BadToken, LoginReason.CERTIFICATE_EXPIRED, detail)


def _purpose(detail: str) -> BadToken:
    return refusal(BadToken, LoginReason.CERTIFICATE_PURPOSE, detail)
