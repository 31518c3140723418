"""Numbers that must come without gaps and once: those of a card, of a security module, of a terminal.

Kept in the book: what is missing in each series (record kind ``NAME/series``), and for the series of a second
owner which record used each number (kind ``NAME/tags``, 128 numbers in one record, 8 bytes of digest each).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from smartid.services.ledger.book import Entry, Record

_CHUNK = 128
_TAG = 8
_NOTHING = bytes(_TAG)
_Tagged = Mapping[tuple[str, int], list[tuple[str, int, bytes]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Numbers that are missing: somebody has a record that did not come.

    since  when the gap was seen first
    """

    series: str
    first: int
    last: int
    since: datetime

    def __len__(self) -> int:
        return self.last - self.first + 1


class Mark(NamedTuple):
    """A number of a series that a record used.

    tag  8 bytes of the record's digest: two records that use one number are told apart; empty where the
         ledger does that already
    """

    series: str
    number: int
    tag: bytes = b""


@dataclass(slots=True)
class Marked:
    """What marking has shown.

    reused   numbers that another record had used
    closed   numbers that were missing
    seen     numbers that had come before, whoever used them
    touched  the series
    gaps     what is missing in them now
    """

    reused: list[Mark] = field(default_factory=list)
    closed: list[tuple[str, int]] = field(default_factory=list)
    seen: set[tuple[str, int]] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    gaps: list[Gap] = field(default_factory=list)


def mark(entry: Entry, name: str, marks: Iterable[tuple[str, int, bytes]], now: datetime) -> Marked:
    """Write down numbers that have come (as in ``Mark``), in any order, within an entry of the book."""
    found = Marked()
    by_series: defaultdict[str, list[int]] = defaultdict(list)
    tagged: defaultdict[tuple[str, int], list[tuple[str, int, bytes]]] = defaultdict(list)
    for item in marks:
        series, number, tag = item
        by_series[series].append(number)
        if tag:
            tagged[series, number // _CHUNK].append(item)
    found.touched.update(by_series)
    _mark_numbers(entry, name, by_series, int(now.timestamp()), found)
    _mark_tags(entry, name, tagged, found)
    return found


def gaps(entry: Entry, name: str, *, seen_until: datetime, limit: int = 1000) -> list[Gap]:
    """List gaps that were seen at that time or before, the oldest series first."""
    records = entry.find(f"{name}/series", state="gap", due=int(seen_until.timestamp()), limit=limit)
    return [gap for record in records for gap in _gaps(record.key, record.content) if gap.since <= seen_until]


def gaps_of(entry: Entry, name: str, series: str) -> list[Gap]:
    """List gaps of one series."""
    record = entry.load(f"{name}/series", series)
    return _gaps(series, record.content) if record else []


def whole_until(entry: Entry, name: str, series: str) -> int:
    """Give the number up to which nothing is missing."""
    record = entry.load(f"{name}/series", series)
    if record is None:
        return 0
    missing = record.content.get("missing")
    return int(missing[0][0]) - 1 if missing else int(record.content["highest"])


def _mark_numbers(
    entry: Entry, name: str, by_series: Mapping[str, list[int]], now: int, found: Marked
) -> None:
    kind = f"{name}/series"
    known = entry.load_many(kind, list(by_series))
    changed = []
    for series, numbers in by_series.items():
        record = known.get(series)
        before = record.content["highest"] if record else 0
        if len(numbers) == 1 and numbers[0] == before + 1 and not (record and record.due):
            changed.append(_series_record(kind, series, numbers[0], []))
            continue
        missing = [list(item) for item in record.content["missing"]] if record and record.due else []
        ranges = len(found.closed), len(missing)
        highest = _advance((series, before, now), missing, numbers, found)
        if highest != before or ranges != (len(found.closed), len(missing)):
            changed.append(_series_record(kind, series, highest, missing))
        if missing:
            found.gaps += _gaps(series, {"missing": missing})
    if changed:
        entry.keep(*changed)


def _advance(at: tuple[str, int, int], missing: list[list[int]], numbers: list[int], found: Marked) -> int:
    """Take numbers into a series; gives the highest of them all. ``at``: series, highest so far, time."""
    series, highest, now = at
    for number in sorted(set(numbers)):
        if number > highest:
            if number > highest + 1:
                missing.append([highest + 1, number - 1, now])
            highest = number
        elif missing and _take(missing, number):
            found.closed.append((series, number))
        else:
            found.seen.add((series, number))
    return highest


def _series_record(kind: str, series: str, highest: int, missing: list[list[int]]) -> Record:
    if not missing:
        return Record(kind=kind, key=series, content={"highest": highest})
    content = {"highest": highest, "missing": missing}
    return Record(kind=kind, key=series, content=content, state="gap", due=min(item[2] for item in missing))


def _take(missing: list[list[int]], number: int) -> bool:
    """Take a number out of the ranges that are missing; False when it is in none."""
    place = bisect_right(missing, number, key=lambda item: item[0]) - 1
    if place < 0 or number > missing[place][1]:
        return False
    first, last, since = missing[place]
    rest = [[first, number - 1, since], [number + 1, last, since]]
    missing[place : place + 1] = [item for item in rest if item[0] <= item[1]]
    return True


def _gaps(series: str, content: Mapping[str, Sequence[Sequence[int]]]) -> list[Gap]:
    return [
        Gap(series=series, first=first, last=last, since=datetime.fromtimestamp(since, UTC))
        for first, last, since in content.get("missing", ())
    ]


def _mark_tags(entry: Entry, name: str, tagged: _Tagged, found: Marked) -> None:
    kind = f"{name}/tags"
    keys = {chunk: f"{chunk[0]}/{chunk[1]}" for chunk in tagged}
    known = entry.load_many(kind, list(keys.values()))
    changed = []
    for chunk, items in tagged.items():
        record = known.get(keys[chunk])
        before = bytes.fromhex(record.content["tags"]) if record else bytes(_CHUNK * _TAG)
        tags = bytearray(before)
        found.reused += [Mark(*item) for item in items if not _claim(tags, item)]
        if tags != before:
            changed.append(Record(kind=kind, key=keys[chunk], content={"tags": tags.hex()}))
    if changed:
        entry.keep(*changed)


def _claim(tags: bytearray, item: tuple[str, int, bytes]) -> bool:
    """Write whose number it is; False when it is another record's."""
    _, number, tag = item
    place = number % _CHUNK * _TAG
    owner = tags[place : place + _TAG]
    if owner != _NOTHING:
        return owner == tag
    tags[place : place + _TAG] = tag
    return True
