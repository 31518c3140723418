"""The evidence log: for every accepted ballot, whose card agreed to it. Restricted; never published.

Lines of ``evidence.log`` (see ``log``), by their member ``kind``:

election  which election, and the head of the registrations' log at the freeze; the first line
ballot    a ballot was accepted: its bytes as text, statement, signature, who, time, and what was believed.
          When this line is on the disk the vote is cast; everything else follows from it
paper     a person voted on paper: nothing of theirs counts electronically, now or later
close     voting is over
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from smartid.errors import EncodingError
from smartid.services.voting.ballot_statement import BallotStatement
from smartid.services.voting.log import STANDARD, Line
from smartid.services.voting.voter_signature import Voter

LOG = "evidence.log"
"""Name in the restricted folder."""
_BALLOT = {
    "anchor",
    "ballot",
    "certificate",
    "kind",
    "person",
    "signature",
    "statement",
    "throw_away",
    "time",
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Accepted:
    """One accepted ballot with its evidence. Shows nobody in its ``repr``.

    ballot     its bytes
    statement  as it was signed
    signature  detached CAdES over the statement
    time       seconds since 1970-01-01 UTC
    """

    ballot: bytes
    statement: BallotStatement
    signature: bytes
    voter: Voter
    time: int

    def __repr__(self) -> str:
        return f"Accepted({self.statement.tracker})"

    @property
    def payload(self) -> str:
        """SHA-256 of the ballot, hexadecimal: what its event on the board names."""
        return hashlib.sha256(self.ballot).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Body of a line."""
        return {
            "anchor": self.voter.anchor,
            "ballot": self.ballot.decode(),
            "certificate": self.voter.certificate,
            "kind": "ballot",
            "person": self.voter.person,
            "signature": base64.b64encode(self.signature).decode(),
            "statement": self.statement.encode().decode(),
            "throw_away": int(self.voter.throw_away),
            "time": self.time,
        }

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Read a body. Raises EncodingError."""
        if body.keys() != _BALLOT:
            raise _broken("ballot", "exactly the members of the format")
        signature, voter, time = signed_members(body)
        return cls(
            ballot=_text(body, "ballot").encode(),
            statement=BallotStatement.parse(_text(body, "statement").encode()),
            signature=signature,
            voter=voter,
            time=time,
        )


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """What is kept in memory of an accepted ballot."""

    person: str
    credential: str
    statement: bytes
    """SHA-256 of it."""
    sequence: int
    time: int
    payload: str


@dataclass(slots=True, repr=False)
class EvidenceIndex:
    """What an evidence log says, read line by line.

    election    uuid and fingerprint of the first line; empty before it
    trackers    accepted ballots by tracker, in order
    sequences   last sequence number of each person
    paper       when each person voted on paper, seconds since 1970
    closed      when voting ended; None before
    unfinished  ballots that may not have reached the acceptance log and the board yet
    """

    election: tuple[str, str] | None = None
    trackers: dict[str, Known] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    paper: dict[str, int] = field(default_factory=dict)
    closed: int | None = None
    unfinished: list[Accepted] = field(default_factory=list)

    def apply(self, line: Line) -> None:
        """Take one line. Raises EncodingError for one that says nothing."""
        body = line.body
        try:
            match body["kind"]:
                case "ballot":
                    self._accept(Accepted.of(body))
                case "paper":
                    self.paper[str(body["person"])] = int(body["time"])
                case "close":
                    self.closed = int(body["time"])
                case "election":
                    self.election = (str(body["uuid"]), str(body["fingerprint"]))
                case _:
                    raise _broken(f"line {line.number}", "a line of a kind")
        except (KeyError, TypeError, ValueError) as error:
            raise _broken(f"line {line.number}", "a line of a kind") from error

    def of_person(self, person: str) -> list[tuple[str, Known]]:
        """Give the ballots of a person in order, with their trackers."""
        return [(tracker, known) for tracker, known in self.trackers.items() if known.person == person]

    def _accept(self, found: Accepted) -> None:
        statement = found.statement
        known = Known(
            person=found.voter.person,
            credential=statement.credential,
            statement=hashlib.sha256(statement.encode()).digest(),
            sequence=statement.sequence,
            time=found.time,
            payload=found.payload,
        )
        self.trackers[statement.tracker] = known
        self.sequences[known.person] = known.sequence
        self.unfinished.append(found)


def election_body(uuid: str, fingerprint: str, registrations: str) -> dict[str, Any]:
    """Body of the first line; ``registrations``: head of the registrations' log."""
    return {"fingerprint": fingerprint, "kind": "election", "registrations": registrations, "uuid": uuid}


def paper_body(person: str, now: datetime) -> dict[str, Any]:
    """Body of the line of a paper vote."""
    return {"kind": "paper", "person": person, "time": int(now.timestamp())}


def close_body(now: datetime) -> dict[str, Any]:
    """Body of the line that ends voting."""
    return {"kind": "close", "time": int(now.timestamp())}


def signed_members(body: Mapping[str, Any]) -> tuple[bytes, Voter, int]:
    """Read what every line with a signature has: the signature, who signed, when. Raises EncodingError."""
    if type(body.get("time")) is not int:
        raise _broken("time", "seconds since 1970")
    if type(body.get("throw_away")) is not int or body["throw_away"] not in (0, 1):
        raise _broken("throw_away", "0 or 1")
    voter = Voter(
        person=_text(body, "person"),
        certificate=_text(body, "certificate"),
        anchor=_text(body, "anchor"),
        throw_away=bool(body["throw_away"]),
    )
    return _bytes(_text(body, "signature")), voter, body["time"]


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise _broken(name, "a text")
    return value


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _broken("signature", "base64") from error


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(f"evidence, {what}", offset=0, expected=expected, standard=STANDARD)
