"""What the certificate at the end of a path must say of itself to serve a usage."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from smartid.identity.evidence import TRANSACTION_USAGE_OID
from smartid.trust.certificate import Certificate, CertificateUsage

EXTENDED_KEY_USAGE = "2.5.29.37"

_ANY_EXTENDED_USAGE = "2.5.29.37.0"
_CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"
_TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
_MASTER_LIST_SIGNING = "2.23.136.1.1.3"
_SMART_CARD_LOGON = "1.3.6.1.4.1.311.20.2.2"
_EXTENDED_USAGES = {
    CertificateUsage.AUTHENTICATION: {_CLIENT_AUTHENTICATION, _SMART_CARD_LOGON, _ANY_EXTENDED_USAGE},
    CertificateUsage.DOCUMENT_SIGNER: set[str](),
}
"""Other usages do not look at the extended key usage. A document signer has none (ICAO Doc 9303-12, 7.1)."""

_NO_DOCUMENTS = {
    "1.3.6.1.5.5.7.3.1",  # servers
    _CLIENT_AUTHENTICATION,
    _SMART_CARD_LOGON,
    "1.3.6.1.5.5.7.3.3",  # code
    _TIME_STAMPING,
    _OCSP_SIGNING,
    _MASTER_LIST_SIGNING,
    TRANSACTION_USAGE_OID,
}
"""A certificate that names nothing but these is for no document (RFC 5280 (2008), 4.2.1.12)."""

_NEEDED_EXTENDED_USAGE = {
    CertificateUsage.TIME_STAMPING: _TIME_STAMPING,
    CertificateUsage.OCSP_SIGNING: _OCSP_SIGNING,
    CertificateUsage.MASTER_LIST_SIGNER: _MASTER_LIST_SIGNING,
    CertificateUsage.TRANSACTION: TRANSACTION_USAGE_OID,
}
"""Usages that only an extended key usage gives (RFC 3161 (2001), 2.3; RFC 6960 (2013), 4.2.2.2; ICAO Doc
9303-12, 8th edition (2021), 7.1; transactions by our own)."""

_ALONE = {CertificateUsage.TIME_STAMPING, CertificateUsage.TRANSACTION}
"""Usages that bear no other beside them, and are marked critical."""

_KEY_USAGES = {
    CertificateUsage.AUTHENTICATION: {"digital_signature"},
    CertificateUsage.CARD_AUTHENTICATION: {"digital_signature"},
    CertificateUsage.SIGNATURE: {"non_repudiation"},
    CertificateUsage.TRANSACTION: {"digital_signature"},
    CertificateUsage.KEY_MANAGEMENT: {"key_encipherment", "key_agreement", "data_encipherment"},
    CertificateUsage.DOCUMENT_SIGNER: {"digital_signature"},
    CertificateUsage.MASTER_LIST_SIGNER: {"digital_signature"},
    CertificateUsage.TIME_STAMPING: {"digital_signature", "non_repudiation"},
    CertificateUsage.OCSP_SIGNING: {"digital_signature", "non_repudiation"},
    CertificateUsage.AUTHORITY: {"key_cert_sign", "crl_sign"},
}
"""One of these must be in the key usage, when there is one."""


class _Authority(Enum):
    """Whether the certificate at the end is to belong to an authority."""

    NEVER = "never"
    ALWAYS = "always"
    EITHER = "either"


def usage_problems(
    leaf: Certificate, called: str, usage: CertificateUsage, key_usages: frozenset[str]
) -> Iterator[str]:
    """Give one sentence for each reason why a certificate does not serve a usage.

    key_usages  what a signer of documents needs one of
    """
    place = _place(usage)
    if leaf.is_ca and place is _Authority.NEVER:
        yield f"{called} is an authority, and no certificate for {usage.value}."
    if not leaf.is_ca and place is _Authority.ALWAYS:
        yield f"{called} is no authority."
    needed = key_usages if usage is CertificateUsage.DOCUMENT_SIGNATURE else _KEY_USAGES.get(usage)
    if needed and leaf.key_usage is not None and not leaf.key_usage & needed:
        yield f"{called} has a key usage that does not allow {usage.value}{_found(leaf, needed)}."
    if not _extended_fits(leaf, usage):
        yield f"{called} has an extended key usage that does not allow {usage.value}."


def _place(usage: CertificateUsage) -> _Authority:
    if usage is CertificateUsage.AUTHORITY:
        return _Authority.ALWAYS
    return _Authority.EITHER if usage is CertificateUsage.ANY else _Authority.NEVER


def _found(leaf: Certificate, needed: frozenset[str] | set[str]) -> str:
    found = ", ".join(sorted(leaf.key_usage or ())) or "nothing"
    return f": it names {found}, and {' or '.join(sorted(needed))} is needed"


def _extended_fits(leaf: Certificate, usage: CertificateUsage) -> bool:
    """A time stamp's signer names this one usage, and marks it critical (RFC 3161 (2001), 2.3)."""
    named = leaf.extended_key_usage
    needed = _NEEDED_EXTENDED_USAGE.get(usage)
    if needed is not None:
        alone = named == frozenset({needed}) and EXTENDED_KEY_USAGE in leaf.critical
        return alone if usage in _ALONE else needed in (named or ())
    if usage is CertificateUsage.DOCUMENT_SIGNATURE:
        return not named or not named <= _NO_DOCUMENTS
    allowed = _EXTENDED_USAGES.get(usage)
    return allowed is None or named is None or bool(named & allowed)
