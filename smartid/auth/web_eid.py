"""Reading Web eID authentication tokens (formats 1.0 and 1.1): text from a stranger becomes an ``AuthToken``.

A token is one JSON object (Web eID system architecture, 2023; mobile architecture, 2025)::

    unverifiedCertificate              base64 of the certificate of the authentication key, X.509 in DER
    algorithm                          name of RFC 7518 (2015), 3.1
    signature                          base64
    format                             "web-eid:1" or "web-eid:1.N"
    appVersion                         optional text
    unverifiedSigningCertificates      only from format 1.1 on: objects of "certificate",
                                       "supportedSignatureAlgorithms" and perhaps "intermediateCertificates"
    unverifiedIntermediateCertificates optional, only from format 1.1 on: base64 of authorities on the way
                                       from the first certificate to an anchor

Members of other names are passed over, as the validators of Web eID do.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from smartid.auth.reasons import LoginReason
from smartid.auth.words import refusal
from smartid.crypto.strict_json import parse_object
from smartid.errors import BadToken, EncodingError
from smartid.identity.auth_token import AuthToken, SigningCertificate, SupportedAlgorithm

MIN_LENGTH, MAX_LENGTH = 100, 10_000
"""Shortest and longest token, in characters."""

_WHAT = "Web eID token"
_FORMAT = re.compile(r"web-eid:1(?:\.(0|[1-9][0-9]{0,2}))?")
_LIST = "unverifiedSigningCertificates"
_AUTHORITIES = "unverifiedIntermediateCertificates"
_CRYPTO = frozenset({"ECC", "RSA"})
_HASHES = frozenset(f"{family}-{size}" for family in ("SHA", "SHA3") for size in (224, 256, 384, 512))
_PADDINGS = frozenset({"NONE", "PKCS1.5", "PSS"})


def parse_token(text: str | bytes) -> AuthToken:
    """Read a token. Nothing in it is checked beyond its form.

    Raises BadToken, whose reason is TOKEN_MALFORMED, FORMAT_UNSUPPORTED, CERTIFICATE_MALFORMED (no base64, or
    intermediate certificates that are not wanted or malformed) or SIGNING_CERTIFICATE (that list is missing,
    not wanted or malformed).
    """
    members = _members(text)
    name = _text(members, "format")
    if minor_version(name) == 0:
        _require_none(members)
    token = AuthToken(
        certificate=_base64(
            _text(members, "unverifiedCertificate"), LoginReason.CERTIFICATE_MALFORMED, "certificate"
        ),
        algorithm=_text(members, "algorithm", empty=True),
        signature=_base64(_text(members, "signature"), LoginReason.TOKEN_MALFORMED, "signature"),
        format=name,
        app_version=_text(members, "appVersion", empty=True) if members.get("appVersion") is not None else "",
        signing_certificates=_signing_certificates(members.get(_LIST)),
        intermediates=_intermediates(members.get(_AUTHORITIES), LoginReason.CERTIFICATE_MALFORMED),
    )
    require_signing_list(token)
    return token


def minor_version(name: str) -> int:
    """Give N of ``web-eid:1.N``, 0 for ``web-eid:1``; N has one to three digits and no zero in front.

    A later N adds members that may be passed over. Raises BadToken (FORMAT_UNSUPPORTED) for anything else.
    """
    found = _FORMAT.fullmatch(name)
    if found is None:
        raise refusal(BadToken, LoginReason.FORMAT_UNSUPPORTED)
    return int(found[1] or 0)


def require_signing_list(token: AuthToken) -> None:
    """Check that a token has the lists of certificates that its format says.

    1.0 has none, 1.1 has signing or intermediate certificates, a later format may have some. Raises BadToken.
    """
    minor = minor_version(token.format)
    if minor == 0 and token.signing_certificates:
        raise _no_list()
    if minor == 0 and token.intermediates:
        raise _no_authorities()
    if minor == 1 and not (token.signing_certificates or token.intermediates):
        raise _unsigned(f"Format 1.1 needs {_LIST}.")


def _members(text: str | bytes) -> dict[str, Any]:
    try:
        if len(text) > MAX_LENGTH * (1 if isinstance(text, str) else 4):
            raise _malformed(f"It has more than {MAX_LENGTH} characters.")
        data = text.encode() if isinstance(text, str) else text
        length = len(data.decode())
    except UnicodeError as error:
        raise _malformed("It is not UTF-8.") from error
    if not MIN_LENGTH <= length <= MAX_LENGTH:
        raise _malformed(f"It has {length} characters, and not {MIN_LENGTH} to {MAX_LENGTH}.")
    try:
        return parse_object(data, _WHAT)
    except EncodingError as error:
        raise _malformed(f"Expected: {error.expected}.") from error


def _require_none(members: dict[str, Any]) -> None:
    """Raises BadToken for the lists that format 1.0 does not know."""
    if members.get(_LIST) is not None:
        raise _no_list()
    if members.get(_AUTHORITIES) is not None:
        raise _no_authorities()


def _text(members: dict[str, Any], name: str, *, empty: bool = False) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not (value or empty):
        raise _malformed(f"Its member {name} is no text.")
    return value


def _base64(text: str, reason: LoginReason, what: str) -> bytes:
    """Decode base64 in its one canonical spelling (RFC 4648 (2006), 4 and 3.5)."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise refusal(BadToken, reason, f"The {what} is not base64.") from error
    if not data or base64.b64encode(data).decode("ascii") != text:
        raise refusal(BadToken, reason, f"The {what} is not base64 in its canonical form.")
    return data


