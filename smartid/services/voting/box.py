"""The ballot box: takes ballots that a card agreed to, each once, and gives receipts.

An accepted ballot goes four steps, under one lock: its line in the evidence log, with which it is cast; the
acceptance log; the board; the receipt. Whatever ends the program in between, the next who opens the box, or
casts, carries on from the evidence log in its order. Asking again with the same bytes gives the same receipt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from smartid.errors import ElectionInvalid, Refused, StoreUnavailable
from smartid.services.reasons import Reason
from smartid.services.voting.acceptance import Acceptance
from smartid.services.voting.ballot_statement import BallotStatement, HistoryRequest
from smartid.services.voting.board.board import Board
from smartid.services.voting.board.order import Stage
from smartid.services.voting.board.records import Setup
from smartid.services.voting.casting import CastingJudge
from smartid.services.voting.closing import close_files
from smartid.services.voting.compact import sha256_base64
from smartid.services.voting.election import Election
from smartid.services.voting.evidence import (
    LOG,
    Accepted,
    EvidenceIndex,
    Known,
    close_body,
    election_body,
    paper_body,
)
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.log import ChainedLog, read_log
from smartid.services.voting.receipts import BallotReceipt
from smartid.services.voting.register import RegisterSnapshot
from smartid.services.voting.registrations import LOG as REGISTRATIONS
from smartid.services.voting.registrations import Registrations
from smartid.services.voting.statement import read_statement, refused
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.checks import Check
from smartid.services.voting.voter_signature import Voter
from smartid.trust.policy import Policy

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

REQUEST_LIFETIME = 300
"""Seconds that a request for one's history serves."""


