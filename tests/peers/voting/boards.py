"""Archives taken apart, changed, and put together again, with no code of smartid.

It is how the tests forge what a verifier must refuse: the chain, the hashes and the headers of what is
written are right, and only what was changed is wrong.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

BLOCK = 512


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def fingerprint(data: bytes) -> str:
    """SHA-256 in base64 without padding."""
    return base64.b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def header(name: str, size: int, time: int, mode: bytes = b"0000644") -> bytes:
    """The 512 bytes of a member of an old tar file."""
    out = bytearray(BLOCK)
    out[: len(name)] = name.encode()
    for offset, text in ((100, mode), (108, b"0000000"), (116, b"0000000"), (148, b" " * 8), (156, b"0")):
        out[offset : offset + len(text)] = text
    out[124:135] = f"{size:011o}".encode()
    out[136:147] = f"{time:011o}".encode()
    out[148:156] = f"{sum(out):06o}\0 ".encode()
    return bytes(out)


def member(name: str, content: bytes, time: int) -> bytes:
    """A header, the content, and zeros up to a whole block."""
    return header(name, len(content), time) + content + bytes(-len(content) % BLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event and what it brings.

    records   what stands before the event, as texts of the protocol: ballot, tally, share, result …
    link      None: the record that ties the others to the event is written anew; else it is kept as it is
    extra     members of the event that should not be there
    """

    type: str
    records: tuple[bytes, ...] = ()
    owner: int = 0
    counts: tuple[int, int] = (0, 0)
    link: bytes | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def stored(self) -> tuple[bytes, ...]:
        """All records before the event, the one that the event names last."""
        tie = self.link if self.link is not None else self._tie()
        return self.records if tie is None else (*self.records, tie)

    def _tie(self) -> bytes | None:
        hashes = [sha256(record) for record in self.records]
        if self.type == "Setup":
            return compact(dict(zip(("election", "trustees", "credentials"), hashes, strict=True)))
        if self.type == "EncryptedTally":
            counted, weight = self.counts
            return compact({"num_tallied": counted, "total_weight": weight, "encrypted_tally": hashes[0]})
        if self.type == "PartialDecryption":
            return compact({"owner": self.owner, "payload": hashes[0]})
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All events of an archive, and its time."""

    time: int
    steps: tuple[Step, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Take an archive apart."""
        return cls.parse(path.read_bytes())

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The same from its bytes."""
        contents = _members(data)
        (_, first), *others = contents
        steps: list[Step] = []
        waiting: list[bytes] = []
        for name, content in others:
            if name.endswith(".data.json"):
                waiting.append(content)
            else:
                steps.append(_step(json.loads(content)["type"], waiting))
                waiting = []
        return cls(time=int(json.loads(first)["timestamp"]), steps=tuple(steps))

    def encode(self) -> bytes:
        """Put it together again."""
        out = [member("BELENIOS", compact({"version": 1, "timestamp": str(self.time)}), self.time)]
        parent = ""
        for height, step in enumerate(self.steps):
            records = step.stored()
            event: dict[str, Any] = {"parent": parent} if height else {}
            event |= {"height": height, "type": step.type}
            if records:
                event["payload"] = sha256(records[-1])
            text = compact(event | step.extra)
            parent = sha256(text)
            out += [member(f"{sha256(record)}.data.json", record, self.time) for record in records]
            out.append(member(f"{parent}.event.json", text, self.time))
        return b"".join(out)

    def places(self, kind: str) -> list[int]:
        """Where the events of a type stand."""
        return [place for place, step in enumerate(self.steps) if step.type == kind]

    def ballots(self) -> list[bytes]:
        return [self.steps[place].records[0] for place in self.places("Ballot")]

    def insert(self, place: int, *steps: Step) -> Self:
        return replace(self, steps=(*self.steps[:place], *steps, *self.steps[place:]))

    def without(self, *places: int) -> Self:
        return replace(self, steps=tuple(step for n, step in enumerate(self.steps) if n not in places))

    def with_step(self, place: int, **changes: Any) -> Self:
        """Change one event."""
        changed = replace(self.steps[place], **changes)
        return replace(self, steps=(*self.steps[:place], changed, *self.steps[place + 1 :]))

    def edit(self, place: int, record: int, change: Callable[[Any], Any]) -> Self:
        """Change one record of an event as JSON; it is written compactly again."""
        records = list(self.steps[place].records)
        records[record] = compact(change(json.loads(records[record])))
        return self.with_step(place, records=tuple(records))


def _members(data: bytes) -> list[tuple[str, bytes]]:
    found, place = [], 0
    while place < len(data):
        name = data[place : place + 100].rstrip(b"\0").decode()
        size = int(data[place + 124 : place + 135], 8)
        found.append((name, data[place + BLOCK : place + BLOCK + size]))
        place += BLOCK + size + -size % BLOCK
    return found


def _step(kind: str, records: list[bytes]) -> Step:
    if kind == "Setup":
        return Step(type=kind, records=tuple(records[:3]))
    if kind == "EncryptedTally":
        tie = json.loads(records[1])
        return Step(type=kind, records=(records[0],), counts=(tie["num_tallied"], tie["total_weight"]))
    if kind == "PartialDecryption":
        return Step(type=kind, records=(records[0],), owner=json.loads(records[1])["owner"])
    return Step(type=kind, records=tuple(records))


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The integers of a group of field elements, for forging with plain arithmetic."""

    p: int
    q: int
    g: int

    def challenge(self, text: str) -> int:
        return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % self.q

    def prove(self, secret: int, prefix: str, *, even: bool = False, nonce: int = 7816) -> dict[str, str]:
        """Schnorr's proof over prefix|commitment; ``even``: try until the challenge is even."""
        while True:
            challenge = self.challenge(f"{prefix}|{pow(self.g, nonce, self.p)}")
            if challenge % 2 == 0 or not even:
                return {"challenge": str(challenge), "response": str((nonce - secret * challenge) % self.q)}
            nonce += 1

    def sign_anew(self, ballot: dict[str, Any], secret: int) -> dict[str, Any]:
        """Give a ballot that was changed a signature that holds."""
        body = {name: value for name, value in ballot.items() if name != "signature"}
        digest = fingerprint(compact(body))
        return {**body, "signature": {"hash": digest, "proof": self.prove(secret, f"sig|{digest}")}}

    def secret_of(self, uuid: str, credential: str) -> int:
        """The secret that version 2.0 makes of a voter's text."""
        made = hashlib.pbkdf2_hmac("sha256", credential.encode(), uuid.encode(), 1000, 32)
        return int.from_bytes(made, "big") % self.q
