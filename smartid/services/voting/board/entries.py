"""Events with the records that belong to them, read one after the other and never kept.

What stands before an event::

    Setup              election, trustees, credentials, setup
    Ballot             ballot
    EndBallots         nothing
    EncryptedTally     tally, size of the tally
    PartialDecryption  share, owner of the share
    Result             result
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.board.archive import Archive, Member
from smartid.services.voting.board.order import require_order
from smartid.services.voting.board.records import OwnedShare, Setup, SizedTally, parse_event
from smartid.services.voting.compact import STANDARD
from smartid.services.voting.values import Event, EventType

MAX_EVENT = 512
MAX_RECORD = 4 << 20
MAX_SETUP = 16 << 20
"""The election and the trustees. Credentials may be as many as there are voters: they are read in pieces."""
CREDENTIALS = 2
"""Their place among the records of Setup."""
RECORDS = {
    EventType.SETUP: 4,
    EventType.BALLOT: 1,
    EventType.END_BALLOTS: 0,
    EventType.ENCRYPTED_TALLY: 2,
    EventType.PARTIAL_DECRYPTION: 2,
    EventType.RESULT: 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The end of a chain, to which the next event must fit. ``None`` for what is before the first."""

    event: Event
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event.

    digest    SHA-256 of the event, hexadecimal: what the next one names as its parent
    members   its records, by their places
    contents  their bytes, in the same order; empty for the credentials, which may be long
    end       where the next event's members start
    """

    event: Event
    digest: str
    members: tuple[Member, ...]
    contents: tuple[bytes, ...]
    end: int

    @property
    def link(self) -> Link:
        """What the next event hangs on."""
        return Link(event=self.event, digest=self.digest)


def entries(archive: Archive, start: int | None = None, last: Link | None = None) -> Iterator[Entry]:
    """Read events until the file ends.

    start, last  go on behind an event that was read before
    Raises EncodingError for broken bytes (its offset is the size of the file when only an end is missing),
    ElectionInvalid for events that do not hang together (event-chain, event-records) or stand in an order
    that elections do not have (event-order).
    """
    at = archive.begin if start is None else start
    while at < archive.size:
        entry = read_entry(archive, at, first=last is None)
        _require_link(entry, last)
        _require_records(entry)
        yield entry
        at, last = entry.end, entry.link


def read_entry(archive: Archive, at: int, *, first: bool) -> Entry:
    """Read one event and its records, without a look at what stands before. Raises EncodingError."""
    members: list[Member] = []
    contents: list[bytes] = []
    member = archive.member_at(at)
    while not member.event:
        if len(members) == max(RECORDS.values()):
            expected = f"an event after at most {len(members)} records"
            raise EncodingError("archive", offset=at, expected=expected, standard=STANDARD)
        members.append(member)
        contents.append(_content(archive, member, len(contents) if first else None))
        at = member.end
        member = archive.member_at(at)
    event = parse_event(archive.content(member, MAX_EVENT))
    return Entry(
        event=event,
        digest=member.digest.hex(),
        members=tuple(members),
        contents=tuple(contents),
        end=member.end,
    )


def _content(archive: Archive, member: Member, place: int | None) -> bytes:
    """Read a record; ``place`` is where it stands in Setup, None in every later event."""
    if place != CREDENTIALS:
        return archive.content(member, MAX_RECORD if place is None else MAX_SETUP)
    for _ in archive.pieces(member):
        pass
    return b""


def _require_link(entry: Entry, last: Link | None) -> None:
    event = entry.event
    parent, height = (last.digest, last.event.height + 1) if last else ("", 0)
    if (event.parent, event.height) != (parent, height):
        why = f"it must have height {height} and name the event before as its parent"
        raise ElectionInvalid("event-chain", why, where=f"event {height}")
    require_order(last.event.type if last else None, event.type, height)


def _require_records(entry: Entry) -> None:
    event, where = entry.event, f"event {entry.event.height}"
    if len(entry.members) != RECORDS[event.type]:
        why = f"{event.type} has {RECORDS[event.type]} records of its own"
        raise ElectionInvalid("event-records", why, where=where)
    digests = [member.digest.hex() for member in entry.members]
    if (
        event.payload != (digests[-1] if digests else "")
        or named_by(event.type, entry.contents) != digests[:-1]
    ):
        why = "it and the records before it do not name each other"
        raise ElectionInvalid("event-records", why, where=where)


def named_by(type_: EventType, contents: tuple[bytes, ...]) -> list[str]:
    """SHA-256 of the records that the last one names. Raises EncodingError."""
    match type_:
        case EventType.SETUP:
            setup = Setup.parse(contents[-1])
            return [setup.election, setup.trustees, setup.credentials]
        case EventType.ENCRYPTED_TALLY:
            return [SizedTally.parse(contents[-1]).encrypted_tally]
        case EventType.PARTIAL_DECRYPTION:
            return [OwnedShare.parse(contents[-1]).payload]
    return []
