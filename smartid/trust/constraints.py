"""What a signed path must satisfy: time, authority, usage (RFC 5280 (2008), 6.1.3 to 6.1.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from smartid.trust.certificate import GIVEN_NAME, SERIAL_NUMBER, SURNAME, Certificate, CertificateUsage
from smartid.trust.store import AnchorPurpose
from smartid.trust.verdict import SubIndication

_ANY_EXTENDED_USAGE = "2.5.29.37.0"
_CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"
_SMART_CARD_LOGON = "1.3.6.1.4.1.311.20.2.2"
_MASTER_LIST_SIGNING = "2.23.136.1.1.3"
_TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
_EXTENDED_KEY_USAGE = "2.5.29.37"
_EXTENDED_USAGES = {
    CertificateUsage.AUTHENTICATION: {_CLIENT_AUTHENTICATION, _SMART_CARD_LOGON, _ANY_EXTENDED_USAGE},
    CertificateUsage.DOCUMENT_SIGNER: set[str](),
    CertificateUsage.MASTER_LIST_SIGNER: {_MASTER_LIST_SIGNING},
    CertificateUsage.TIME_STAMPING: {_TIME_STAMPING},
    CertificateUsage.OCSP_SIGNING: {_OCSP_SIGNING},
}
"""Other usages do not look at the extended key usage. A document signer has none (ICAO Doc 9303-12, 7.1)."""

_KEY_USAGES = {
    CertificateUsage.AUTHENTICATION: {"digital_signature"},
    CertificateUsage.CARD_AUTHENTICATION: {"digital_signature"},
    CertificateUsage.SIGNATURE: {"non_repudiation"},
    CertificateUsage.KEY_MANAGEMENT: {"key_encipherment", "key_agreement", "data_encipherment"},
    CertificateUsage.DOCUMENT_SIGNER: {"digital_signature"},
    CertificateUsage.MASTER_LIST_SIGNER: {"digital_signature"},
    CertificateUsage.TIME_STAMPING: {"digital_signature", "non_repudiation"},
    CertificateUsage.OCSP_SIGNING: {"digital_signature", "non_repudiation"},
    CertificateUsage.AUTHORITY: {"key_cert_sign", "crl_sign"},
}
"""One of these must be in the key usage, when there is one. For signers of documents the policy says which."""

_NAMED_BY_SUBJECT = {
    CertificateUsage.DOCUMENT_SIGNER,
    CertificateUsage.MASTER_LIST_SIGNER,
    CertificateUsage.TIME_STAMPING,
    CertificateUsage.OCSP_SIGNING,
    CertificateUsage.AUTHORITY,
}
"""Services, whose names are no personal data."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a path is not to be believed."""

    failure: SubIndication
    detail: str


def problem_of(
    chain: Sequence[Certificate],
    usage: CertificateUsage,
    at: datetime,
    *,
    purpose: AnchorPurpose,
    key_usages: Collection[str] = (),
) -> Problem | None:
    """Give the first problem of a signed path, None when there is none.

    chain       leaf first, anchor last
    purpose     what the anchor was put there for
    key_usages  a signer of documents needs one of these, when there is a key usage; empty, for any
    """
    return next(_problems(chain, usage, at, purpose, key_usages), None)


def label(certificate: Certificate, usage: CertificateUsage) -> str:
    """Name a certificate in a sentence: authorities by their subject, citizens not at all.

    Sentences end up in logs, where names and personal numbers have no business.
    """
    if certificate.is_ca or usage in _NAMED_BY_SUBJECT:
        return str(certificate.subject)
    return f"The certificate for {usage.value}"


def _problems(
    chain: Sequence[Certificate],
    usage: CertificateUsage,
    at: datetime,
    purpose: AnchorPurpose,
    key_usages: Collection[str],
) -> Iterator[Problem]:
    names = [label(certificate, usage) for certificate in chain]
    for certificate, called in zip(chain, names, strict=True):
        yield from _certificate_problems(certificate, called, at)
    if usage is not CertificateUsage.ANY:
        yield from _leaf_problems(chain[0], names[0], usage, key_usages)
    for index, issuer in enumerate(chain[1:], start=1):
        below = sum(not certificate.is_self_issued for certificate in chain[1:index])
        yield from _issuer_problems(issuer, names[index], below)
    if usage is CertificateUsage.DOCUMENT_SIGNER:
        yield from _document_signer_problems(chain, purpose)


