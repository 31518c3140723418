"""What is found out about a record that was made offline, as values."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from smartid.services.ledger.book import Record as Document
from smartid.services.ledger.values import Account, Posting
from smartid.services.spine.series import Gap
from smartid.services.spine.states import State

MAX_RECORD = 4096
"""Longest record that is kept with an alarm, in bytes."""


@dataclass(slots=True, kw_only=True)
class Collected:
    """One record whose proof was found good.

    id        16 bytes made from the first series and its number (``transfer_id``); id of the first transfer
    series    names and numbers that it uses up, from 1: the card's first, then the security module's
    postings  transfers, carried out together; their notes hold the record's digest, so that another record
              under the same id is seen; empty when nothing moves
    late      makes the transfers for a record that came after the acceptance window; None to post as usual
    accounts  to be opened when they are missing
    time      when the terminal says that it was made, seconds since 1970-01-01 UTC
    evidence  what is kept with an alarm
    """

    id: bytes
    series: Sequence[tuple[str, int]]
    postings: Posting
    time: int
    late: Callable[[], Posting] | None = None
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

    def document(self, kind: str) -> Document:
        """Give what is kept of it."""
        content = {
            "series": self.series,
            "number": self.number,
            "record": self.record[:MAX_RECORD].hex(),
            "reason": self.reason,
            "evidence": dict(self.evidence),
        }
        return Document(kind=kind, key=self.key, content=content, state=self.kind)

    @classmethod
    def of(cls, document: Document) -> Alarm:
        """Read what was kept."""
        content = document.content
        return cls(
            kind=document.state,
            record=bytes.fromhex(content["record"]),
            series=content["series"],
            number=content["number"],
            reason=content["reason"],
            evidence=content["evidence"],
        )


@dataclass(slots=True, kw_only=True)
class CollectionReport:
    """What became of the records of one call.

    states     one for each record, in the order they came
    accepted   records that were new and posted; late ones are counted apart
    gaps       numbers that are missing in the series that were touched
    closed     gaps that a record of this call has closed, whole or in part: series and number
    """

    states: list[State] = field(default_factory=list)
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
