"""The public record of the trustees: whose keys make the election's key, and what proves it.

Compact JSON, a list of items in any mix (Belenios specification 2.0 (2023), 4.7)::

    ["Single", KEY]                          this trustee has to help
    ["Pedersen", {"threshold": t,            t of the n members have to help
                  "certs": [MESSAGE...],     n: {"context": CONTEXT, "verification": G, "encryption": G}
                  "coefexps": [MESSAGE...],  n: {"coefexps": [G...]}, t of them
                  "signatures": [PROOF...],  n: each over all certificates and its own coefficients
                  "verification_keys": [KEY...]}]

    KEY      {"pok": PROOF, "public_key": G}, and in a group "signature": PROOF over the text of the key
    MESSAGE  {"message": text, "signature": PROOF}
    CONTEXT  {"group": name, "size": n, "threshold": t, "index": from 1}

Tools up to 2.0 write neither context nor signatures and ignore them; later ones ask for them. We write all of
it, and read records that have none of it. The election's key is the product of the mandatory keys and, for
each group, of its members' constant coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from smartid.errors import ElectionInvalid
from smartid.services.voting.compact import broken, compact, members, parse
from smartid.services.voting.groups.base import Element, Group
from smartid.services.voting.trustees.published import CHECK, MAX_TRUSTEES, WHAT, PublicKey, listed
from smartid.services.voting.trustees.threshold import Pedersen

MAX_RECORD = 16 << 20


@dataclass(frozen=True, slots=True)
class Single:
    """A trustee without whom there is no result."""

    key: PublicKey

    @property
    def threshold(self) -> int:
        """How many of its owners have to help."""
        return 1

    @property
    def different(self) -> int:
        """How many of its keys are different."""
        return 1

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """The keys that shares are checked with."""
        return (self.key,)

    def public_key(self, group: Group) -> Element:  # noqa: ARG002 - as in a group
        """Its factor of the election's key."""
        return self.key.public

    def as_list(self, group: Group) -> list[Any]:
        """Give the item as it is written."""
        return ["Single", self.key.as_dict(group)]


Item: TypeAlias = Single | Pedersen


@dataclass(frozen=True, slots=True)
class Trustees:
    """All trustees of an election. ``raw`` are the bytes of the record as they came."""

    raw: bytes
    items: tuple[Item, ...]
    public_key: Element
    """y, the key that ballots are encrypted with."""

    @property
    def owners(self) -> tuple[Element, ...]:
        """The keys of all trustees in one row; owner 1 of a share is the first of them."""
        return tuple(key.public for item in self.items for key in item.keys)

    def seats(self) -> Iterator[tuple[Item, range]]:
        """Give every item with the numbers of its owners."""
        first = 1
        for item in self.items:
            yield item, range(first, first + len(item.keys))
            first += len(item.keys)

    @property
    def overlap(self) -> bool:
        """Whether any two sets of trustees that suffice have a trustee in common."""
        return any(2 * item.threshold > len(item.keys) for item in self.items)

    def encode(self) -> bytes:
        """Give the record."""
        return self.raw

    @classmethod
    def make(cls, items: Sequence[Item], group: Group) -> Self:
        """Write a record, and check it as a stranger does. Raises EncodingError, ElectionInvalid."""
        return cls.parse(compact([item.as_list(group) for item in items]), group)

    @classmethod
    def parse(cls, raw: bytes, group: Group) -> Self:
        """Read a record and check everything in it. Raises EncodingError, ElectionInvalid."""
        if len(raw) > MAX_RECORD:
            raise broken(WHAT, f"at most {MAX_RECORD} bytes")
        found = listed(members(parse(b'{"t":' + raw + b"}", WHAT), WHAT, ("t",))["t"])
        if compact(found) != raw:
            raise broken(WHAT, "compact JSON")
        if sum(map(_size, found)) > MAX_TRUSTEES:
            raise broken(WHAT, f"at most {MAX_TRUSTEES} trustees")
        items = tuple(_item(one, group) for one in found)
        # Members of a group in which one suffices have one key: their polynomials are constant.
        keys = [group.encode(key.public) for item in items for key in item.keys[: item.different]]
        if len(set(keys)) != len(keys):
            raise ElectionInvalid(CHECK, "two trustees have the same key", where=WHAT)
        public_key = group.product(item.public_key(group) for item in items)
        if public_key == group.identity:
            raise ElectionInvalid(CHECK, "the keys cancel each other out", where=WHAT)
        return cls(raw, items, public_key)


def _size(value: object) -> int:
    """Count the trustees of an item before anything in it is computed."""
    match value:
        case ["Pedersen", {"certs": [*certificates]}]:
            return len(certificates)
    return 1


def _item(value: object, group: Group) -> Item:
    match value:
        case ["Single", content]:
            return Single(PublicKey.from_dict(content, group))
        case ["Pedersen", content]:
            return Pedersen.from_dict(content, group)
    raise broken(WHAT, '["Single", ...] or ["Pedersen", ...]')
