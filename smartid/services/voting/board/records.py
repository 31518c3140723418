"""Events, and the small records that tie a payload to its event.

Compact JSON, members in this order::

event             [parent] height type [payload]
setup             election trustees credentials         SHA-256 of each
size of a tally   num_tallied total_weight encrypted_tally
owner of a share  owner payload                         owner from 1
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

from smartid.services.voting.compact import broken, compact, members, parse
from smartid.services.voting.values import Event, EventType

_HASH = re.compile(r"[0-9a-f]{64}")
_BALLOT = re.compile(
    rb'\{"election_uuid":"([0-9A-Za-z]{14,64})","election_hash":"([0-9A-Za-z+/]{43})","credential":"([0-9a-f]{1,640})",'
)
_LARGEST_NUMBER = 2**30 - 1
"""Larger weights are written as texts."""


def encode_event(event: Event) -> bytes:
    """Write an event; what it does not have is left out."""
    found: dict[str, Any] = {"parent": event.parent} if event.parent else {}
    found |= {"height": event.height, "type": event.type.value}
    return compact(found | ({"payload": event.payload} if event.payload else {}))


def parse_event(raw: bytes) -> Event:
    """Read an event in its one spelling. Raises EncodingError."""
    found = parse(raw, "event")
    height: Any = found.get("height")
    if found.get("type") not in list(EventType) or not _is_number(height):
        raise broken("event", "a height from 0 and a type that is known")
    event = Event(
        parent=_hash(found["parent"], "event") if "parent" in found else "",
        height=height,
        type=EventType(found["type"]),
        payload=_hash(found["payload"], "event") if "payload" in found else "",
    )
    if encode_event(event) != raw:
        raise broken("event", "parent, height, type, payload in their one spelling")
    return event


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What an election starts from: SHA-256 of three records."""

    election: str
    trustees: str
    credentials: str

    def encode(self) -> bytes:
        """Write the record."""
        return compact(
            {"election": self.election, "trustees": self.trustees, "credentials": self.credentials}
        )

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read the record. Raises EncodingError."""
        names = ("election", "trustees", "credentials")
        found = members(parse(raw, "setup"), "setup", names)
        setup = cls(**{name: _hash(found[name], "setup") for name in names})
        _require_same(setup, raw, "setup")
        return setup


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedTally:
    """How many ballots, and what weight, an encrypted tally holds."""

    num_tallied: int
    total_weight: int
    encrypted_tally: str

    def encode(self) -> bytes:
        """Write the record."""
        weight = self.total_weight if self.total_weight <= _LARGEST_NUMBER else str(self.total_weight)
        return compact(
            {
                "num_tallied": self.num_tallied,
                "total_weight": weight,
                "encrypted_tally": self.encrypted_tally,
            }
        )

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read the record. Raises EncodingError."""
        what = "size of the tally"
        found = members(parse(raw, what), what, ("num_tallied", "total_weight", "encrypted_tally"))
        weight = found["total_weight"]
        if isinstance(weight, str) and re.fullmatch(r"[1-9][0-9]{0,19}", weight):
            weight = int(weight)
        if not _is_number(found["num_tallied"]) or not _is_number(weight):
            raise broken(what, "numbers from 0")
        sized = cls(
            num_tallied=found["num_tallied"],
            total_weight=weight,
            encrypted_tally=_hash(found["encrypted_tally"], what),
        )
        _require_same(sized, raw, what)
        return sized


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedShare:
    """Whose share it is: the place among all trustees, from 1."""

    owner: int
    payload: str

    def encode(self) -> bytes:
        """Write the record."""
        return compact({"owner": self.owner, "payload": self.payload})

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read the record. Raises EncodingError."""
        what = "owner of a share"
        found = members(parse(raw, what), what, ("owner", "payload"))
        if not _is_number(found["owner"]) or found["owner"] == 0:
            raise broken(what, "a number from 1")
        owned = cls(owner=found["owner"], payload=_hash(found["payload"], what))
        _require_same(owned, raw, what)
        return owned


def ballot_head(raw: bytes) -> tuple[str, str, str]:
    """Read how a ballot begins: uuid and fingerprint of its election, and its credential.

    Raises EncodingError.
    """
    found = _BALLOT.match(raw)
    if found is None:
        raise broken("ballot", "election_uuid, election_hash and credential at its beginning")
    return found[1].decode(), found[2].decode(), found[3].decode()


def _require_same(record: Setup | SizedTally | OwnedShare, raw: bytes, what: str) -> None:
    if record.encode() != raw:
        raise broken(what, "the one spelling of this record")


def _hash(value: object, what: str) -> str:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise broken(what, "SHA-256 in 64 hexadecimal digits")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
