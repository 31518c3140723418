"""Elections that smartid holds, for the program to verify."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from smartid.services.voting.ballot import Ballot, Maker
from smartid.services.voting.board.board import Board
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Election, Question
from smartid.services.voting.groups.named import named
from smartid.services.voting.roll import make_roll
from smartid.services.voting.tally import compute_result
from smartid.services.voting.trustees.host import TrusteeProcess, hold_ceremony
from smartid.services.voting.trustees.record import Item, Trustees
from smartid.services.voting.trustees.safe import TrusteeFolder
from smartid.services.voting.trustees.shares import decrypt_share
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.tally_of import encrypted_tally
from tests.peers.voting.tool import GROUP

TIME = 1_800_000_000
Votes = Sequence[Sequence[int]]


@dataclass(slots=True, kw_only=True)
class Ours:
    """An election in a folder, held by smartid.

    helpers  the trustees who give shares: all mandatory ones, and as many of a group as it takes
    """

    folder: Path
    election: Election
    voters: list[CredentialSecret]
    helpers: list[TrusteeFolder] = field(default_factory=list)

    @property
    def archive(self) -> Path:
        return self.folder / f"{self.election.uuid}.bel"

    @classmethod
    def make(
        cls,
        folder: Path,
        questions: Sequence[Question],
        *,
        uuid: str = "SmartidSmartid1",
        name: str = "Election",
        voters: int = 3,
        mandatory: int = 1,
        group: tuple[int, int] = (0, 0),
        foreign: Iterable[Item] = (),
    ) -> Ours:
        """Set one up.

        group    threshold and members of a group of trustees, each a process of its own
        foreign  trustees that others made; they come last in the record
        """
        folder.mkdir(parents=True)
        threshold, members = group
        folders = [TrusteeFolder.create(folder / f"t{n}", minimum=0) for n in range(mandatory + members)]
        trustees = _ceremony(folders, mandatory, threshold, foreign)
        found = named(GROUP)
        election = Election.make(
            name=name,
            description=name,
            group=GROUP,
            public_key=found.encode(trustees.public_key),
            questions=tuple(questions),
            uuid=uuid,
        )
        made = cls(
            folder=folder, election=election, voters=[CredentialSecret.new(found) for _ in range(voters)]
        )
        made.helpers = [TrusteeFolder.open(one.path) for one in folders[: mandatory + threshold]]
        roll = make_roll(voter.public for voter in made.voters)
        Board.create(
            made.archive, election=election.raw, trustees=trustees.raw, credentials=roll, timestamp=TIME
        ).close()
        return made

    def vote(self, *votes: tuple[int, Votes]) -> list[Ballot]:
        """Put ballots on the board: whose, and what for."""
        maker = Maker(self.election)
        ballots = [maker.make(self.voters[voter], choices).cast() for voter, choices in votes]
        with Board.open(self.archive) as board:
            for ballot in ballots:
                board.append(EventType.BALLOT, ballot.raw)
        return ballots

    def close(self) -> None:
        """End the voting and publish the encrypted tally."""
        with Board.open(self.archive) as board:
            board.append(EventType.END_BALLOTS)
        tally = encrypted_tally(self.archive)
        with Board.open(self.archive) as board:
            board.append_tally(tally.raw, num_tallied=tally.num_tallied, total_weight=tally.total_weight)

    def decrypt(self) -> None:
        """Let the helpers give their shares."""
        for helper in self.helpers:
            share = decrypt_share(helper, self.archive)
            with Board.open(self.archive) as board:
                board.append_share(share.owner, share.raw)

    def result(self) -> bytes:
        """Compute the result and publish it."""
        result = compute_result(self.archive)
        with Board.open(self.archive) as board:
            board.append(EventType.RESULT, result)
        return result

    def finish(self) -> bytes:
        """Close, decrypt, result."""
        self.close()
        self.decrypt()
        return self.result()


def _ceremony(
    folders: Sequence[TrusteeFolder], mandatory: int, threshold: int, foreign: Iterable[Item]
) -> Trustees:
    group = named(GROUP)
    items: list[Item] = []
    if folders:
        with ExitStack() as stack:
            processes = [stack.enter_context(TrusteeProcess(one.path)) for one in folders]
            raw = hold_ceremony(
                processes[mandatory:], threshold, mandatory=processes[:mandatory], group=GROUP
            )
        items += Trustees.parse(raw, group).items
    return Trustees.make([*items, *foreign], group)
