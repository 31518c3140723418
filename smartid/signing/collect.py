"""Gathering what is needed to validate a certificate later: level LT of the AdES standards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from smartid.errors import LevelNotReached
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.path import PathResult, validate_path
from smartid.trust.paths.constraints import label
from smartid.trust.policy import Policy
from smartid.trust.revocation import RevocationState, revocation_status
from smartid.trust.validation_data import NO_DATA, ValidationData


def collect(
    certificate: bytes,
    chain: Sequence[bytes],
    policy: Policy,
    at: datetime,
    *,
    usage: CertificateUsage,
    data: ValidationData = NO_DATA,
) -> ValidationData:
    """Validate a certificate and give what that rested on: the path below the anchor, CRLs, OCSP answers.

    chain  certificates of authorities that are at hand, DER, in any order
    at     the time for which the data has to speak
    data   what a document already encloses

    The policy's store and fetcher give the rest. The anchor itself is left out: whoever validates has it.

    Raises LevelNotReached when the path does not validate, or nothing is known of the revocation of a
    certificate that says where to ask; it names the certificate.
    """
    known = data + ValidationData(certificates=tuple(chain))
    result = validate_path(certificate, policy, at, usage, data=known)
    if result.failure is not None:
        raise LevelNotReached("LT", result.detail, remedy=_remedy(policy))
    evidence = ValidationData(certificates=tuple(item.der for item in _below_anchor(result)))
    for item, issuer, status in zip(result.chain, result.chain[1:], result.revocation, strict=False):
        # An engine that only says "good" is asked again for what that rests on.
        known_by = status if status.evidence else revocation_status(item, issuer, policy, at, data=known)
        if known_by.state is not RevocationState.GOOD and known_by.declared:
            why = f"Nothing fresh is known of its revocation. {label(item, usage)}: {known_by.detail}"
            raise LevelNotReached("LT", why.rstrip(), remedy=_remedy(policy))
        evidence += known_by.evidence
    return evidence


def _below_anchor(result: PathResult) -> tuple[Certificate, ...]:
    return result.chain[:-1] if len(result.chain) > 1 else result.chain


def _remedy(policy: Policy) -> str:
    if policy.fetcher is None:
        return "Put the revocation list beside the trust anchors, or allow the network with a fetcher."
    return "Try again later, or ask for a lower level."
