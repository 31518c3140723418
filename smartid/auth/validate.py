"""Whether a token answers a challenge, and who the holder is.

The order matters. What costs nothing comes first; dates are looked at before the key is loaded, so that an
old certificate with an old kind of key is called expired; and nothing is asked of the network before the
signature is right, or anybody with a copy of a certificate could make a server ask.
"""

from __future__ import annotations

from datetime import UTC, datetime

from smartid.auth.certificates import read_certificate, require_login_certificate, require_valid
from smartid.auth.holder import holder_identity
from smartid.auth.path import require_path, require_signing_certificates
from smartid.auth.reasons import LoginReason
from smartid.auth.rules import LoginRules
from smartid.auth.verdict import login_verdict
from smartid.auth.web_eid import require_signing_list
from smartid.auth.words import refusal
from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import AlgorithmRefused, BadToken, EncodingError, SignatureInvalid
from smartid.identity.auth_token import AuthToken, Challenge
from smartid.identity.model import VerifiedIdentity
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.certificate import Certificate
from smartid.trust.keys import ECKey, PublicKey, RSAKey, parse_public_key
from smartid.trust.policy import Policy
from smartid.trust.raw import ECDSAForm, require_key, verify_raw

_CURVES = {
    SignatureAlgorithm.ES256: "secp256r1",
    SignatureAlgorithm.ES384: "secp384r1",
    SignatureAlgorithm.ES512: "secp521r1",
}
"""RFC 7518 (2015), 3.4: each name stands for one curve."""

_DEFAULTS = LoginRules()


def validate_token(
    token: AuthToken,
    challenge: Challenge,
    policy: Policy,
    rules: LoginRules = _DEFAULTS,
    *,
    at: datetime | None = None,
) -> VerifiedIdentity:
    """Check that ``token`` answers ``challenge`` with a key that ``policy`` trusts for logins.

    challenge  origin and nonce as the server knows them; its expiry is not looked at
    at         the time for which the question is asked, an aware datetime; None is now by the policy's clock

    Checked in this order: format, algorithm, certificate (form, purpose, policies, dates), key, signature,
    signing certificates (form), path to an anchor with revocation, signing certificates (paths).
    ECDSA signatures are r and s side by side (Web eID; RFC 7518 (2015), 3.4), and nothing else.

    Raises BadToken, whose ``reason`` is a ``LoginReason``; ValueError for a time without a zone.
    """
    time = at or policy.clock()
    if time.tzinfo is None:
        raise ValueError("the time of a login needs a time zone")
    time = time.astimezone(UTC)
    require_signing_list(token)
    algorithm = _algorithm(token.algorithm, rules)
    certificate = read_certificate(token.certificate)
    require_login_certificate(certificate, rules)
    require_valid(certificate, time)
    key = _key(certificate, algorithm, policy.algorithms)
    _require_signature(key, algorithm, token, challenge, policy.algorithms)
    path = require_path(certificate, policy, time, token.intermediates)
    require_signing_certificates(token, certificate, policy, time)
    verdict = login_verdict(path, policy, time)
    return VerifiedIdentity(
        identity=holder_identity(certificate), verdict=verdict, certificate=token.certificate
    )


def _algorithm(name: str, rules: LoginRules) -> SignatureAlgorithm:
    allowed = {algorithm.value: algorithm for algorithm in rules.algorithms}
    if name not in allowed:
        raise refusal(BadToken, LoginReason.ALGORITHM_UNSUPPORTED)
    return allowed[name]


def _key(
    certificate: Certificate, algorithm: SignatureAlgorithm, algorithms: AlgorithmPolicy
) -> ECKey | RSAKey:
    """Load the key, and check that it is of the kind and on the curve that the algorithm names."""
    try:
        key: PublicKey = parse_public_key(certificate.spki)
        require_key(key, algorithms)
        algorithms.require_hash(algorithm.hash_name)
    except AlgorithmRefused as error:
        raise refusal(BadToken, LoginReason.ALGORITHM_UNSUPPORTED, error.message) from error
    except EncodingError as error:
        raise refusal(BadToken, LoginReason.CERTIFICATE_MALFORMED, error.message) from error
    if isinstance(key, RSAKey) and algorithm.key_type == "RSA":
        return key
    if isinstance(key, ECKey) and key.curve == _CURVES.get(algorithm):
        return key
    raise refusal(BadToken, LoginReason.KEY_MISMATCH)


def _require_signature(
    key: ECKey | RSAKey,
    algorithm: SignatureAlgorithm,
    token: AuthToken,
    challenge: Challenge,
    algorithms: AlgorithmPolicy,
) -> None:
    message = challenge.message(algorithm)
    try:
        verify_raw(
            key, algorithm, token.signature, message=message, form=ECDSAForm.PLAIN, algorithms=algorithms
        )
    except (SignatureInvalid, AlgorithmRefused) as error:
        raise refusal(BadToken, LoginReason.SIGNATURE_INVALID) from error
    except EncodingError as error:
        raise refusal(BadToken, LoginReason.CERTIFICATE_MALFORMED, error.message) from error