class Acceptances(Protocol):
    """Somebody else who writes trackers down: ``AcceptanceLink``, or ``AcceptanceLog`` in tests."""

    def accept(self, election: str, tracker: str) -> Acceptance:
        """Write a tracker down, once; the same again gives the same. Raises GatewayUnavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CastBallot:
    """A ballot in a person's history.

    counts  it is the last one, and its owner did not vote on paper
    """

    tracker: str
    sequence: int
    time: int
    height: int
    counts: bool


class BallotBox:
    """The box of one election. Threads share it; processes open their own on the same folder.

    folder      DIR of the election (``ElectionFolder``), its list frozen and its board begun
    policy      whom the operator believes, with revocation data
    snapshot    the register of voters at the freeze
    acceptance  the acceptance log, which somebody else keeps
    key         of the collector, for receipts and revocations

    Opening it finishes what a crash left. Raises Refused (not_open) before the freeze; ElectionInvalid when
    board, evidence and registrations are not of one election; EncodingError, OSError, GatewayUnavailable,
    StoreUnavailable.
    """

    def __init__(
        self,
        folder: Path,
        policy: Policy,
        *,
        election: Election,
        snapshot: RegisterSnapshot,
        acceptance: Acceptances,
        key: Ed25519PrivateKey,
    ) -> None:
        self._folder = ElectionFolder(folder)
        self._election = election
        self._snapshot = snapshot
        self._acceptance = acceptance
        self._key = key
        registrations = self._folder.restricted / REGISTRATIONS
        frozen = _frozen(registrations)
        _require_register(frozen, snapshot)
        self._roster = frozen.roster()
        self._judge = CastingJudge(election, policy, snapshot, self._roster)
        self._index = EvidenceIndex()
        self._board = Board.open(self._folder.whole_board())
        try:
            _require_roll(self._board, frozen.roll, election)
            self._log = ChainedLog(self._folder.restricted / LOG)
            with self._turn():
                self._require_evidence()
                self._begin(_head(registrations))
            self.recover()
        except BaseException:
            self._board.close()
            raise

    def __repr__(self) -> str:
        return f"BallotBox({self._election.uuid})"

    def cast(self, ballot: bytes, statement: bytes, signature: bytes, now: datetime) -> BallotReceipt:
        """Accept a ballot, and come back when it lasts everywhere.

        statement  ``BallotStatement`` in bytes
        signature  detached CAdES over the statement, by the voter's card

        Raises Refused, in this order: voting_closed; invalid_request; bad_proof, card_expired, card_revoked,
        status_stale; not_eligible; voted_on_paper; ballot_invalid; ballot_repeated; out_of_sequence. Nothing
        was cast then. Raises StoreUnavailable, GatewayUnavailable: it may be cast; ask again with the same
        bytes.
        """
        tracker = sha256_base64(ballot)
        with self._turn():
            if (known := self._same(tracker, statement)) is not None:
                return self._receipt(tracker, known)
            self._require_open()
        found, voter = self._judge.judge(ballot, statement, signature, now, self._require_not_on_paper)
        with self._turn():
            self._require_open()
            self._require_not_on_paper(voter.person)
            if (known := self._same(tracker, statement)) is not None:
                return self._receipt(tracker, known)
            self._require_next(tracker, found, voter)
            accepted = Accepted(
                ballot=ballot,
                statement=found,
                signature=signature,
                voter=voter,
                time=int(now.timestamp()),
            )
            self._write(accepted)
            return self._receipt(tracker, self._index.trackers[tracker])

    def next_sequence(self, national_number: str) -> int:
        """Give the sequence number of a person's next ballot, for a polling place that knows them."""
        with self._turn():
            return self._index.sequences.get(national_number, 0) + 1

    def history(self, request: bytes, signature: bytes, now: datetime) -> list[CastBallot]:
        """Say which ballots were cast in the name of whoever signed the request, and when.

        Raises Refused: invalid_request (also for one that is older than five minutes), bad_proof,
        card_expired, card_revoked, status_stale.
        """
        found = read_statement(HistoryRequest, request, self._election)
        if abs(int(now.timestamp()) - found.time) > REQUEST_LIFETIME:
            raise refused("The request is older than five minutes, or from the future.")
        voter = self._judge.signatures.judge(request, signature, now)
        with self._turn():
            cast = self._index.of_person(voter.person)
            counts = voter.person not in self._index.paper
            return [
                CastBallot(
                    tracker=tracker,
                    sequence=known.sequence,
                    time=known.time,
                    height=self._height(known),
                    counts=counts and known.sequence == len(cast),
                )
                for tracker, known in cast
            ]

    def paper(self, national_number: str, now: datetime) -> None:
        """Write down that a person votes on paper: no ballot of theirs counts here, before or after.

        Raises Refused: voting_closed, not_eligible, voted_on_paper (a second time). Raises StoreUnavailable.
        """
        with self._turn():
            self._require_open()
            if national_number not in self._snapshot:
                raise Refused("The person is not in the register of voters.", reason=Reason.NOT_ELIGIBLE)
            self._require_not_on_paper(national_number)
            self._index.apply(self._log.append(paper_body(national_number, now)))

    def close(self, now: datetime) -> None:
        """End voting. Twice is once.

        The board gets its EndBallots. Where people voted on paper after they had voted here, the closed board
        moves to ``DIR/board``, and ``DIR/UUID.bel`` is the board that is counted, without their ballots.
        Raises StoreUnavailable, GatewayUnavailable; ``recover`` carries on.
        """
        with self._turn():
            if self._index.closed is None:
                self._index.apply(self._log.append(close_body(now)))
            self._finish_closing()

    def recover(self) -> None:
        """Carry on what a crash left, in the order of the evidence log. Raises as ``close``."""
        with self._turn():
            if self._index.closed is not None:
                self._finish_closing()

    def shut(self) -> None:
        """Close the files."""
        self._log.close()
        self._board.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the box alone, up to date, with every accepted ballot on the board."""
        with self._log.turn() as new:
            self._board.refresh()
            for line in new:
                self._index.apply(line)
                left = self._index.unfinished
                left[:] = [one for one in left if self._board.height_of(one.payload) is None]
            self._finish()
            yield

    def _require_evidence(self) -> None:
        """Refuse to go on behind a log that lost its last lines: numbers of ballots would come again."""
        if self._board.head.height > len(self._index.trackers) and self._board.stage is Stage.VOTING:
            raise ElectionInvalid(Check.EVIDENCE_MISSING, "the evidence log is shorter than the board")

    def _begin(self, registrations: str) -> None:
        mine = (self._election.uuid, self._election.fingerprint)
        if self._index.election is None and not self._index.trackers:
            self._index.apply(self._log.append(election_body(*mine, registrations)))
        if self._index.election != mine:
            raise ElectionInvalid(Check.EVIDENCE_ELECTION, "the evidence log is that of another election")

    def _same(self, tracker: str, statement: bytes) -> Known | None:
        """Find a ballot that was accepted under the very same statement."""
        known = self._index.trackers.get(tracker)
        same = known is not None and known.statement == hashlib.sha256(statement).digest()
        return known if same else None

    def _require_open(self) -> None:
        if self._index.closed is not None or self._board.stage not in (Stage.SETUP, Stage.VOTING):
            raise Refused("Voting is over.", reason=Reason.VOTING_CLOSED)

    def _require_not_on_paper(self, person: str) -> None:
        if person in self._index.paper:
            raise Refused("The person voted on paper.", reason=Reason.VOTED_ON_PAPER)

    def _require_next(self, tracker: str, statement: BallotStatement, voter: Voter) -> None:
        if tracker in self._index.trackers:
            raise Refused("This ballot was cast before.", reason=Reason.BALLOT_REPEATED)
        if statement.sequence != self._index.sequences.get(voter.person, 0) + 1:
            raise Refused("The number of the ballot does not follow.", reason=Reason.OUT_OF_SEQUENCE)

    def _write(self, accepted: Accepted) -> None:
        self._index.apply(self._log.append(accepted.as_dict()))
        self._finish()

    def _finish(self) -> None:
        """Bring every accepted ballot to the acceptance log and the board, in order."""
        left = self._index.unfinished
        while left:
            self._acceptance.accept(self._election.uuid, left[0].statement.tracker)
            self._post(EventType.BALLOT, left[0].ballot)
            del left[0]

    def _post(self, kind: EventType, payload: bytes | None) -> None:
        try:
            self._board.append(kind, payload)
        except OSError as error:
            raise StoreUnavailable(str(error.strerror), what="The board") from error

    def _finish_closing(self) -> None:
        if self._board.stage in (Stage.SETUP, Stage.VOTING):
            self._post(EventType.END_BALLOTS, None)
        revoked = {
            self._roster[person]
            for person in self._index.paper
            if person in self._index.sequences and person in self._roster
        }
        close_files(self._folder, self._election.uuid, self._board, revoked, self._key)

    def _receipt(self, tracker: str, known: Known) -> BallotReceipt:
        height = self._height(known)
        return BallotReceipt(
            uuid=self._election.uuid,
            tracker=tracker,
            height=height,
            event=self._board.entry(height).digest,
            sequence=known.sequence,
            time=known.time,
            acceptance=self._acceptance.accept(self._election.uuid, tracker),
        ).sign(self._key)

    def _height(self, known: Known) -> int:
        height = self._board.height_of(known.payload)
        if height is None:
            raise ElectionInvalid(Check.EVIDENCE_BALLOT, "an accepted ballot is not on the board")
        return height


def _frozen(path: Path) -> Registrations:
    found = Registrations.load(path) if path.exists() else Registrations()
    if not found.roll:
        raise Refused("The list of credentials is not frozen yet.", reason=Reason.NOT_OPEN)
    return found


def _require_register(frozen: Registrations, snapshot: RegisterSnapshot) -> None:
    newest = max(frozen.versions)
    if (newest, frozen.versions[newest]) != (snapshot.version, hashlib.sha256(snapshot.raw).hexdigest()):
        raise ElectionInvalid(Check.EVIDENCE_REGISTER, "the register is not the one of the freeze")


def _head(path: Path) -> str:
    head = ""
    for line in read_log(path):
        head = line.hash
    return head


def _require_roll(board: Board, roll: str, election: Election) -> None:
    setup = Setup.parse(board.entry(0).contents[-1])
    if setup.election != hashlib.sha256(election.raw).hexdigest():
        raise ElectionInvalid(Check.EVIDENCE_ELECTION, "the board is that of another election")
    if setup.credentials != roll:
        raise ElectionInvalid(Check.EVIDENCE_ROLL, "the board's credentials are not the list that was frozen")
