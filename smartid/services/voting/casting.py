"""Whether a ballot may be cast, as far as that needs no lock: statement, card, list, ballot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from smartid.errors import ElectionInvalid, EncodingError, Refused
from smartid.services.reasons import Reason
from smartid.services.voting.ballot import BallotContext, verify_raw
from smartid.services.voting.ballot_statement import BallotStatement
from smartid.services.voting.compact import sha256_base64
from smartid.services.voting.election import Election
from smartid.services.voting.register import RegisterSnapshot
from smartid.services.voting.statement import read_statement, refused
from smartid.services.voting.voter_signature import Voter, VoterSignatures
from smartid.trust.policy import Policy

MAX_BALLOT = 1 << 20
"""Longest ballot, in bytes."""


class CastingJudge:
    """Judges ballots of one election. Threads share it.

    roster  the credential of each person on the frozen list
    """

    def __init__(
        self, election: Election, policy: Policy, snapshot: RegisterSnapshot, roster: Mapping[str, str]
    ) -> None:
        self._election = election
        self._snapshot = snapshot
        self._roster = roster
        self._context = BallotContext(election)
        self.signatures = VoterSignatures(policy)

    def judge(
        self,
        ballot: bytes,
        statement: bytes,
        signature: bytes,
        now: datetime,
        standing: Callable[[str], None],
    ) -> tuple[BallotStatement, Voter]:
        """Give what was stated, and by whom.

        standing  is asked about the person before the ballot is verified, which is the costly part; it may
                  raise Refused

        Raises Refused: invalid_request; bad_proof, card_expired, card_revoked, status_stale; not_eligible;
        ballot_invalid.
        """
        if len(ballot) > MAX_BALLOT:
            raise refused(f"The ballot has more than {MAX_BALLOT} bytes.")
        found = read_statement(BallotStatement, statement, self._election)
        if found.tracker != sha256_base64(ballot):
            raise refused("The statement is about another ballot.")
        if found.register_version != self._snapshot.version:
            raise refused("Another version of the register of voters is in force.")
        voter = self.signatures.judge(statement, signature, now)
        self._require_listed(voter.person, found.credential)
        standing(voter.person)
        self._verify(ballot, found.credential)
        return found, voter

    def _require_listed(self, person: str, credential: str) -> None:
        if person not in self._snapshot or person not in self._roster:
            raise _not_eligible("The person is not on the list of voters, or has not registered.")
        if self._roster[person] != credential:
            raise _not_eligible("The credential is not the one that this person registered.")

    def _verify(self, raw: bytes, credential: str) -> None:
        try:
            ballot = verify_raw(raw, self._context)
        except (EncodingError, ElectionInvalid) as error:
            raise Refused(error.message, reason=Reason.BALLOT_INVALID) from error
        if ballot.credential != credential:
            raise Refused("The ballot is of another credential.", reason=Reason.BALLOT_INVALID)


def _not_eligible(why: str) -> Refused:
    return Refused(why, reason=Reason.NOT_ELIGIBLE)
