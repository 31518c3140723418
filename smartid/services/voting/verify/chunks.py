"""The second pass in pieces: what one errand of a worker checks, a function of nothing but the file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias

from smartid.errors import ElectionInvalid, EncodingError, ExtraMissing
from smartid.services.voting.ballot import Ballot, BallotContext, verify_raw
from smartid.services.voting.election import Election
from smartid.services.voting.groups.named import named
from smartid.services.voting.verify.products import Texts, as_texts, multiply, nothing
from smartid.services.voting.verify.roll_index import Range, entries_in, range_digest
from smartid.services.voting.verify.survey import Survey

BALLOTS = 32
"""Ballots in one errand: about half a second of work on 2048 bits."""
_VERSION = "smartid 1"
"""Change it when ballots are verified in another way: what was noted before is then done again."""


class Place(NamedTuple):
    """Where a content is in the file, and its SHA-256."""

    offset: int
    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """What a worker found wrong: the parts of an ElectionInvalid, which itself does not travel."""

    check: str
    why: str
    where: str

    def error(self) -> ElectionInvalid:
        """Make the error of it."""
        return ElectionInvalid(self.check, self.why, where=self.where)


@dataclass(frozen=True, slots=True)
class Missing:
    """What a worker's machine lacks: the parts of an ExtraMissing."""

    extra: str
    feature: str

    def error(self) -> ExtraMissing:
        """Make the error of it."""
        return ExtraMissing(self.extra, self.feature)


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotChunk:
    """Some ballots that follow each other.

    election  where its record is, and its SHA-256
    first     number of the first ballot, from 0; its event has the next height
    ballots   where they are, and SHA-256 of each
    weights   how often each counts; 0 when another one of that voter follows
    """

    path: str
    election: Place
    first: int
    ballots: tuple[Place, ...]
    weights: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ballots)

    @property
    def key(self) -> str:
        """SHA-256 of all that the outcome depends on."""
        digests = [place.digest.hex() for place in (self.election, *self.ballots)]
        return _key("ballots", digests, self.weights)

    def verify(self) -> Texts | Fault:
        """Verify the ballots, and multiply those that count."""
        context = _context(self.path, self.election)
        if context is None:
            return _CHANGED
        products = nothing(context.election, context.group)
        with Path(self.path).open("rb") as file:
            pairs = zip(self.ballots, self.weights, strict=True)
            for height, (place, weight) in enumerate(pairs, self.first + 1):
                found = _verified(_read(file, place), context, f"event {height}")
                if isinstance(found, Fault):
                    return found
                if weight:
                    choices = tuple(answer.choices for answer in found.answers)
                    products = multiply(products, choices, context.group, weight)
        return as_texts(products, context.group)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollChunk:
    """Some credentials that follow each other."""

    path: str
    group: str
    range: Range

    def __len__(self) -> int:
        return self.range.entries

    @property
    def key(self) -> str:
        """SHA-256 of all that the outcome depends on."""
        return _key("roll", [self.group, self.range.digest.hex()], ())

    def verify(self) -> Texts | Fault:
        """Check that each lies in the group."""
        group = named(self.group)
        with Path(self.path).open("rb") as file:
            file.seek(self.range.offset)
            entries = entries_in(file.read(self.range.size))
        if range_digest(entries) != self.range.digest:
            return _CHANGED
        for entry in entries:
            try:
                group.decode(entry[1].decode(), "credential")
            except EncodingError as error:
                where = f"byte {self.range.offset + entry.start()}"
                return Fault("roll-group", f"expected {error.expected}", where)
        return []


Chunk: TypeAlias = BallotChunk | RollChunk
Outcome: TypeAlias = Texts | Fault | Missing
_CHANGED = Fault("container", "the file was changed while it was verified", "")


def chunks(found: Survey) -> Iterator[Chunk]:
    """Cut what was surveyed into errands."""
    path = str(found.path)
    for some in found.roll.ranges:
        yield RollChunk(path=path, group=found.group.name, range=some)
    for first in range(0, found.ballots, BALLOTS):
        numbers = range(first, min(first + BALLOTS, found.ballots))
        yield BallotChunk(
            path=path,
            election=Place(*found.election_place),
            first=first,
            ballots=tuple(Place(found.offsets[n], found.sizes[n], found.digests[n]) for n in numbers),
            weights=tuple(map(found.weight, numbers)),
        )


@lru_cache(maxsize=4)
def _context(path: str, place: Place) -> BallotContext | None:
    with Path(path).open("rb") as file:
        raw = _read(file, place)
    return None if raw is None else BallotContext(Election.parse(raw))


def _verified(raw: bytes | None, context: BallotContext, where: str) -> Ballot | Fault:
    if raw is None:
        return _CHANGED
    try:
        return verify_raw(raw, context)
    except EncodingError as error:
        return Fault("ballot-form", f"{error.what}: expected {error.expected}", where)
    except ElectionInvalid as error:
        return Fault(error.check, error.why, where)


def _read(file: BinaryIO, place: Place) -> bytes | None:
    file.seek(place.offset)
    content = file.read(place.size)
    return content if hashlib.sha256(content).digest() == place.digest else None


def _key(kind: str, texts: list[str], weights: Sequence[int]) -> str:
    return hashlib.sha256(json.dumps([_VERSION, kind, texts, list(weights)]).encode()).hexdigest()
