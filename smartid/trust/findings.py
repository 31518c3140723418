"""Checks with the reason that each gives against an answer, and how they add up to a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from smartid.trust.verdict import Check, CheckStatus, Indication, SubIndication

FORGERY = frozenset(
    {
        SubIndication.FORMAT_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
        SubIndication.REVOKED,
    }
)
"""Reasons that count although the policy does not require the check that gave them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check, and the reason against TOTAL-PASSED that follows from it, None when none does."""

    check: Check
    reason: SubIndication | None = None

    @property
    def passed(self) -> bool:
        """Whether the check passed."""
        return self.check.status is CheckStatus.PASSED

    def optional(self) -> Finding:
        """Give the finding of a check that is not required: only signs of forgery stay reasons."""
        return self if self.reason in FORGERY else replace(self, reason=None)


def passed(name: str, detail: str) -> Finding:
    """Make the finding of a check that passed."""
    return Finding(Check(name, CheckStatus.PASSED, detail))


def failed(name: str, reason: SubIndication, detail: str) -> Finding:
    """Make the finding of a check that failed."""
    return Finding(Check(name, CheckStatus.FAILED, detail), reason)


def not_checked(name: str, detail: str, reason: SubIndication | None = None) -> Finding:
    """Make the finding of a check that could not be made."""
    return Finding(Check(name, CheckStatus.NOT_CHECKED, detail), reason)


def decisive(findings: Sequence[Finding]) -> Finding | None:
    """Give the finding that decides: the first definite reason, else the first other one.

    None means that nothing stands against TOTAL-PASSED.
    """
    against = [finding for finding in findings if finding.reason]
    definite = (
        finding
        for finding in against
        if finding.reason and finding.reason.indication is Indication.TOTAL_FAILED
    )
    return next(definite, against[0] if against else None)
