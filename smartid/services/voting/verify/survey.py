"""The first pass: read the whole board once, check how it hangs together, and remember where things are.

A ballot leaves its SHA-256, its place and the number of its credential: about 60 bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.board.archive import Archive, Member, opened
from smartid.services.voting.board.digests import DigestIndex
from smartid.services.voting.board.entries import CREDENTIALS, Entry, Link, entries
from smartid.services.voting.board.records import OwnedShare, SizedTally, ballot_head
from smartid.services.voting.election import Election
from smartid.services.voting.groups.base import Group
from smartid.services.voting.groups.named import named
from smartid.services.voting.trustees.published import MAX_TRUSTEES
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.roll_index import RollIndex


@dataclass(slots=True, kw_only=True)
class Survey:
    """What the first pass keeps of a board."""

    path: Path
    election: Election
    election_place: tuple[int, int, bytes]
    group: Group
    trustees: bytes
    roll: RollIndex
    head: Link
    digests: DigestIndex = field(default_factory=DigestIndex)
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    sizes: array[int] = field(default_factory=lambda: array("I"))
    voters: array[int] = field(default_factory=lambda: array("I"))
    last: array[int] = field(default_factory=lambda: array("Q"))
    closed: bool = False
    tally: tuple[bytes, SizedTally] | None = None
    shares: list[tuple[int, bytes]] = field(default_factory=list)
    result: bytes | None = None

    @property
    def ballots(self) -> int:
        """On the board."""
        return len(self.offsets)

    def weight(self, number: int) -> int:
        """How often a ballot counts: 0 when its voter cast another one later."""
        voter = self.voters[number]
        return self.roll.weight(voter) if self.last[voter] == number + 1 else 0

    def counted_numbers(self) -> Iterator[int]:
        """Give the numbers of the ballots that count, from 0."""
        return (number for number in range(self.ballots) if self.weight(number))


def survey(path: Path, after: Link | None = None) -> Survey:
    """Read a board once. Raises OSError, EncodingError, ElectionInvalid.

    after  an event that must stand on it (prefix)
    """
    with opened(path) as archive:
        events = entries(archive)
        first = next(events, None)
        if first is None:
            raise ElectionInvalid("event-order", "there is no Setup event")
        found = _begin(path, archive, first)
        there = after in {None, first.link}
        for entry in events:
            found.head = entry.link
            there = there or entry.link == after
            _take(found, entry)
    if not there:
        raise ElectionInvalid("prefix", "the file was changed while it was compared with the earlier copy")
    return found


def _begin(path: Path, archive: Archive, entry: Entry) -> Survey:
    election = _election(entry.contents[0])
    members = entry.members
    roll = members[CREDENTIALS]
    index = RollIndex(archive.pieces(roll), roll.offset)
    return Survey(
        path=path,
        election=election,
        election_place=(members[0].offset, members[0].size, members[0].digest),
        group=_group(election),
        trustees=entry.contents[1],
        roll=index,
        head=entry.link,
        last=array("Q", bytes(8 * len(index))),
    )


def _election(raw: bytes) -> Election:
    try:
        return Election.parse(raw)
    except EncodingError as error:
        raise ElectionInvalid("election", f"{error.what}: expected {error.expected}") from error


def _group(election: Election) -> Group:
    try:
        return named(election.group)
    except EncodingError as error:
        raise ElectionInvalid("election", f"its group is not {error.expected}") from error


def _take(found: Survey, entry: Entry) -> None:
    match entry.event.type:
        case EventType.BALLOT:
            _take_ballot(found, entry.members[0], entry.contents[0], f"event {entry.event.height}")
        case EventType.END_BALLOTS:
            found.closed = True
        case EventType.ENCRYPTED_TALLY:
            found.tally = entry.contents[0], SizedTally.parse(entry.contents[1])
        case EventType.PARTIAL_DECRYPTION:
            owner = OwnedShare.parse(entry.contents[1]).owner
            if owner > MAX_TRUSTEES or owner in dict(found.shares):
                why = "there is no such trustee, or it gave a share already"
                raise ElectionInvalid("share-owner", why, where=f"share of trustee {owner}")
            found.shares.append((owner, entry.contents[0]))
        case EventType.RESULT:
            found.result = entry.contents[0]


def _take_ballot(found: Survey, member: Member, raw: bytes, where: str) -> None:
    try:
        uuid, fingerprint, credential = ballot_head(raw)
    except EncodingError as error:
        raise ElectionInvalid("ballot-form", f"expected {error.expected}", where=where) from error
    if (uuid, fingerprint) != (found.election.uuid, found.election.fingerprint):
        raise ElectionInvalid("ballot-election", "it was made for another election", where=where)
    voter = found.roll.find(credential.encode())
    if voter is None:
        raise ElectionInvalid("ballot-credential", "its credential is not on the list", where=where)
    if not found.digests.add(member.digest):
        raise ElectionInvalid("ballot-repeated", "the same ballot came before", where=where)
    found.offsets.append(member.offset)
    found.sizes.append(member.size)
    found.voters.append(voter)
    found.last[voter] = found.ballots
