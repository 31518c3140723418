"""What the audit asks of every statement and its signature."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from smartid.errors import ElectionInvalid, Refused
from smartid.services.voting.acceptance import Acceptance
from smartid.services.voting.election import Election
from smartid.services.voting.evidence import Accepted
from smartid.services.voting.statement import Statement
from smartid.services.voting.verify.checks import Check
from smartid.services.voting.voter_signature import Voter, VoterSignatures

CLOCKS_APART = 300
"""Seconds that the clocks of collector and acceptance log may differ."""


class SignedEvidence(Protocol):
    """A line of a log that holds a signature."""

    @property
    def signature(self) -> bytes:
        """Detached CAdES."""

    @property
    def voter(self) -> Voter:
        """What the log says of the signer."""

    @property
    def time(self) -> int:
        """When it was accepted, seconds since 1970."""


def require_about(statement: Statement, election: Election, where: str) -> None:
    """Check that a statement is about this election, and its sentence its own. Raises ElectionInvalid."""
    try:
        statement.require_for(election)
    except Refused as error:
        why = "the statement is about another election, or another sentence was shown"
        raise ElectionInvalid(Check.EVIDENCE_STATEMENT, why, where=where) from error


def late_at_the_log(
    signatures: VoterSignatures, accepted: Accepted, acceptance: Acceptance, where: str
) -> bool:
    """Compare the collector's time with that of the acceptance log, a clock that is not the collector's.

    A collector who stopped in between brings a ballot there late: then the card must have been good at both
    times, or a ballot could be dated back to before its card was revoked. Tells whether it was late. Raises
    ElectionInvalid (evidence-time).
    """
    late = acceptance.time - accepted.time
    if late < -CLOCKS_APART:
        raise ElectionInvalid(Check.EVIDENCE_TIME, "it is dated after its acceptance", where=where)
    if late <= CLOCKS_APART:
        return False
    try:
        signatures.judge(
            accepted.statement.encode(), accepted.signature, datetime.fromtimestamp(acceptance.time, UTC)
        )
    except Refused as error:
        why = f"by the clock of the acceptance log the signature is not to be believed ({error.reason})"
        raise ElectionInvalid(Check.EVIDENCE_TIME, why, where=where) from None
    return True


def require_signature(
    signatures: VoterSignatures, statement: bytes, evidence: SignedEvidence, where: str
) -> Voter:
    """Judge a signature for the time at which it was accepted; it must be of the person in the log.

    Raises ElectionInvalid, without a word about the person.
    """
    try:
        judged = signatures.judge(statement, evidence.signature, datetime.fromtimestamp(evidence.time, UTC))
    except Refused as error:
        why = f"the signature is not to be believed for its time ({error.reason})"
        raise ElectionInvalid(Check.EVIDENCE_SIGNATURE, why, where=where) from None
    except (OverflowError, ValueError, OSError):
        raise ElectionInvalid(Check.EVIDENCE_SIGNATURE, "its time is none", where=where) from None
    if judged != evidence.voter:
        why = "the log says something else of the signer than the certificate"
        raise ElectionInvalid(Check.EVIDENCE_SIGNATURE, why, where=where)
    return judged