def _signing_certificates(value: object) -> tuple[SigningCertificate, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _malformed(f"Its member {_LIST} is no list.")
    if not value:
        raise _unsigned(f"{_LIST} is empty.")
    return tuple(_signing_certificate(item) for item in value)


def _signing_certificate(item: object) -> SigningCertificate:
    if not isinstance(item, dict) or not isinstance(item.get("certificate"), str):
        raise _unsigned("An entry has no certificate.")
    algorithms = item.get("supportedSignatureAlgorithms")
    if not isinstance(algorithms, list) or not algorithms:
        raise _unsigned("An entry names no algorithms.")
    return SigningCertificate(
        certificate=_base64(item["certificate"], LoginReason.SIGNING_CERTIFICATE, "certificate"),
        algorithms=tuple(map(_algorithm, algorithms)),
        intermediates=_intermediates(item.get("intermediateCertificates"), LoginReason.SIGNING_CERTIFICATE),
    )


def _intermediates(value: object, reason: LoginReason) -> tuple[bytes, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise refusal(BadToken, reason, "The intermediate certificates are no list of texts.")
    return tuple(_base64(item, reason, "intermediate certificate") for item in value)


def _algorithm(item: object) -> SupportedAlgorithm:
    if not isinstance(item, dict):
        raise _unsigned("An algorithm is no object.")
    return SupportedAlgorithm(
        crypto_algorithm=_word(item.get("cryptoAlgorithm"), _CRYPTO),
        hash_function=_word(item.get("hashFunction"), _HASHES),
        padding_scheme=_word(item.get("paddingScheme"), _PADDINGS),
    )


def _word(value: object, known: frozenset[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise _unsigned(f"An algorithm is none of {', '.join(sorted(known))}.")
    return value


def _malformed(detail: str) -> BadToken:
    return refusal(BadToken, LoginReason.TOKEN_MALFORMED, detail)


def _no_list() -> BadToken:
    return _unsigned(f"Format 1.0 knows no {_LIST}.")


def _no_authorities() -> BadToken:
    return refusal(BadToken, LoginReason.CERTIFICATE_MALFORMED, f"Format 1.0 knows no {_AUTHORITIES}.")


def _unsigned(detail: str) -> BadToken:
    return refusal(BadToken, LoginReason.SIGNING_CERTIFICATE, detail)
