"""What the paths of a reading say about revocation, as one check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from smartid.trust.findings import Finding, failed, not_checked, passed
from smartid.trust.path import PathResult
from smartid.trust.policy import RevocationRule
from smartid.trust.revocation import RevocationState, RevocationStatus
from smartid.trust.verdict import SubIndication

REVOCATION = "revocation"

_NOTHING_TO_ASK = "No path to a trust anchor was found, so there is nobody to ask about a revocation."
_UNDECLARED = "No revocation data is at hand, and the policy does not ask for any."


def revocation_finding(
    required: Sequence[PathResult | None], optional: Sequence[PathResult | None], rule: RevocationRule
) -> Finding:
    """Sum up the revocation of all certificates below the anchors.

    required  paths that the policy needs
    optional  paths of which nothing but a revocation counts
    """
    needed, others = _statuses(required), _statuses(optional)
    everything = (*needed, *others)
    for status in everything:
        if status.state is RevocationState.REVOKED:
            return failed(REVOCATION, SubIndication.REVOKED, status.detail)
    open_questions = [status for status in everything if status.state is RevocationState.UNKNOWN]
    for status in open_questions:
        if rule.demands(declared=status.declared):
            reason = status.failure if status in needed else None
            return not_checked(
                REVOCATION, f"Whether a certificate was revoked is not known. {status.detail}", reason
            )
    if open_questions or not everything:
        return not_checked(REVOCATION, _UNDECLARED if everything else _NOTHING_TO_ASK)
    return passed(REVOCATION, f"Not revoked: {_sources(everything)}.")


def _statuses(paths: Iterable[PathResult | None]) -> tuple[RevocationStatus, ...]:
    return tuple(status for path in paths if path for status in path.revocation)


def _sources(statuses: Iterable[RevocationStatus]) -> str:
    return "; ".join(dict.fromkeys(status.source for status in statuses))
