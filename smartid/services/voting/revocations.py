"""Paper votes set electronic ballots aside: which credentials do not count, signed by the collector.

File ``revocations.json`` (see ``signed``), only where somebody voted both ways: ``board`` (SHA-256 of the
last event of the closed board), ``credentials`` (sorted), ``uuid``. It names credentials, never people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from smartid.services.voting.signed import MAX_FILE, broken, read_signed, sign_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

TITLE = "smartid election revocations 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocations:
    """The credentials that a closed board's count leaves out.

    uuid         of the election
    board        SHA-256 of the last event of the closed board, hexadecimal
    credentials  as they stand in the list
    """

    uuid: str
    board: str
    credentials: frozenset[str]

    @classmethod
    def make(cls, uuid: str, board: str, credentials: Iterable[str]) -> Self:
        """Put them together."""
        return cls(uuid=uuid, board=board, credentials=frozenset(credentials))

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """Write the file."""
        members = {"board": self.board, "credentials": sorted(self.credentials), "uuid": self.uuid}
        return sign_file(TITLE, members, key)

    @classmethod
    def parse(cls, data: bytes, key: Ed25519PublicKey) -> Self:
        """Read the file. Raises EncodingError, SignatureInvalid."""
        found = read_signed(TITLE, data, key)
        if found.keys() != {"board", "credentials", "uuid"}:
            raise broken(TITLE, "exactly the members of the format")
        listed = found["credentials"]
        texts = isinstance(listed, list) and all(isinstance(one, str) for one in listed)
        if not texts or listed != sorted(set(listed)):
            raise broken(TITLE, "credentials as texts, sorted, none twice")
        if not isinstance(found["uuid"], str) or not isinstance(found["board"], str):
            raise broken(TITLE, "uuid and board as texts")
        return cls.make(found["uuid"], found["board"], listed)

    @classmethod
    def load(cls, path: Path, key: Ed25519PublicKey) -> Self:
        """Read a file. Raises EncodingError, SignatureInvalid, OSError."""
        with path.open("rb") as file:
            return cls.parse(file.read(MAX_FILE + 1), key)
