"""The register of voters: who may take part in a constituency, as its keeper signed it at one time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Self

from smartid.identity.transaction import MAX_NUMBER, MAX_TIME
from smartid.services.voting.signed import broken, read_signed, sign_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

TITLE = "smartid voter register 1"
MAX_TEXT = 256
MAX_PERSON = 32
_MEMBERS = {"as_of", "constituency", "people", "version"}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RegisterSnapshot:
    """The voters of a constituency at one time. Shows nobody in its ``repr``.

    version       counts up; a later one may add and remove people until the list is frozen
    as_of         when the register was like this
    constituency  whose voters these are, for people
    people        national numbers
    raw           the signed file

    File: see ``signed``; members ``as_of`` (seconds since 1970), ``constituency``, ``people`` (sorted, none
    twice), ``version``.
    """

    version: int
    as_of: datetime
    constituency: str
    people: frozenset[str]
    raw: bytes = field(compare=False)

    def __contains__(self, national_number: object) -> bool:
        return national_number in self.people

    def __repr__(self) -> str:
        return f"RegisterSnapshot(version {self.version}, {len(self.people)} people)"

    @classmethod
    def make(
        cls,
        people: Iterable[str],
        *,
        version: int,
        as_of: datetime,
        constituency: str,
        key: Ed25519PrivateKey,
    ) -> Self:
        """Write and sign one. Raises EncodingError for values that no register holds."""
        members = {
            "as_of": int(as_of.timestamp()),
            "constituency": constituency,
            "people": sorted(set(people)),
            "version": version,
        }
        return cls.parse(sign_file(TITLE, members, key), key.public_key())

    @classmethod
    def parse(cls, data: bytes, key: Ed25519PublicKey) -> Self:
        """Read a signed file. Raises EncodingError, SignatureInvalid."""
        found = read_signed(TITLE, data, key)
        if found.keys() != _MEMBERS:
            raise broken(TITLE, "exactly the members of the format")
        _require(_is_number(found["version"], MAX_NUMBER), "a version from 1 to 2^53 - 1")
        _require(_is_number(found["as_of"], MAX_TIME), "a time before the year 6325")
        _require(_is_text(found["constituency"], MAX_TEXT), "a constituency as a short text")
        people = found["people"]
        _require(isinstance(people, list) and all(_is_text(one, MAX_PERSON) for one in people), "people")
        _require(all(a < b for a, b in pairwise(people)), "people sorted, none twice")
        return cls(
            version=found["version"],
            as_of=datetime.fromtimestamp(found["as_of"], UTC),
            constituency=found["constituency"],
            people=frozenset(people),
            raw=data,
        )


def _require(fine: bool, expected: str) -> None:  # noqa: FBT001 - the outcome of a check
    if not fine:
        raise broken(TITLE, expected)


def _is_number(value: object, most: int) -> bool:
    return type(value) is int and 1 <= value <= most


def _is_text(value: object, most: int) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= most and value.isprintable()