def _certificate_problems(certificate: Certificate, called: str, at: datetime) -> Iterator[Problem]:
    if at < certificate.not_before:
        detail = f"{called} is valid from {certificate.not_before:%Y-%m-%d %H:%M} UTC on."
        yield Problem(SubIndication.NOT_YET_VALID, detail)
    if at > certificate.not_after:
        detail = f"{called} expired on {certificate.not_after:%Y-%m-%d %H:%M} UTC."
        yield Problem(SubIndication.EXPIRED, detail)
    if certificate.unprocessed:
        oids = ", ".join(sorted(certificate.unprocessed))
        yield _constraint(f"{called} has extensions that are not handled here: {oids}.")


def _leaf_problems(
    leaf: Certificate, called: str, usage: CertificateUsage, key_usages: Collection[str]
) -> Iterator[Problem]:
    if leaf.is_ca != (usage is CertificateUsage.AUTHORITY):
        kind = "an authority" if leaf.is_ca else "no authority"
        yield _constraint(f"{called} is {kind}, and no certificate for {usage.value}.")
    needed = _KEY_USAGES.get(usage, key_usages)
    if leaf.key_usage is not None and needed and not leaf.key_usage & set(needed):
        found = ", ".join(sorted(leaf.key_usage)) or "nothing"
        yield _constraint(
            f"{called} has a key usage ({found}) that does not allow {usage.value}; "
            f"it would need {' or '.join(sorted(needed))}."
        )
    yield from _extended_usage_problems(leaf, called, usage)


def _extended_usage_problems(leaf: Certificate, called: str, usage: CertificateUsage) -> Iterator[Problem]:
    extended, allowed = leaf.extended_key_usage, _EXTENDED_USAGES.get(usage)
    if allowed is not None and extended is not None and not extended & allowed:
        yield _constraint(f"{called} has an extended key usage that does not allow {usage.value}.")
    if usage is CertificateUsage.OCSP_SIGNING and extended is None:
        yield _constraint(f"{called} has no extended key usage that allows {usage.value}.")
    if usage is CertificateUsage.TIME_STAMPING and (
        extended != {_TIME_STAMPING} or _EXTENDED_KEY_USAGE not in leaf.critical
    ):
        # RFC 3161 (2001), 2.3: the extension is critical and holds this one purpose.
        yield _constraint(f"{called} is not a certificate for {usage.value} and nothing else.")


def _issuer_problems(issuer: Certificate, called: str, below: int) -> Iterator[Problem]:
    if not issuer.is_ca:
        yield _constraint("A certificate was issued by somebody who is no authority.")
    if issuer.key_usage is not None and "key_cert_sign" not in issuer.key_usage:
        yield _constraint(f"{called} has a key usage that does not allow it to sign certificates.")
    if issuer.path_length is not None and below > issuer.path_length:
        yield _constraint(f"{called} allows {issuer.path_length} authorities below it, not {below}.")


def _document_signer_problems(chain: Sequence[Certificate], purpose: AnchorPurpose) -> Iterator[Problem]:
    """Keep citizens from signing documents: in a mixed store their root would vouch for them.

    A document signer names no person, and its CSCA signs it directly; a link certificate renews a CSCA under
    its old name, or under a new one where the anchor is known to be a CSCA (ICAO Doc 9303-12, 8th edition, 4
    and 7.1).
    """
    if any(chain[0].subject.get(oid) for oid in (SURNAME, GIVEN_NAME)) or _is_person(chain[0]):
        yield _constraint("Who signed the document is a person, and no document signer.")
    links = chain[1:-1]
    if purpose is not AnchorPurpose.DOCUMENT_SIGNING and not all(link.is_self_issued for link in links):
        yield _constraint(f"{chain[0].subject} was not signed by a country signing authority directly.")


def _is_person(leaf: Certificate) -> bool:
    """Look for a personal identifier of ETSI EN 319 412-1 V1.5.1, 5.1.3: PNO, PAS, IDC, TIN."""
    return (leaf.subject.get(SERIAL_NUMBER) or "").startswith(("PNO", "PAS", "IDC", "TIN"))


def _constraint(detail: str) -> Problem:
    return Problem(SubIndication.CHAIN_CONSTRAINTS_FAILURE, detail)
