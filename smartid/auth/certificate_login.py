"""Who came in by a TLS client certificate: for sites behind a server or a proxy that ends TLS.

TLS itself proves that the key was there: its client signs the handshake (RFC 8446 (2018), 4.4.3). What is
left is to ask whether the certificate is one that logs people in, and whom it names.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes

from smartid.auth.certificates import read_certificate, require_login_certificate, require_valid
from smartid.auth.holder import holder_identity
from smartid.auth.path import require_path
from smartid.auth.reasons import LoginReason
from smartid.auth.rules import LoginRules
from smartid.auth.verdict import SIGNATURE, login_verdict
from smartid.auth.words import refusal
from smartid.errors import AlgorithmRefused, BadToken, EncodingError
from smartid.identity.model import VerifiedIdentity
from smartid.trust.certificate import Certificate
from smartid.trust.path import PathResult
from smartid.trust.pem import certificates_in_pem
from smartid.trust.policy import Policy
from smartid.trust.raw import require_key
from smartid.trust.verdict import Check, CheckStatus, Verdict

POSSESSION = "key_possession"
MAX_HEADER = 64 << 10
"""Longest header with a certificate, in characters."""

_STRUCTURED = re.compile(r":(?P<base64>[A-Za-z0-9+/=]+):")
_POSSESSION = "Whoever passed the certificate on has to have seen that its key was there."
_DEFAULTS = LoginRules()


def certificate_login(
    certificate: bytes, policy: Policy, rules: LoginRules = _DEFAULTS, *, at: datetime | None = None
) -> VerifiedIdentity:
    """Tell whom a certificate logs in, under the rules that login tokens meet too.

    certificate  X.509, DER. The caller vouches that TLS, EAP-TLS or SSH proved its key a moment ago: a
                 certificate alone is public, and proves nobody
    at           the time for which the question is asked, an aware datetime; None is now by its clock

    Checked in this order: form, purpose, policies, dates, strength of the key, path to an anchor with
    revocation. The verdict's checks are "certificate_purpose", "key_possession" (never checked here),
    "certificate_chain", "revocation"; "throw_away_pki" (only when it is).

    Raises BadToken, whose ``reason`` is a ``LoginReason``; ValueError for a time without a zone.
    """
    time = at or policy.clock()
    if time.tzinfo is None:
        raise ValueError("the time of a login needs a time zone")
    found, path = login_path(certificate, policy, rules, at=time.astimezone(UTC))
    verdict = _without_signature(login_verdict(path, policy, time.astimezone(UTC)))
    return VerifiedIdentity(identity=holder_identity(found), verdict=verdict, certificate=certificate)


def login_path(
    der: bytes, policy: Policy, rules: LoginRules, *, at: datetime
) -> tuple[Certificate, PathResult]:
    """Check a certificate for logins, without its key. Raises BadToken."""
    certificate = read_certificate(der)
    require_login_certificate(certificate, rules)
    require_valid(certificate, at)
    try:
        require_key(certificate.spki, policy.algorithms)
    except AlgorithmRefused as error:
        raise refusal(BadToken, LoginReason.ALGORITHM_UNSUPPORTED, error.message) from error
    except EncodingError as error:
        raise refusal(BadToken, LoginReason.CERTIFICATE_MALFORMED, error.message) from error
    return certificate, require_path(certificate, policy, at)


def certificate_in_header(text: str) -> bytes:
    """Take the certificate, DER, out of what a proxy passes on.

    Three forms: PEM with line ends as they are (Apache's ``SSL_CLIENT_CERT``) or with spaces in their place;
    the same percent-encoded (nginx's ``$ssl_client_escaped_cert``); base64 between colons (``Client-Cert`` of
    RFC 9440 (2023), 2.1). Take a header only from a proxy that removes what clients send under its name.

    Raises EncodingError.
    """
    if len(text) > MAX_HEADER:
        raise _broken(f"at most {MAX_HEADER} characters")
    text = text.strip()
    structured = _STRUCTURED.fullmatch(text)
    found = _decoded(structured["base64"]) if structured else _unarmored(text)
    if len(found) != 1 or not found[0].startswith(b"\x30"):
        raise _broken("one certificate in PEM, percent-encoded PEM, or base64 between colons")
    return found[0]


def _decoded(text: str) -> tuple[bytes, ...]:
    try:
        return (base64.b64decode(text, validate=True),)
    except binascii.Error as error:
        raise _broken("base64 between colons (RFC 9440)") from error


def _unarmored(text: str) -> tuple[bytes, ...]:
    data = unquote_to_bytes(text) if "%" in text else text.encode(errors="replace")
    return tuple(certificates_in_pem(_with_line_ends(data)))


def _with_line_ends(pem: bytes) -> bytes:
    """Put line ends back that a header could not carry: between the dashes there are only spaces."""
    head, dashes, rest = pem.partition(b"CERTIFICATE-----")
    body, end, tail = rest.partition(b"-----END")
    return head + dashes + re.sub(rb"\s+", b"\n", body) + end + tail


def _without_signature(verdict: Verdict) -> Verdict:
    """Say what this verdict does not rest on: nothing was signed before our eyes."""
    mine = Check(POSSESSION, CheckStatus.NOT_CHECKED, _POSSESSION)
    checks = (mine if check.name == SIGNATURE else check for check in verdict.checks)
    return replace(verdict, checks=tuple(checks))


def _broken(expected: str) -> EncodingError:
    return EncodingError("client certificate header", offset=0, expected=expected, standard="RFC 9440 (2023)")
