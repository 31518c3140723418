"""Who is to be refused, as a list with a version and an age."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class Denylist:
    """Entries that are refused: pseudonyms, card numbers, terminals; texts of up to 64 characters.

    version  counts up; an older list never takes the place of a newer one
    issued   when it was made
    max_age  how long it serves; after that limits are narrower (``is_stale``)
    """

    def __init__(self, *, version: int, issued: datetime, max_age: timedelta, entries: Iterable[str]) -> None:
        self.version = version
        self.issued = issued
        self.max_age = max_age
        self._entries = frozenset(entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def is_stale(self, now: datetime) -> bool:
        """Tell whether the list is older than it may be, or from the future."""

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """Write the list as a signed file."""

    @classmethod
    def parse(cls, data: bytes, key: Ed25519PublicKey) -> Denylist:
        """Read a signed file. Raises EncodingError, SignatureInvalid."""
