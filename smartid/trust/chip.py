"""Active authentication: the chip that was issued, or a copy of its files.

ICAO Doc 9303-11, 8th edition (2021), 6.1. Two questions are kept apart. "chip_response": did the chip answer
the challenge with the private key that belongs to data group 15? "chip_authentication": does the issuer vouch
for that key? A forger's chip passes the first and never the second.

Whoever judges the evidence must know that its challenge was fresh: a relying party that does not trust the
terminal gives it the challenge and compares it first.
"""

from __future__ import annotations

from smartid.crypto import iso9796
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.identity.evidence import ActiveAuthentication
from smartid.identity.lds_security import active_authentication_algorithm, parse_dg14, parse_dg15
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.der import require_short_arcs
from smartid.trust.findings import Finding, failed, not_checked, passed
from smartid.trust.keys import RSAKey, parse_public_key
from smartid.trust.passive import PassiveResult
from smartid.trust.raw import ECDSAForm, verify_raw
from smartid.trust.schemes import plain_ecdsa
from smartid.trust.verdict import SubIndication

RESPONSE = "chip_response"
AUTHENTICATION = "chip_authentication"
CHALLENGE_LENGTH = 8

_WRONG = "The chip's answer was not made with the key of data group 15: this is not the chip that was issued."
_NOTHING_SIGNED = "Without a valid document security object no chip key can be believed."
_NO_KEY = "The document has no chip key (data group 15), so a copy cannot be told from the card."
_NO_ANSWER = "The chip was not asked to prove itself, so a copy cannot be told from the card."
_UNREAD = "Data group 15, which holds the chip key, was not read, or is not the one that was signed."
_UNREAD_14 = (
    "Data group 14, which names the chip's algorithm, was not read, or is not the one that was signed."
)


def authenticate_chip(
    active: ActiveAuthentication | None, passive: PassiveResult, algorithms: AlgorithmPolicy
) -> tuple[Finding, ...]:
    """Check the chip's answer with the signed key. Never raises: each fault is a finding."""
    key, algorithm_file = passive.proved(15), passive.proved(14)
    if not passive.signed:
        return (_missing(_NOTHING_SIGNED),)
    if 15 not in passive.listed:
        return (_missing(_NO_KEY),)
    if active is None:
        return (_missing(_NO_ANSWER),)
    if key is None:
        return (_missing(_UNREAD),)
    response = _response(active, key, algorithm_file, algorithms)
    return response, _anchoring(response, passive)


def _anchoring(response: Finding, passive: PassiveResult) -> Finding:
    if not response.passed:
        detail = "The chip did not prove that it holds the signed key."
        if response.reason is SubIndication.SIGNED_DATA_NOT_FOUND:
            return not_checked(AUTHENTICATION, detail, response.reason)
        return failed(AUTHENTICATION, response.reason or SubIndication.SIG_CRYPTO_FAILURE, detail)
    if not passive.anchored:
        detail = "The chip holds the key of data group 15, but nobody who is trusted vouches for that key."
        return not_checked(AUTHENTICATION, detail, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    return passed(AUTHENTICATION, "The chip holds the key that the issuer signed: it is no copy.")


def _response(
    active: ActiveAuthentication, dg15: bytes, dg14: bytes | None, algorithms: AlgorithmPolicy
) -> Finding:
    try:
        if len(active.challenge) != CHALLENGE_LENGTH:
            raise EncodingError("challenge", offset=0, expected=f"{CHALLENGE_LENGTH} bytes")
        spki = parse_dg15(dg15)
        key = parse_public_key(spki)
        if isinstance(key, RSAKey):
            _verify_rsa(active, key, algorithms)
        elif dg14 is None:
            return not_checked(RESPONSE, _UNREAD_14, SubIndication.SIGNED_DATA_NOT_FOUND)
        else:
            _verify_ecdsa(active, spki, dg14, algorithms)
    except SignatureInvalid:
        return failed(RESPONSE, SubIndication.SIG_CRYPTO_FAILURE, _WRONG)
    except AlgorithmRefused as error:
        return failed(RESPONSE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message)
    except EncodingError as error:
        return failed(RESPONSE, SubIndication.FORMAT_FAILURE, error.message)
    return passed(RESPONSE, "The chip answered the challenge with the key of data group 15.")


def _verify_rsa(active: ActiveAuthentication, key: RSAKey, algorithms: AlgorithmPolicy) -> None:
    """ISO/IEC 9796-2, scheme 1: the answer carries a nonce of the chip; the challenge is the rest."""
    algorithms.require_rsa(key.bits)
    try:
        message = iso9796.recover(active.response, modulus=key.modulus, exponent=key.exponent)
    except EncodingError as error:
        # The block is random bytes under any other key, so a broken block is a wrong signature.
        raise SignatureInvalid(_WRONG) from error
    algorithms.require_hash(message.hash_name)
    if not message.matches(active.challenge):
        raise SignatureInvalid(_WRONG)


def _verify_ecdsa(
    active: ActiveAuthentication, spki: bytes, dg14: bytes, algorithms: AlgorithmPolicy
) -> None:
    require_short_arcs(dg14, "EF.DG14")
    oid = active_authentication_algorithm(parse_dg14(dg14))
    if oid is None:
        raise EncodingError(
            "EF.DG14", offset=0, expected="ActiveAuthenticationInfo for a chip key on a curve"
        )
    verify_raw(
        spki,
        plain_ecdsa(oid),
        active.response,
        message=active.challenge,
        form=ECDSAForm.PLAIN,
        algorithms=algorithms,
    )


def _missing(detail: str) -> Finding:
    return not_checked(AUTHENTICATION, detail, SubIndication.SIGNED_DATA_NOT_FOUND)
