"""The verdict on a login that passed: what was checked, on whose word, and when."""

from __future__ import annotations

from datetime import datetime

from smartid.trust.findings import not_checked, passed
from smartid.trust.path import PathResult
from smartid.trust.policy import Policy
from smartid.trust.status.finding import revocation_finding
from smartid.trust.verdict import Indication, Verdict

SIGNATURE, PURPOSE, CHAIN, THROW_AWAY = (
    "token_signature",
    "certificate_purpose",
    "certificate_chain",
    "throw_away_pki",
)
_THROW_AWAY = "This login rests on the throw-away PKI of the mock cards: outside a test it is worth nothing."


def login_verdict(path: PathResult, policy: Policy, at: datetime) -> Verdict:
    """Give the verdict on a login whose every check passed.

    Checks: "certificate_purpose", "token_signature", "certificate_chain", "revocation"; "throw_away_pki"
    (only when it is).
    """
    findings = [
        passed(PURPOSE, "The certificate is for logins."),
        passed(SIGNATURE, "The key of the certificate signed this origin and this nonce."),
        passed(CHAIN, path.detail),
        revocation_finding([path], [], policy.revocation),
        *([not_checked(THROW_AWAY, _THROW_AWAY)] if path.throw_away else []),
    ]
    return Verdict(
        indication=Indication.TOTAL_PASSED,
        anchor=str(path.anchor.certificate.subject) if path.anchor else None,
        time=at,
        checks=tuple(finding.check for finding in findings),
        throw_away=path.throw_away,
    )
