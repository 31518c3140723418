"""A board that is added to: an event and its records are written at once, and last before anyone hears."""

from __future__ import annotations

import fcntl
import os
import threading
from array import array
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.board.archive import Archive, first_member
from smartid.services.voting.board.digests import DigestIndex
from smartid.services.voting.board.entries import RECORDS, Entry, Link, entries, named_by, read_entry
from smartid.services.voting.board.order import STAGE_OF, Stage, require_order
from smartid.services.voting.board.records import OwnedShare, Setup, SizedTally
from smartid.services.voting.board.write import Copier, write_new, written
from smartid.services.voting.compact import sha256_hex
from smartid.services.voting.values import Event, EventType


class Board:
    """An open board. Many processes may add to one file, and many threads to one board.

    >>> with Board.open(path) as board:
    ...     event = board.append(EventType.BALLOT, ballot.raw)
    ...     print(event.height, board.head_hash)
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("r+b", buffering=0)
        self._lock = threading.RLock()
        self._payloads = DigestIndex()
        self._starts = array("Q")
        self._others: dict[str, int] = {}
        self._last: Link | None = None
        try:
            with self._alone():
                self._archive = Archive(self._file)
                self._end = self._archive.begin
                self._read_on()
        except BaseException:
            self._file.close()
            raise

    @classmethod
    def create(
        cls, path: Path, *, election: bytes, trustees: bytes, credentials: bytes, timestamp: int
    ) -> Self:
        """Start a board: the file is there with its Setup event, or not at all.

        timestamp  seconds since 1970, which every member of the file will carry
        Raises OSError (FileExistsError) rather than replace a board, EncodingError for a timestamp that
        does not fit.
        """
        setup = Setup(
            election=sha256_hex(election),
            trustees=sha256_hex(trustees),
            credentials=sha256_hex(credentials),
        ).encode()
        event = Event(parent="", height=0, type=EventType.SETUP, payload=sha256_hex(setup))
        records = (election, trustees, credentials, setup)
        content = first_member(timestamp) + written(event, records, timestamp)
        write_new(path, [content])
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a board and read it through. What a crash left of an unfinished event is cut off.

        Raises OSError, EncodingError, ElectionInvalid for a chain that does not hold.
        """
        return cls(path)

    @property
    def head(self) -> Event:
        """The last event."""
        return self._link.event

    @property
    def head_hash(self) -> str:
        """SHA-256 of the last event, hexadecimal: it stands for everything up to there."""
        return self._link.digest

    @property
    def stage(self) -> Stage:
        """How far the election has come, as the last event says."""
        return STAGE_OF[self.head.type]

    @property
    def timestamp(self) -> int:
        """Of the archive: seconds since 1970."""
        return self._archive.timestamp

    def append(self, type_: EventType, payload: bytes | None = None, before: Sequence[bytes] = ()) -> Event:
        """Add an event, and come back when it lasts.

        payload  the record that the event names; None for EndBallots
        before   records that the payload names, in their order: the tally, or the share

        Raises ElectionInvalid for an event that may not follow (event-order), records that do not name each
        other (event-records) and a ballot that is there already (ballot-repeated); EncodingError; OSError,
        after which the event is not on the board.
        """
        records = (*before, *(() if payload is None else (payload,)))
        with self._lock, self._alone():
            self._read_on()
            event = Event(
                parent=self.head_hash,
                height=self.head.height + 1,
                type=type_,
                payload="" if payload is None else sha256_hex(payload),
            )
            self._require(event, records)
            self._write(written(event, records, self.timestamp))
            self._read_on()
            return event

    def append_tally(self, tally: bytes, *, num_tallied: int, total_weight: int) -> Event:
        """Add the sum of the ballots that count, encrypted. Raises what ``append`` raises."""
        sized = SizedTally(
            num_tallied=num_tallied, total_weight=total_weight, encrypted_tally=sha256_hex(tally)
        )
        return self.append(EventType.ENCRYPTED_TALLY, sized.encode(), [tally])

    def append_share(self, owner: int, share: bytes) -> Event:
        """Add a trustee's share; ``owner`` counts from 1. Raises what ``append`` raises."""
        owned = OwnedShare(owner=owner, payload=sha256_hex(share))
        return self.append(EventType.PARTIAL_DECRYPTION, owned.encode(), [share])

    def events(self) -> Iterator[tuple[Event, str]]:
        """Give every event with its SHA-256."""
        for height in range(len(self._starts)):
            entry = self.entry(height)
            yield entry.event, entry.digest

    def entry(self, height: int) -> Entry:
        """Give an event with its records. Raises IndexError, OSError."""
        with self._lock:
            return read_entry(self._archive, self._starts[height], first=height == 0)

    def height_of(self, payload: str) -> int | None:
        """Find the event whose payload is the record with this SHA-256 (hexadecimal); None without one."""
        return self._payloads.find(bytes.fromhex(payload))

    def record(self, sha256: str) -> bytes:
        """Give a record by its SHA-256 in hexadecimal. Raises KeyError, OSError."""
        height = self._others[sha256] if sha256 in self._others else self.height_of(sha256)
        if height is None:
            raise KeyError(sha256)
        entry = self.entry(height)
        place = [found.digest.hex() for found in entry.members].index(sha256)
        with self._lock:
            return b"".join(self._archive.pieces(entry.members[place]))

    def refresh(self) -> None:
        """Take in what others have added. Raises as ``open``."""
        with self._lock, self._alone():
            self._read_on()

    def copy_ballots_without(self, credentials: Collection[str], path: Path) -> int:
        """Write the board that is counted: the same election without the ballots of these credentials.

        The board must be closed. The copy has the same Setup, the ballots that stay in their order and
        EndBallots, and nothing behind. Gives how many ballots were left out. Raises ElectionInvalid
        (event-order) for a board that is still open, OSError (FileExistsError).
        """
        if self.stage in (Stage.SETUP, Stage.VOTING):
            raise ElectionInvalid("event-order", "a board that is still open cannot be copied for the count")
        copier = Copier(self, frozenset(credentials))
        write_new(path, copier.pieces())
        return copier.left_out

    def close(self) -> None:
        """Close the file; nothing is pending."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _link(self) -> Link:
        if self._last is None:
            raise EncodingError("archive", offset=self._end, expected="a Setup event")
        return self._last

    @contextmanager
    def _alone(self) -> Iterator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _read_on(self) -> None:
        """Take in what stands behind the last event that is known."""
        self._archive.refresh()
        try:
            for entry in entries(self._archive, self._end, self._last):
                self._take(entry)
        except EncodingError as error:
            if error.offset != self._archive.size or not self._starts:
                raise
            self._cut()

    def _take(self, entry: Entry) -> None:
        if not self._payloads.add(bytes.fromhex(entry.event.payload or entry.digest)):
            raise _repeated(entry.event.height)
        self._others |= {found.digest.hex(): len(self._starts) for found in entry.members[:-1]}
        self._starts.append(self._end)
        self._end, self._last = entry.end, entry.link

    def _cut(self) -> None:
        """Cut off an event whose end is missing: whoever wrote it never said that it was there."""
        os.ftruncate(self._file.fileno(), self._end)
        os.fsync(self._file.fileno())
        self._archive.refresh()

    def _write(self, data: bytes) -> None:
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._file.fileno(), data[written:], self._end + written)
            os.fsync(self._file.fileno())
        except BaseException:
            self._cut()
            raise

    def _require(self, event: Event, records: tuple[bytes, ...]) -> None:
        where = f"event {event.height}"
        require_order(self.head.type, event.type, event.height)
        if event.payload and self.height_of(event.payload) is not None:
            raise _repeated(event.height)
        digests = [sha256_hex(record) for record in records]
        if len(records) != RECORDS[event.type] or named_by(event.type, records) != digests[:-1]:
            raise ElectionInvalid("event-records", "the records do not name each other", where=where)


def _repeated(height: int) -> ElectionInvalid:
    return ElectionInvalid("ballot-repeated", "this record is on the board already", where=f"event {height}")
