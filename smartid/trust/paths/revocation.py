"""Revocation along a path: every certificate below the anchor has to answer for itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.paths.constraints import Problem, culprit, label
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.revocation import RevocationState, RevocationStatus, revocation_status
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication


def chain_revocation(
    chain: Sequence[Certificate],
    policy: Policy,
    at: datetime,
    data: ValidationData,
    *,
    only_leaf: bool = False,
) -> tuple[RevocationStatus, ...]:
    """Give the status of each certificate of a path but the anchor, leaf first; or of the leaf only."""
    count = 1 if only_leaf else len(chain) - 1
    return tuple(_status(chain[index:], policy, at, data) for index in range(count))


def revocation_problem(
    chain: Sequence[Certificate],
    statuses: Sequence[RevocationStatus],
    usage: CertificateUsage,
    rule: RevocationRule,
) -> Problem | None:
    """Give what stands against a path: a revocation, else a status that is unknown and should not be."""
    below = list(zip(chain, statuses, strict=False))
    for certificate, status in below:
        if status.state is RevocationState.REVOKED:
            return Problem(
                SubIndication.REVOKED,
                _revoked(label(certificate, usage), status),
                culprit(certificate, usage),
            )
    for certificate, status in below:
        if status.state is RevocationState.UNKNOWN and rule.demands(declared=status.declared):
            called = label(certificate, usage)
            detail = f"Whether it was revoked is not known. {called}: {status.detail}"
            return Problem(
                status.failure or SubIndication.TRY_LATER, detail.rstrip(), culprit(certificate, usage)
            )
    return None


def _revoked(called: str, status: RevocationStatus) -> str:
    when = f" on {status.revoked_at:%Y-%m-%d %H:%M} UTC" if status.revoked_at else ""
    why = f" ({status.reason})" if status.reason else ""
    who = f", says the {status.source}" if status.source else ""
    return f"{called} was revoked{when}{why}{who}."


def _status(
    chain: Sequence[Certificate], policy: Policy, at: datetime, data: ValidationData
) -> RevocationStatus:
    status = revocation_status(chain[0], chain[1], policy, at, data=data)
    if status.state is not RevocationState.UNKNOWN or not status.exotic:
        return status
    from smartid.trust.paths.full import full_status  # noqa: PLC0415 - asyncio

    return full_status(chain, policy, at, data, otherwise=status)
