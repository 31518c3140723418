"""Archives taken apart, changed, and put together again, with no code of smartid.

It is how the tests forge what a verifier must refuse: the chain, the hashes and the headers of what is
written are right, and only what was changed is wrong.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from tests.unit.services.voting.forge import Step, compact, places, steps_of, written

TIME = slice(136, 147)
"""Where the first header says when the archive was made: octal digits."""


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
        return cls(time=int(data[TIME], 8), steps=steps_of(data))

    def encode(self) -> bytes:
        """Put it together again."""
        return written(self.steps, self.time)

    def places(self, kind: str) -> list[int]:
        """Where the events of a type stand."""
        return places(self.steps, kind)

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


def fingerprint(data: bytes) -> str:
    """SHA-256 in base64 without padding."""
    return base64.b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


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
