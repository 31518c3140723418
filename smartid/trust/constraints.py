"""What a signed path must satisfy: time, authority, usage (RFC 5280 (2008), 6.1.3 to 6.1.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from smartid.trust.certificate import GIVEN_NAME, SERIAL_NUMBER, SURNAME, Certificate, CertificateUsage
from smartid.trust.store import AnchorPurpose
from smartid.trust.verdict import SubIndication

_ANY_EXTENDED_USAGE = "2.5.29.37.0"
_CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"
_SMART_CARD_LOGON = "1.3.6.1.4.1.311.20.2.2"
_MASTER_LIST_SIGNING = "2.23.136.1.1.3"
_EXTENDED_USAGES = {
    CertificateUsage.AUTHENTICATION: {_CLIENT_AUTHENTICATION, _SMART_CARD_LOGON, _ANY_EXTENDED_USAGE},
    CertificateUsage.DOCUMENT_SIGNER: set[str](),
    CertificateUsage.MASTER_LIST_SIGNER: {_MASTER_LIST_SIGNING},
}
"""Other usages do not look at the extended key usage. A document signer has none (ICAO Doc 9303-12, 7.1)."""

_KEY_USAGES = {
    CertificateUsage.AUTHENTICATION: {"digital_signature"},
    CertificateUsage.CARD_AUTHENTICATION: {"digital_signature"},
    CertificateUsage.SIGNATURE: {"non_repudiation"},
    CertificateUsage.KEY_MANAGEMENT: {"key_encipherment", "key_agreement", "data_encipherment"},
    CertificateUsage.DOCUMENT_SIGNER: {"digital_signature"},
    CertificateUsage.MASTER_LIST_SIGNER: {"digital_signature"},
}
"""One of these must be in the key usage, when there is one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a path is not to be believed."""

    failure: SubIndication
    detail: str


def problem_of(
    chain: Sequence[Certificate], usage: CertificateUsage, at: datetime, *, purpose: AnchorPurpose
) -> Problem | None:
    """Give the first problem of a signed path, None when there is none.

    chain    leaf first, anchor last
    purpose  what the anchor was put there for
    """
    return next(_problems(chain, usage, at, purpose), None)


def label(certificate: Certificate, usage: CertificateUsage) -> str:
    """Name a certificate in a sentence: authorities by their subject, citizens not at all.

    Sentences end up in logs, where names and personal numbers have no business.
    """
    if certificate.is_ca or usage in {CertificateUsage.DOCUMENT_SIGNER, CertificateUsage.MASTER_LIST_SIGNER}:
        return str(certificate.subject)
    return f"The certificate for {usage.value}"


def _problems(
    chain: Sequence[Certificate], usage: CertificateUsage, at: datetime, purpose: AnchorPurpose
) -> Iterator[Problem]:
    names = [label(certificate, usage) for certificate in chain]
    for certificate, called in zip(chain, names, strict=True):
        yield from _certificate_problems(certificate, called, at)
    yield from _leaf_problems(chain[0], names[0], usage)
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


def _leaf_problems(leaf: Certificate, called: str, usage: CertificateUsage) -> Iterator[Problem]:
    if leaf.is_ca:
        yield _constraint(f"{called} is an authority, and no certificate for {usage.value}.")
    if leaf.key_usage is not None and not leaf.key_usage & _KEY_USAGES[usage]:
        yield _constraint(f"{called} has a key usage that does not allow {usage.value}.")
    allowed = _EXTENDED_USAGES.get(usage)
    if allowed is not None and leaf.extended_key_usage is not None and not leaf.extended_key_usage & allowed:
        yield _constraint(f"{called} has an extended key usage that does not allow {usage.value}.")


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
