"""Reading JSON Web Signatures (RFC 7515 (2015)) and JAdES-B (ETSI TS 119 182-1 V1.2.1), integrity checked.

Only the protected header is believed, and only the key of a certificate in its ``x5c``. Everything else that
a header may offer as a key (``jwk``, ``jku``, ``x5u``, ``kid``) is left alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

from smartid.crypto.signature import SignatureAlgorithm
from smartid.crypto.strict_json import base64url, base64url_decode, broken
from smartid.errors import AlgorithmRefused, EncodingError
from smartid.signing.claimed_time import read_time
from smartid.signing.content import Content
from smartid.signing.facts import SignatureFacts
from smartid.signing.form import Level, SignatureFamily
from smartid.signing.jws.parse import WHAT, Signature, parse_jws
from smartid.signing.jws.sign import fits_curve
from smartid.signing.plain import MAX_CERTIFICATES, first_certificate, signature_finding
from smartid.signing.printable import printable
from smartid.trust.certificate import Certificate
from smartid.trust.findings import Finding, failed, not_checked, passed
from smartid.trust.keys import parse_public_key
from smartid.trust.policy import Policy
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication

_UNDERSTOOD = {"b64", "sigT", "iat"}
_LAST_TIME = 253402300799
"""9999-12-31T23:59:59Z in seconds since 1970."""


def read_jws(data: bytes, content: Content | None, policy: Policy) -> tuple[SignatureFacts, ...]:
    """Read every signature of a JWS.

    content  what a detached one is about; one that is not detached has to hold the same

    Raises EncodingError; OSError when the content cannot be read.
    """
    payload, signatures = parse_jws(data)
    return tuple(_facts(item, payload, content, policy) for item in signatures)


def _facts(
    signature: Signature, payload: bytes | None, content: Content | None, policy: Policy
) -> SignatureFacts:
    header = signature.header
    certificates = _certificates(header)
    certificate = first_certificate(certificates[:1], lambda der: _is_named(header, der))
    message, content_finding = _signed_content(signature, payload, content)
    findings = [
        _format_finding(signature),
        content_finding,
        _certificate_finding(header, certificate),
        _value_finding(signature, certificate, message, policy),
    ]
    if signature.unsigned:
        findings.append(not_checked("unsigned_properties", "The unprotected header is not judged here."))
    return SignatureFacts(
        family=SignatureFamily.JADES if {"iat", "sigT"} & header.keys() else SignatureFamily.JWS,
        findings=tuple(findings),
        certificate=certificate,
        claimed_time=_claimed_time(header),
        data=ValidationData(certificates=certificates),
        scope="the whole file" if payload is None else "the payload",
        highest=Level.B,
    )


def _format_finding(signature: Signature) -> Finding:
    """See that every header parameter marked critical is understood (RFC 7515, 4.1.11)."""
    critical = signature.header.get("crit", [])
    if not isinstance(critical, list) or ("crit" in signature.header and not critical):
        raise broken("JWS header", "names in crit")
    if not all(isinstance(name, str) and name in signature.header for name in critical):
        raise broken("JWS header", "names of its own parameters in crit")
    unknown = sorted(set(critical) - _UNDERSTOOD)
    if unknown:
        detail = f"The header parameter “{printable(unknown[0])}” is critical and not understood here."
        return failed("format", SubIndication.SIG_CONSTRAINTS_FAILURE, detail)
    if not isinstance(signature.header.get("b64", True), bool):
        raise broken("JWS header", "true or false in b64")
    if signature.plain_payload and "b64" not in critical:
        raise broken("JWS header", "b64 in crit (RFC 7797, 6)")
    return passed("format", "The signature is built as RFC 7515 says.")


def _signed_content(
    signature: Signature, payload: bytes | None, content: Content | None
) -> tuple[bytes | None, Finding]:
    """Give what is signed, and whether the content is that."""
    name = "signed_content"
    plain = signature.plain_payload
    if payload is not None:
        inside = payload if plain else base64url_decode(payload, WHAT)
        if content is not None and not hmac.compare_digest(
            hashlib.sha256(inside).digest(), content.digest("sha256")
        ):
            return payload, failed(name, SubIndication.HASH_FAILURE, "The payload is not the file given.")
        return payload, passed(name, "The payload is in the signature.")
    if content is None:
        detail = "The signature is detached, and the signed file is not at hand."
        return None, not_checked(name, detail, SubIndication.SIGNED_DATA_NOT_FOUND)
    whole = content.read()
    return whole if plain else base64url(whole), passed(name, "The signed file is at hand.")


def _certificates(header: dict[str, Any]) -> tuple[bytes, ...]:
    """Give the certificates of x5c: base64 with padding, the signer's first (RFC 7515, 4.1.6)."""
    listed = header.get("x5c", [])
    if not isinstance(listed, list) or len(listed) > MAX_CERTIFICATES:
        raise broken("JWS header", f"at most {MAX_CERTIFICATES} certificates in x5c")
    try:
        return tuple(base64.b64decode(item, validate=True) for item in listed)
    except (binascii.Error, ValueError, TypeError) as error:
        raise broken("JWS header", "base64 in x5c") from error


def _is_named(header: dict[str, Any], der: bytes) -> bool:
    """Tell whether x5t#S256 is the digest of a certificate; one that is not there says nothing against it."""
    named = header.get("x5t#S256")
    if named is None:
        return True
    if not isinstance(named, str) or not named.isascii():
        raise broken("JWS header", "base64url in x5t#S256")
    return hmac.compare_digest(base64url_decode(named.encode(), "JWS header"), hashlib.sha256(der).digest())


def _certificate_finding(header: dict[str, Any], certificate: Certificate | None) -> Finding:
    name, reason = "signing_certificate", SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    if certificate is not None:
        return passed(name, "The protected header holds the signer's certificate.")
    if header.get("x5c"):
        return failed(name, reason, "The certificate in x5c is not the one that x5t#S256 names.")
    return failed(name, reason, "The protected header holds no certificate (x5c).")


def _value_finding(
    signature: Signature, certificate: Certificate | None, message: bytes | None, policy: Policy
) -> Finding:
    """Check the signature under the algorithm of the protected header; none and HMAC are no signatures."""
    name, reason = "signature", SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    try:
        algorithm = SignatureAlgorithm(signature.header.get("alg", ""))
    except ValueError:
        return failed(name, reason, "The algorithm in alg is no signature algorithm that is known here.")
    if message is None:
        return not_checked(name, "What is signed is not at hand.")
    try:
        if certificate and not fits_curve(algorithm, parse_public_key(certificate.spki)):
            return failed(name, reason, f"{algorithm} does not fit the signer's key (RFC 7518, 3.1).")
    except (AlgorithmRefused, EncodingError) as error:
        return failed(name, reason, error.message)
    return signature_finding(certificate, algorithm, signature.value, signature.message(message), policy)


def _claimed_time(header: dict[str, Any]) -> datetime | None:
    """Read iat (seconds since 1970) or sigT (RFC 3339), TS 119 182-1 V1.2.1, 5.1.11 and 5.2.1."""
    seconds, text = header.get("iat"), header.get("sigT")
    if seconds is None and text is None:
        return None
    if type(seconds) is int and 0 <= seconds <= _LAST_TIME:
        return datetime.fromtimestamp(seconds, UTC)
    if seconds is not None or not isinstance(text, str):
        raise broken("JWS header", "seconds since 1970 in iat, or a text in sigT")
    return read_time(text, "JWS header")
