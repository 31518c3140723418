"""Records that were made offline come home: verified, told apart from what came before, posted, counted.

A card has moved its value already when a record arrives, so a record is not asked for but taken down: accepted,
duplicate (it came before), forged, late, or proof that a card or a module spent the same number twice. What was
moved stands in the ledger under an id made from the card and its counter, which is why a replay is caught for
ever. Every series of numbers (a card's, a security module's) is watched for numbers that are missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from smartid.errors import EncodingError, Refused
from smartid.services.ledger.book import Book, Entry
from smartid.services.ledger.book import Record as Document
from smartid.services.ledger.values import Account, Outcome, Posting
from smartid.services.reasons import Reason
from smartid.services.spine.series import Gap
from smartid.services.spine.states import State

MAX_RECORD = 4096
"""Longest record, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """One record whose proof was found good.

    id        16 bytes made from the first series and its number (``transfer_id``); id of the first transfer
    series    names and numbers that it uses up, from 1: the card's first, then the security module's
    postings  transfers, carried out together; their notes hold the record's digest, so that another record under
              the same id is seen; empty when nothing moves
    late      the transfers for a record that came after the acceptance window; empty to post as usual
    accounts  to be opened when they are missing
    time      when the terminal says that it was made, seconds since 1970-01-01 UTC
    evidence  what is kept with an alarm
    """

    id: bytes
    series: Sequence[tuple[str, int]]
    postings: Posting
    time: int
    late: Posting = ()
    accounts: Sequence[Account] = ()
    evidence: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that somebody has to look at.

    kind      "double spend", "number used twice", "forged", "refused" (``reason`` says why), "not posted"
    series    whose number it is; empty when the record proves nothing
    number    the number; 0 without one
    record    the bytes that came
    evidence  what else is known
    """

    kind: str
    record: bytes = field(repr=False)
    series: str = ""
    number: int = 0
    reason: str = ""
    evidence: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name the alarm: the same record raises it once, however often it comes."""
        parts = f"{self.kind}\0{self.series}\0{self.number}\0".encode() + self.record
        return hashlib.sha256(parts).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionReport:
    """What became of the records of one call.

    states     one for each record, in the order they came
    gaps       numbers that are missing in the series that were touched
    closed     gaps that a record of this call has closed, whole or in part: series and number
    """

    states: list[State]
    accepted: int = 0
    duplicates: int = 0
    late: int = 0
    double_spends: list[Alarm] = field(default_factory=list)
    forged: list[Alarm] = field(default_factory=list)
    refused: list[Alarm] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    closed: list[tuple[str, int]] = field(default_factory=list)

    @property
    def alarms(self) -> list[Alarm]:
        """All of them."""
        return [*self.double_spends, *self.forged, *self.refused]


class Collector:
    """Takes down records of one service.

    name    of the service: prefix of what it keeps in the book
    verify  reads one record and checks its proof. It raises EncodingError or Refused (bad_proof) for a forged one,
            Refused with another reason for one that the scheme does not take (a killed key version)
    window  how long after the transaction a record is taken as usual
    """

    def __init__(
        self,
        book: Book,
        verify: Callable[[bytes], Collected],
        *,
        name: str,
        window: timedelta = timedelta(days=30),
    ) -> None:
        self._book = book
        self._verify = verify
        self._name = name
        self._window = int(window.total_seconds())
        self._opened: set[Account] = set()

    def collect(self, records: Iterable[bytes], now: datetime) -> CollectionReport:
        """Take down records. It may be repeated with the same records, whatever became of the first time."""
        raw = list(records)
        report = CollectionReport(states=[State.COLLECTED] * len(raw))
        raise Refused(str(report), reason=Reason.DECLINED)

    def gaps(self, now: datetime, *, older_than: timedelta = timedelta(0)) -> list[Gap]:
        """List numbers that are missing for longer than this, the oldest first."""
        raise Refused(str(older_than), reason=Reason.DECLINED)

    def alarms(self, kind: str | None = None) -> list[Alarm]:
        """List what was found, each once."""
        raise Refused(str(kind), reason=Reason.DECLINED)
