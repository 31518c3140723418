"""The roll: the list of public credentials, one a voter. It is public and names nobody.

Compact JSON, a list of texts: "g^s", or "g^s,weight" for a vote that counts several times. Rolls of this
library are sorted, so that the order in which people registered shows nowhere, and every weight is 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from smartid.errors import EncodingError
from smartid.services.voting.compact import STANDARD, broken, compact
from smartid.services.voting.groups.base import Group

MAX_WEIGHT = 2**30 - 1
_BYTES = re.compile(rb'\[(?:"[0-9a-f]{1,617}(?:,[1-9][0-9]{0,9})?"(?:,(?=")|(?=\])))*+\]')
_ENTRY = re.compile(rb'"([0-9a-f]+)(?:,([0-9]+))?"')


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the roll: a credential as ballots spell it, and how often its vote counts."""

    credential: str
    weight: int = 1


class Roll:
    """A roll as it was published.

    raw  its bytes
    Raises EncodingError for what is not a list of credentials in compact JSON.
    """

    def __init__(self, raw: bytes) -> None:
        if not _BYTES.fullmatch(raw):
            raise EncodingError(
                "roll", offset=0, expected='a list of "credential" or "credential,weight"', standard=STANDARD
            )
        self.raw = raw

    def __iter__(self) -> Iterator[Entry]:
        """Give the entries one by one. Raises EncodingError for a weight that is too large."""
        for found in _ENTRY.finditer(self.raw):
            weight = int(found[2] or 1)
            if weight > MAX_WEIGHT:
                raise broken("roll", f"weights from 1 to {MAX_WEIGHT}")
            yield Entry(found[1].decode(), weight)

    def __len__(self) -> int:
        return self.raw.count(b'"') // 2

    def check(self, group: Group) -> None:
        """Check that every credential lies in the group and that none stands twice.

        Raises EncodingError with the number of the entry, from 1.
        """
        seen: set[str] = set()
        for number, entry in enumerate(self, 1):
            group.decode(entry.credential, f"credential {number}")
            if entry.credential in seen:
                raise broken(f"credential {number}", "credentials that stand once")
            seen.add(entry.credential)


def parse_credentials(raw: bytes, group: Group) -> list[Entry]:
    """Read a roll and check all of it. Raises EncodingError."""
    roll = Roll(raw)
    roll.check(group)
    return list(roll)


def make_roll(publics: Iterable[str]) -> bytes:
    """Write a roll, sorted. Raises EncodingError when a credential comes twice, or is none."""
    listed = sorted(publics)
    if len(set(listed)) != len(listed):
        raise broken("roll", "credentials that stand once")
    return Roll(compact(listed)).raw
