"""The collector: the ballot box behind the booth and behind the line to voters' own computers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from board import PublicBoard

import smartid
from smartid import Refused
from smartid.services.voting.board.order import Stage
from smartid.services.voting.box import CastBallot
from smartid.services.voting.checking import audit_here
from smartid.services.voting.election import Election
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.polling import OpenBox
from smartid.services.voting.receipts import BallotReceipt
from smartid.services.voting.rehearsal import count_here, publish_sum


@dataclass(slots=True)
class Station:
    """A polling station over the folder of an election.

    paused  this station takes no ballots for a while; the election goes on elsewhere
    """

    folder: ElectionFolder
    policy: smartid.Policy
    lent: OpenBox
    public: PublicBoard
    paused: bool = False
    _whole: PublicBoard | None = None

    @property
    def election(self) -> Election:
        """The election."""
        return self.lent.election

    @property
    def register_version(self) -> int:
        """Version of the register of voters in force."""
        return self.lent.register_version

    def open(self) -> bool:
        """Tell whether ballots are taken."""
        return not self.paused and self.public.facts().stage in (Stage.SETUP, Stage.VOTING)

    def sequence(self, _label: str, national_number: str) -> int:
        """Give the number of the next ballot of somebody whose card lies in the reader."""
        return self.lent.box.next_sequence(national_number)

    def cast(self, ballot: bytes, statement: bytes, signature: bytes) -> BallotReceipt:
        """Put a ballot into the box. Raises Refused, GatewayUnavailable, StoreUnavailable."""
        if self.paused:
            raise Refused("This station has paused.", reason="not_open")
        return self.lent.cast(ballot, statement, signature, now())

    def history(self, request: bytes, signature: bytes) -> Sequence[CastBallot]:
        """Tell somebody which ballots were cast in their name."""
        return self.lent.box.history(request, signature, now())

    def whole(self) -> PublicBoard:
        """The board with every ballot that was accepted: what receipts are compared with."""
        path = self.folder.whole_board()
        if path == self.public.path:
            return self.public
        if self._whole is None:
            self._whole = PublicBoard(path)
        return self._whole

    def revoked(self) -> bool:
        """Tell whether paper votes took ballots out of the count."""
        return self.whole() is not self.public

    def paper(self, national_number: str) -> None:
        """Write down that somebody votes on paper. Raises Refused."""
        self.lent.box.paper(national_number, now())

    def close(self) -> None:
        """End the vote; it cannot be undone."""
        self.lent.box.close(now())
        self.public.path = self.folder.archive

    def count(self) -> None:
        """Audit, and let the trustees open the sum; in this order, for what is opened cannot be shut again.

        Raises Refused, ElectionInvalid.
        """
        audit_here(self.folder, self.policy)
        publish_sum(self.folder)
        count_here(self.folder)


def now() -> datetime:
    """The clock of the collector."""
    return datetime.now(UTC)
