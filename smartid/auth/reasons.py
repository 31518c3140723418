"""Why a login was refused: one code for programs and logs, one sentence for people."""

from __future__ import annotations

from enum import StrEnum


class LoginReason(StrEnum):
    """One code for each way in which a login fails."""

    TOKEN_MALFORMED = "token_malformed"  # noqa: S105 - a reason, no secret
    """The token is no JSON object of the right members, types and lengths, or has a member twice."""
    FORMAT_UNSUPPORTED = "format_unsupported"
    """Its format is neither web-eid:1 nor web-eid:1.N."""
    ALGORITHM_UNSUPPORTED = "algorithm_unsupported"
    """Its algorithm is none of ES, PS and RS with 256, 384 and 512, or the policy does not allow it."""
    KEY_MISMATCH = "key_mismatch"
    """The algorithm does not fit the kind or the curve of the certificate's key."""
    CERTIFICATE_MALFORMED = "certificate_malformed"
    """The certificate cannot be read."""
    CERTIFICATE_PURPOSE = "certificate_purpose"
    """The certificate is not for logins, is for signatures too, or belongs to an authority."""
    CERTIFICATE_POLICY = "certificate_policy"
    """The certificate is under a certificate policy that is not allowed here."""
    CERTIFICATE_EXPIRED = "certificate_expired"
    """The certificate, or an authority above it, is past its end."""
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    """The certificate, or an authority above it, is before its beginning."""
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    """No path leads from the certificate to a trust anchor."""
    CERTIFICATE_REVOKED = "certificate_revoked"
    """The certificate, or an authority above it, was revoked."""
    REVOCATION_UNKNOWN = "revocation_unknown"
    """Nothing fresh says whether the certificate was revoked, and the policy wants to know."""
    SIGNING_CERTIFICATE = "signing_certificate"
    """A signing certificate in the token is missing, malformed or not to be believed (format 1.1)."""
    SIGNATURE_INVALID = "signature_invalid"
    """The key did not sign this origin and this nonce."""
    CHALLENGE_UNKNOWN = "challenge_unknown"
    """No challenge is open for this session: it was used before, or there never was one."""
    CHALLENGE_EXPIRED = "challenge_expired"
    """The challenge is too old."""
    ORIGIN_MISMATCH = "origin_mismatch"
    """The request came from another site."""
