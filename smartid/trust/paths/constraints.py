"""What a signed path must satisfy: time, authority, usage (RFC 5280 (2008), 6.1.3 to 6.1.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from smartid.trust.certificate import GIVEN_NAME, SERIAL_NUMBER, SURNAME, Certificate, CertificateUsage
from smartid.trust.paths.usages import usage_problems
from smartid.trust.policy import Policy
from smartid.trust.store import AnchorPurpose
from smartid.trust.verdict import SubIndication

_SERVICES = {
    CertificateUsage.DOCUMENT_SIGNER,
    CertificateUsage.MASTER_LIST_SIGNER,
    CertificateUsage.TIME_STAMPING,
    CertificateUsage.OCSP_SIGNING,
    CertificateUsage.AUTHORITY,
}
"""Usages whose certificates name no person: their subjects may stand in a sentence."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a path is not to be believed.

    culprit  the object that is to blame, for people
    """

    failure: SubIndication
    detail: str
    culprit: str = ""


def problem_of(
    chain: Sequence[Certificate],
    usage: CertificateUsage,
    at: datetime,
    *,
    purpose: AnchorPurpose,
    policy: Policy,
) -> Problem | None:
    """Give the first problem of a signed path, None when there is none.

    chain    leaf first, anchor last
    purpose  what the anchor was put there for

    Constraints on names and on certificate policies are not looked at: see ``is_beyond``.
    """
    return next(_problems(chain, usage, at, purpose, policy), None)


def is_beyond(chain: Sequence[Certificate], policy: Policy) -> bool:
    """Tell whether only a processing of names and policies in full can judge this path.

    It is not needed where every certificate below the anchor names a certificate policy that is wanted.
    """
    if any(certificate.constraints for certificate in chain):
        return True
    if not policy.requires_certificate_policy:
        return False
    below = [certificate.policies for certificate in chain[:-1]]
    return not policy.certificate_policies & frozenset.intersection(*below)


def label(certificate: Certificate, usage: CertificateUsage) -> str:
    """Name a certificate in a sentence: authorities by their subject, citizens not at all.

    Sentences end up in logs, where names and personal numbers have no business.
    """
    if certificate.is_ca or usage in _SERVICES:
        return str(certificate.subject)
    return f"The certificate for {usage.value}"


def culprit(certificate: Certificate, usage: CertificateUsage) -> str:
    """Name a certificate that is to blame: an authority by its subject, the other one by its place."""
    if certificate.is_ca or usage in _SERVICES:
        return str(certificate.subject)
    return "the signer's certificate"


def _problems(
    chain: Sequence[Certificate],
    usage: CertificateUsage,
    at: datetime,
    purpose: AnchorPurpose,
    policy: Policy,
) -> Iterator[Problem]:
    for certificate in chain:
        yield from _certificate_problems(certificate, usage, at)
    for detail in usage_problems(chain[0], label(chain[0], usage), usage, policy.key_usages):
        yield _constraint(detail, culprit(chain[0], usage))
    for index, issuer in enumerate(chain[1:], start=1):
        below = sum(not certificate.is_self_issued for certificate in chain[1:index])
        for detail in _issuer_problems(issuer, label(issuer, usage), below):
            yield _constraint(detail, culprit(issuer, usage))
    if usage is CertificateUsage.DOCUMENT_SIGNER:
        for detail in _document_signer_problems(chain, purpose):
            yield _constraint(detail, culprit(chain[0], usage))


def _certificate_problems(
    certificate: Certificate, usage: CertificateUsage, at: datetime
) -> Iterator[Problem]:
    called, blame = label(certificate, usage), culprit(certificate, usage)
    if at < certificate.not_before:
        detail = f"{called} is valid from {certificate.not_before:%Y-%m-%d %H:%M} UTC on."
        yield Problem(SubIndication.NOT_YET_VALID, detail, blame)
    if at > certificate.not_after:
        detail = f"{called} expired on {certificate.not_after:%Y-%m-%d %H:%M} UTC."
        yield Problem(SubIndication.EXPIRED, detail, blame)
    if certificate.unprocessed:
        oids = ", ".join(sorted(certificate.unprocessed))
        yield _constraint(f"{called} has extensions that are not handled here: {oids}.", blame)


def _issuer_problems(issuer: Certificate, called: str, below: int) -> Iterator[str]:
    if not issuer.is_ca:
        yield "A certificate was issued by somebody who is no authority."
    if issuer.key_usage is not None and "key_cert_sign" not in issuer.key_usage:
        yield f"{called} has a key usage that does not allow it to sign certificates."
    if issuer.path_length is not None and below > issuer.path_length:
        yield f"{called} allows {issuer.path_length} authorities below it, not {below}."


def _document_signer_problems(chain: Sequence[Certificate], purpose: AnchorPurpose) -> Iterator[str]:
    """Keep citizens from signing documents: in a mixed store their root would vouch for them.

    A document signer names no person, and its CSCA signs it directly; a link certificate renews a CSCA under
    its old name, or under a new one where the anchor is known to be a CSCA (ICAO Doc 9303-12, 8th edition, 4
    and 7.1).
    """
    if any(chain[0].subject.get(oid) for oid in (SURNAME, GIVEN_NAME)) or _is_person(chain[0]):
        yield "Who signed the document is a person, and no document signer."
    links = chain[1:-1]
    if purpose is not AnchorPurpose.DOCUMENT_SIGNING and not all(link.is_self_issued for link in links):
        yield f"{chain[0].subject} was not signed by a country signing authority directly."


def _is_person(leaf: Certificate) -> bool:
    """Look for a personal identifier of ETSI EN 319 412-1 V1.5.1, 5.1.3: PNO, PAS, IDC, TIN."""
    return (leaf.subject.get(SERIAL_NUMBER) or "").startswith(("PNO", "PAS", "IDC", "TIN"))


def _constraint(detail: str, blame: str) -> Problem:
    return Problem(SubIndication.CHAIN_CONSTRAINTS_FAILURE, detail, blame)
