"""A polling place: the ballot box of a folder, with its acceptance log as a process of its own beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from smartid.errors import ElectionInvalid, Refused
from smartid.files import write_whole
from smartid.services.far_side.process import FarSide
from smartid.services.journal.keys import load_public_key
from smartid.services.reasons import Reason
from smartid.services.voting.acceptance import PUBLIC, AcceptanceLink
from smartid.services.voting.ballot_form import Ballot
from smartid.services.voting.ballot_statement import BallotStatement
from smartid.services.voting.board.board import Board
from smartid.services.voting.board.order import Stage
from smartid.services.voting.box import BallotBox
from smartid.services.voting.election import Election
from smartid.services.voting.folder import ElectionFolder, Phase
from smartid.services.voting.preparing import ACCEPTANCE, collector_key, register_of
from smartid.services.voting.receipts import BallotReceipt
from smartid.services.voting.verify.checks import Check
from smartid.trust.policy import Policy

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ACCEPTANCE_LOG = "smartid.services.voting.acceptance"
"""The module that runs as the acceptance log."""


@dataclass(frozen=True, slots=True)
class OpenBox:
    """A ballot box that is open, and what a polling place knows beside it."""

    box: BallotBox
    election: Election
    register_version: int

    def statement(self, ballot: Ballot, person: str) -> BallotStatement:
        """Write what a person signs to cast this ballot."""
        return BallotStatement.make(
            self.election,
            credential=ballot.credential,
            tracker=ballot.tracker,
            sequence=self.box.next_sequence(person),
            register_version=self.register_version,
        )

    def cast(self, ballot: bytes, statement: bytes, signature: bytes, now: datetime) -> BallotReceipt:
        """As ``BallotBox.cast``."""
        return self.box.cast(ballot, statement, signature, now)


def require_voting(folder: ElectionFolder) -> None:
    """Refuse what comes after the end of voting. Raises Refused (voting_closed), EncodingError, OSError."""
    with Board.open(folder.archive) as board:
        if board.stage not in (Stage.SETUP, Stage.VOTING):
            raise Refused(
                "Voting is over.",
                reason=Reason.VOTING_CLOSED,
                remedy=f"The last ballot that was accepted counts: smartid election tally {folder.path}",
            )


def pinned_key(folder: ElectionFolder) -> Ed25519PublicKey:
    """Give the key of the acceptance log, published at the first start and the same ever after.

    Receipts are checked against it. Raises ElectionInvalid for another one, EncodingError, OSError.
    """
    shown, published = (folder.acceptance / PUBLIC).read_bytes(), folder.keys / f"{ACCEPTANCE}.pem"
    if not published.exists():
        write_whole(published, shown, mode=0o644)
    if published.read_bytes() != shown:
        raise ElectionInvalid(Check.EVIDENCE_ACCEPTANCE, "the acceptance log has another key than before")
    return load_public_key(published)


@contextmanager
def open_box(folder: ElectionFolder, policy: Policy) -> Iterator[OpenBox]:
    """Lend the box of an election, and run the acceptance log meanwhile.

    Raises Refused (not_open) before the freeze, GatewayUnavailable, EncodingError, OSError.
    """
    folder.require(Phase.FROZEN)
    election, snapshot = folder.election(), register_of(folder)
    with FarSide(ACCEPTANCE_LOG, database=str(folder.acceptance)) as log:
        key = pinned_key(folder)
        with closing(AcceptanceLink(log.port, key, collector_key(folder))) as link:
            box = BallotBox(
                folder.path,
                policy,
                election=election,
                snapshot=snapshot,
                acceptance=link,
                key=collector_key(folder),
            )
            try:
                yield OpenBox(box, election, snapshot.version)
            finally:
                box.shut()
