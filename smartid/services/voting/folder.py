"""Where the parts of an election lie.

::

    DIR/UUID.bel          the archive; the live board while voting
    DIR/board/UUID.bel    the closed board, when paper votes took ballots out of the count
    DIR/revocations.json  credentials whose owners voted on paper
    DIR/UUID.shares       second proofs of the trustees' shares
    DIR/audit.json        what the audit publishes: counts, Merkle root
    DIR/keys/             public keys: collector, acceptance log, register
    DIR/election.json, trustees.json   before the list is frozen
    DIR/restricted/       who registered and who voted: for the collector and the auditors
    DIR/acceptance/       the acceptance log, a party of its own
    DIR/trustees/NAME/    the secrets of a trustee, each a party of its own
    DIR/voters/           voters of a rehearsal

Real parties keep their parts on their own machines; in a rehearsal all of them stand in one folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from smartid.errors import EncodingError, Refused
from smartid.services.reasons import Reason
from smartid.services.voting.board.archive import Archive
from smartid.services.voting.board.entries import CREDENTIALS, read_entry
from smartid.services.voting.election import Election

MAX_RECORD = 1 << 24
"""Longest election, trustees or settings file that is read, in bytes."""
SUFFIX = ".bel"


class Phase(StrEnum):
    """How far an election folder is."""

    NOTHING = "nothing"
    REGISTERING = "registering"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class ElectionFolder:
    """The paths of one election."""

    path: Path

    @property
    def phase(self) -> Phase:
        """How far it is: nothing here, registration, or a board."""
        if self.archives():
            return Phase.FROZEN
        return Phase.REGISTERING if self.election_file.exists() else Phase.NOTHING

    def archives(self) -> Sequence[Path]:
        """Every archive right in the folder; an election has one."""
        return sorted(self.path.glob(f"*{SUFFIX}"))

    @property
    def archive(self) -> Path:
        """The archive. Raises Refused (not_open) without one, EncodingError when there are several."""
        found = self.archives()
        if len(found) > 1:
            raise EncodingError(
                str(self.path),
                offset=0,
                expected="one archive in the folder",
                standard="smartid election folder",
            )
        if not found:
            raise Refused(
                f"{self.path} holds no archive: the list of voters is not frozen yet.",
                reason=Reason.NOT_OPEN,
                remedy=f"Freeze it first: smartid election freeze {self.path}",
            )
        return found[0]

    def archive_of(self, uuid: str) -> Path:
        """Where the archive of this uuid stands, or will stand."""
        return self.path / f"{uuid}{SUFFIX}"

    def closed_board(self, uuid: str) -> Path:
        """Where the closed board goes when paper votes take ballots out of the count."""
        return self.path / "board" / f"{uuid}{SUFFIX}"

    def whole_board(self) -> Path:
        """The archive with every ballot that was accepted. Raises as ``archive``."""
        counted = self.archive
        closed = self.path / "board" / counted.name
        return closed if closed.exists() else counted

    @property
    def revocations(self) -> Path:
        """Credentials revoked by paper votes."""
        return self.path / "revocations.json"

    @property
    def audit_file(self) -> Path:
        """What the audit publishes."""
        return self.path / "audit.json"

    @property
    def election_file(self) -> Path:
        """The election record before the list is frozen."""
        return self.path / "election.json"

    @property
    def trustees_file(self) -> Path:
        """The trustees' record before the list is frozen."""
        return self.path / "trustees.json"

    @property
    def restricted(self) -> Path:
        """Logs that say who registered and who voted."""
        return self.path / "restricted"

    @property
    def acceptance(self) -> Path:
        """The acceptance log."""
        return self.path / "acceptance"

    @property
    def trust(self) -> Path:
        """Trust anchors for the cards."""
        return self.restricted / "trust"

    @property
    def keys(self) -> Path:
        """Public keys."""
        return self.path / "keys"

    @property
    def voters(self) -> Path:
        """Credentials and receipts of voters in a rehearsal."""
        return self.path / "voters"

    def trustee(self, name: str) -> Path:
        """The folder of one trustee."""
        return self.path / "trustees" / name

    def trustees(self) -> Sequence[Path]:
        """The folders of the trustees that are here, by name."""
        return sorted(one for one in (self.path / "trustees").glob("*") if one.is_dir())

    def election(self) -> Election:
        """The election, from its board or its record. Raises Refused (not_open), EncodingError, OSError."""
        match self.phase:
            case Phase.FROZEN:
                return election_of(self.archive)
            case Phase.REGISTERING:
                return Election.parse(read_record(self.election_file))
        raise Refused(
            f"{self.path} holds no election.",
            reason=Reason.NOT_OPEN,
            remedy=f"Make one: smartid election new {self.path} --questions FILE",
        )

    def require(self, phase: Phase) -> None:
        """Refuse what comes too early or too late. Raises Refused (not_open, list_frozen)."""
        if self.phase is phase:
            return
        if self.phase is Phase.FROZEN:
            raise Refused(
                "The list of voters is frozen: nobody can register any more.",
                reason=Reason.LIST_FROZEN,
                remedy=f"Whoever is on it votes: smartid election vote {self.path}",
            )
        self.election()
        _ = self.archive

    def make(self) -> None:
        """Make the folders, the secret ones with mode 0700. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.keys.mkdir(exist_ok=True)
        for secret in (self.restricted, self.acceptance, self.voters, self.path / "trustees"):
            secret.mkdir(mode=0o700, exist_ok=True)
            secret.chmod(0o700)  # also one that somebody made before


def read_record(path: Path) -> bytes:
    """Read a file of bounded length. Raises EncodingError, OSError."""
    with path.open("rb") as file:
        found = file.read(MAX_RECORD + 1)
    if len(found) > MAX_RECORD:
        raise EncodingError(
            path.name,
            offset=MAX_RECORD,
            expected=f"at most {MAX_RECORD} bytes",
            standard="smartid election folder",
        )
    return found


def election_of(archive: Path) -> Election:
    """Read the election record of an archive, and nothing behind it. Raises EncodingError, OSError."""
    with archive.open("rb") as file:
        found = Archive(file)
        return Election.parse(read_entry(found, found.begin, first=True).contents[0])


def voters_on(archive: Path) -> int:
    """Count the list of voters of an archive. Raises EncodingError, OSError."""
    with archive.open("rb") as file:
        found = Archive(file)
        roll = read_entry(found, found.begin, first=True).members[CREDENTIALS]
        return sum(piece.count(b'"') for piece in found.pieces(roll)) // 2
