"""What a verification found."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from smartid.errors import ElectionInvalid
from smartid.services.voting.board.order import Stage
from smartid.services.voting.groups.base import Group
from smartid.services.voting.values import Ciphertext
from smartid.services.voting.verify.survey import survey

Result: TypeAlias = tuple[tuple[int, ...], ...]
"""For every question a number for every slot: the blank vote first when the question offers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedTally:
    """The sum of the ballots that count, encrypted.

    raw           compact JSON, as the board publishes it
    num_tallied   ballots that count
    total_weight  sum of their weights; the same, when every vote counts once
    """

    raw: bytes
    num_tallied: int
    total_weight: int
    ciphertexts: tuple[tuple[Ciphertext, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionReport:
    """A board on which everything holds that is there so far.

    fingerprint  φ of the election record
    ballots      on the board; ``counted`` of them are the last of their credential
    voters       credentials on the list
    result       None as long as there is none
    head         SHA-256 of the last event, hexadecimal; ``height`` is its number
    checks       names of the rules that were applied, and to how many things each
    """

    uuid: str
    name: str
    fingerprint: str
    group: str
    stage: Stage
    ballots: int
    counted: int
    voters: int
    result: Result | None
    head: str
    height: int
    checks: tuple[tuple[str, int], ...]
    path: Path = field(repr=False, compare=False)

    def counted_trackers(self) -> Iterator[str]:
        """Give the trackers of the ballots that count, in the order of the board, which is read once more.

        Raises ElectionInvalid (prefix) when the file is no longer the board of this report, OSError.
        """
        found = survey(self.path)
        if found.head.digest != self.head:
            raise ElectionInvalid("prefix", "the board went on, or is another one")
        for number in found.counted_numbers():
            yield base64.b64encode(found.digests[number]).rstrip(b"=").decode()

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "uuid": self.uuid,
            "name": self.name,
            "fingerprint": self.fingerprint,
            "group": self.group,
            "stage": self.stage.value,
            "ballots": self.ballots,
            "counted": self.counted,
            "voters": self.voters,
            "result": None if self.result is None else [list(numbers) for numbers in self.result],
            "head": self.head,
            "height": self.height,
            "checks": [{"name": name, "count": count} for name, count in self.checks],
        }


def tally_json(ciphertexts: tuple[tuple[Ciphertext, ...], ...], group: Group) -> list[list[dict[str, str]]]:
    """Give an encrypted tally as it is written."""
    return [
        [{"alpha": group.encode(text.alpha), "beta": group.encode(text.beta)} for text in question]
        for question in ciphertexts
    ]
