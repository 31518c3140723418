"""The audit: each ballot rests on the card of one eligible person, and nobody is told whose.

What it reads is restricted; what it gives is counts and hashes. Evidence log, board and acceptance log tell
of the same ballots in the same order, so one walk compares them, and memory holds one entry a person,
whatever the number of ballots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from smartid.errors import ElectionInvalid
from smartid.services.journal.keys import load_public_key
from smartid.services.voting.acceptance import LOG as ACCEPTANCES
from smartid.services.voting.acceptance import Acceptance, acceptance_of
from smartid.services.voting.audit_registrations import Roster, audit_registrations
from smartid.services.voting.audit_signatures import late_at_the_log, require_about, require_signature
from smartid.services.voting.board.archive import Archive
from smartid.services.voting.board.entries import Entry, entries
from smartid.services.voting.board.records import Setup, ballot_head
from smartid.services.voting.closing import require_count_follows
from smartid.services.voting.compact import sha256_base64
from smartid.services.voting.election import Election
from smartid.services.voting.evidence import LOG, Accepted, election_body
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.log import Line, MerkleTree, read_log
from smartid.services.voting.revocations import Revocations
from smartid.services.voting.signed import sign_file
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.checks import Check
from smartid.services.voting.voter_signature import VoterSignatures
from smartid.trust.policy import Policy

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TITLE = "smartid election audit 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What an audit publishes: counts and hashes, never who.

    register_version  of the register of voters at the freeze
    registrations     signatures that registered a credential, replaced ones too
    removed           registrations that fell out at the freeze
    credentials       on the frozen list
    ballots           on the board
    voters            people who cast at least one of them
    superseded        ballots that a later one of the same person replaced
    on_paper          people who voted on paper
    revoked           credentials whose ballots do not count because of that
    late              ballots that the acceptance log got more than five minutes after they were cast
    throw_away        signatures that rest on the throw-away PKI: worth nothing outside a test
    board_head        SHA-256 of the board's last event
    *_root            Merkle roots (RFC 9162 (2021)) of the three logs
    """

    uuid: str
    fingerprint: str
    register_version: int
    registrations: int
    removed: int
    credentials: int
    ballots: int
    voters: int
    superseded: int
    on_paper: int
    revoked: int
    late: int
    throw_away: int
    board_head: str
    registrations_root: str
    evidence_root: str
    acceptance_root: str

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """Write the file that is published, signed by the auditors."""
        return sign_file(TITLE, self.as_dict(), key)


@dataclass(slots=True, repr=False)
class _Walk:
    """The people met so far, and what was counted."""

    sequences: dict[str, int] = field(default_factory=dict)
    paper: set[str] = field(default_factory=set)
    ballots: int = 0
    throw_away: int = 0
    late: int = 0
    closed: bool = False


def audit(folder: Path, policy: Policy, *, progress: Callable[[int], None] | None = None) -> AuditReport:
    """Compare registrations, evidence, board and acceptance log of an election.

    policy    anchors and revocation data that are believed; a signature is judged for the time at which it
              was accepted
    progress  is told how many ballots were compared

    Raises ElectionInvalid with a check ``evidence-…`` (see docs/reference/election-checks.md), EncodingError
    for a log that is broken, OSError. No message names a person.
    """
    places = ElectionFolder(folder)
    board_path = places.whole_board()
    election, setup = _begin(board_path)
    signatures = VoterSignatures(policy)
    registered = MerkleTree()
    roster = audit_registrations(places, election, signatures, registered)
    if setup.credentials != roster.roll:
        _fail(Check.EVIDENCE_ROLL, "the board's credentials are not those that people registered")
    walker = _Auditor(places, election, signatures, roster)
    head = walker.walk(board_path, progress)
    revoked = _revocations(places, election.uuid, walker.walked, roster)
    walked = walker.walked
    return AuditReport(
        uuid=election.uuid,
        fingerprint=election.fingerprint,
        register_version=roster.register_version,
        registrations=roster.registrations,
        removed=roster.removed,
        credentials=len(roster.credentials),
        ballots=walked.ballots,
        voters=len(walked.sequences),
        superseded=walked.ballots - len(walked.sequences),
        on_paper=len(walked.paper),
        revoked=revoked,
        late=walked.late,
        throw_away=walked.throw_away + roster.throw_away,
        board_head=head,
        registrations_root=registered.root(),
        evidence_root=walker.evidence_tree.root(),
        acceptance_root=walker.acceptance_tree.root(),
    )


