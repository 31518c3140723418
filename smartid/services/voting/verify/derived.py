"""When somebody who voted electronically votes on paper too, the electronic ballots are not counted.

Programs that know no revocations count every ballot of a board. So the board is closed, and a second one is
counted: the same Setup, the same ballots in the same order but those of revoked credentials, EndBallots, and
then tally, shares and result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from smartid.errors import ElectionInvalid
from smartid.services.voting.board.archive import Archive, opened
from smartid.services.voting.board.entries import CREDENTIALS, Entry, entries
from smartid.services.voting.board.records import ballot_head
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.roll_index import RollIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """How many ballots the closed board holds, and how many of them are left out of the count."""

    ballots: int
    left_out: int


def check_derived(board: Path, count: Path, revoked: Collection[str]) -> Derived:
    """Check that one board follows from another and from the credentials that were revoked.

    board    closed, and kept as it was: receipts are about it
    count    what is counted; ``verify_archive`` verifies it
    revoked  credentials as the list spells them

    Raises ElectionInvalid (count, event-order, event-chain, event-records, roll-form), EncodingError,
    OSError.
    """
    without = frozenset(revoked)
    with opened(board) as closed, opened(count) as counted:
        if closed.timestamp != counted.timestamp:
            raise _wrong("the two boards do not carry the same time")
        _require_listed(closed, without)
        kept, found = _Kept(closed, without), iter(entries(counted))
        for entry in kept.entries():
            other_entry = next(found, None)
            if other_entry is None or _content(other_entry) != _content(entry):
                raise _wrong(f"it does not follow the closed board at event {entry.event.height} of that one")
    return Derived(ballots=kept.ballots, left_out=kept.left_out)


class _Kept:
    """The events of the closed board that go on to the count."""

    def __init__(self, archive: Archive, without: frozenset[str]) -> None:
        self._archive = archive
        self._without = without
        self.ballots = 0
        self.left_out = 0

    def entries(self) -> Iterator[Entry]:
        last = None
        for entry in entries(self._archive):
            last = entry.event.type
            if last is EventType.BALLOT:
                self.ballots += 1
                if ballot_head(entry.contents[0])[2] in self._without:
                    self.left_out += 1
                    continue
            yield entry
        if last is not EventType.END_BALLOTS:
            raise _wrong("the board that it is made of does not end with EndBallots")


def _content(entry: Entry) -> tuple[EventType, str]:
    return entry.event.type, entry.event.payload


def _require_listed(archive: Archive, revoked: frozenset[str]) -> None:
    setup = next(entries(archive), None)
    if setup is None:
        raise ElectionInvalid("event-order", "there is no Setup event")
    member = setup.members[CREDENTIALS]
    roll = RollIndex(archive.pieces(member), member.offset)
    if any(roll.find(credential.encode()) is None for credential in revoked):
        raise _wrong("a revoked credential is not on the list")


def _wrong(why: str) -> ElectionInvalid:
    return ElectionInvalid("count", why)