class _Auditor:
    def __init__(
        self, places: ElectionFolder, election: Election, signatures: VoterSignatures, roster: Roster
    ) -> None:
        self._places = places
        self._election = election
        self._signatures = signatures
        self._roster = roster
        self.walked = _Walk()
        self.evidence_tree = MerkleTree()
        self.acceptance_tree = MerkleTree()

    def walk(self, board: Path, progress: Callable[[int], None] | None) -> str:
        """Compare the three, ballot by ballot; give the hash of the board's last event."""
        with board.open("rb") as file:
            ballots = _Ballots(entries(Archive(file)))
            evidence, acceptances = self._evidence(), self._acceptances()
            for number, (accepted, entry, acceptance) in enumerate(
                zip_longest(evidence, ballots, acceptances), start=1
            ):
                self._compare(number, accepted, entry, acceptance)
                if progress is not None:
                    progress(number)
        if ballots.ended and not self.walked.closed:
            _fail(Check.EVIDENCE_CLOSE, "the board is closed and the evidence log does not say so")
        return ballots.head

    def _compare(
        self, number: int, accepted: Accepted | None, entry: Entry | None, acceptance: Acceptance | None
    ) -> None:
        where = f"ballot {number}"
        if accepted is None:
            if entry is not None:
                _fail(Check.EVIDENCE_MISSING, "a ballot on the board has no evidence", where)
            _fail(Check.EVIDENCE_ACCEPTANCE, "the acceptance log holds a tracker without evidence", where)
        if entry is None:
            _fail(Check.EVIDENCE_BALLOT, "there is evidence of a ballot that is not on the board", where)
        if accepted.payload != entry.event.payload:
            _fail(Check.EVIDENCE_ORDER, "board and evidence differ in their ballots or in their order", where)
        if acceptance is None or acceptance.tracker != accepted.statement.tracker:
            _fail(Check.EVIDENCE_ACCEPTANCE, "the acceptance log does not hold this ballot here", where)
        self._judge(accepted, where)
        self.walked.late += late_at_the_log(self._signatures, accepted, acceptance, where)

    def _judge(self, accepted: Accepted, where: str) -> None:
        statement, person = accepted.statement, accepted.voter.person
        require_about(statement, self._election, where)
        if statement.tracker != sha256_base64(accepted.ballot):
            _fail(Check.EVIDENCE_STATEMENT, "the statement is about another ballot", where)
        if statement.credential != ballot_head(accepted.ballot)[2]:
            _fail(
                Check.EVIDENCE_STATEMENT, "the statement is about another credential than the ballot", where
            )
        if statement.register_version != self._roster.register_version:
            _fail(Check.EVIDENCE_REGISTER, "it was cast under another version of the register", where)
        if self._roster.credentials.get(person) != statement.credential:
            _fail(
                Check.EVIDENCE_CREDENTIAL, "the credential is not the one that this person registered", where
            )
        if statement.sequence != self.walked.sequences.get(person, 0) + 1:
            _fail(
                Check.EVIDENCE_SEQUENCE,
                "the ballots of a person are not in the order of their numbers",
                where,
            )
        judged = require_signature(self._signatures, statement.encode(), accepted, where)
        self.walked.throw_away += judged.throw_away
        self.walked.sequences[person] = statement.sequence
        self.walked.ballots += 1

    def _evidence(self) -> Iterator[Accepted]:
        lines = read_log(self._places.restricted / LOG, self.evidence_tree)
        self._require_first(next(lines, None))
        for line in lines:
            if self.walked.closed:
                _fail(Check.EVIDENCE_CLOSE, "the evidence log goes on after the end of voting", _line(line))
            if line.body.get("kind") == "ballot":
                found = Accepted.of(line.body)
                if found.voter.person in self.walked.paper:
                    _fail(Check.EVIDENCE_PAPER, "a person cast a ballot after voting on paper", _line(line))
                yield found
            else:
                self._note(line)

    def _note(self, line: Line) -> None:
        match line.body.get("kind"):
            case "paper":
                self._paper(str(line.body.get("person")), _line(line))
            case "close":
                self.walked.closed = True
            case _:
                _fail(Check.EVIDENCE_CLOSE, "a line says nothing that is known", _line(line))

    def _paper(self, person: str, where: str) -> None:
        if person in self.walked.paper:
            _fail(Check.EVIDENCE_PAPER, "a person voted on paper twice", where)
        if person not in self._roster.people:
            _fail(Check.EVIDENCE_PAPER, "somebody voted on paper who is not in the register", where)
        self.walked.paper.add(person)

    def _require_first(self, line: Line | None) -> None:
        mine = election_body(self._election.uuid, self._election.fingerprint, self._roster.head)
        if line is None or line.body != mine:
            _fail(Check.EVIDENCE_ELECTION, "the evidence log does not begin with this election and its list")

    def _acceptances(self) -> Iterator[Acceptance]:
        for line in read_log(self._places.acceptance / ACCEPTANCES, self.acceptance_tree):
            found = acceptance_of(line)
            if found.election == self._election.uuid:
                yield found


class _Ballots:
    """The Ballot events of a board, one by one; afterwards, its last event."""

    def __init__(self, found: Iterable[Entry]) -> None:
        self._found = found
        self.head = ""
        self.ended = False

    def __iter__(self) -> Iterator[Entry]:
        for entry in self._found:
            self.head = entry.digest
            if entry.event.type is EventType.BALLOT:
                yield entry
            self.ended = self.ended or entry.event.type is EventType.END_BALLOTS


def _begin(board: Path) -> tuple[Election, Setup]:
    with board.open("rb") as file:
        first = next(iter(entries(Archive(file))))
        return Election.parse(first.contents[0]), Setup.parse(first.contents[-1])


def _revocations(places: ElectionFolder, uuid: str, walked: _Walk, roster: Roster) -> int:
    """Check that exactly the credentials of those who voted both ways are left out of the count."""
    both = {roster.credentials[person] for person in walked.paper & walked.sequences.keys()}
    if not walked.closed:
        return 0
    found: frozenset[str] = frozenset()
    if places.revocations.exists():
        revocations = Revocations.load(places.revocations, load_public_key(places.keys / "collector.pem"))
        found = revocations.credentials
        require_count_follows(places.closed_board(uuid), places.archive_of(uuid), revocations)
    if found != both:
        _fail(Check.EVIDENCE_PAPER, "what is left out of the count is not what was replaced on paper")
    return len(found)


def _line(line: Line) -> str:
    return f"evidence line {line.number}"


def _fail(check: Check, why: str, where: str = "") -> NoReturn:
    raise ElectionInvalid(check, why, where=where)
