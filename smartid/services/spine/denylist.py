"""Who is to be refused, as a list with a version and an age."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from smartid.errors import EncodingError, SignatureInvalid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PREFIX = b"smartid denylist 1\n"
"""Begins a signed file. After it: 64 bytes of signature in 128 hexadecimal digits, a line feed, the body."""
MAX_ENTRY = 128
MAX_LENGTH = 256 << 20
"""Longest file that is read, in bytes."""
_MEMBERS = {"entries", "issued", "max_age", "version"}
_SIGNATURE = 128
_DIGITS = re.compile(b"[0-9a-f]{128}")


class Denylist:
    """Entries that are refused: pseudonyms, card numbers, SHA-256 of certificates, terminals.

    version  counts up; an older list never takes the place of a newer one
    issued   when it was made
    max_age  how long it serves; after that the limits marked ``stale`` apply

    File: ``smartid denylist 1``, a line feed, the Ed25519 signature (RFC 8032 (2017)) of prefix and body in
    hexadecimal, a line feed, and the body: canonical JSON (RFC 8785 (2020)) of ``entries`` (sorted texts of
    printable ASCII), ``issued`` (seconds since 1970), ``max_age`` (seconds), ``version``.
    """

    def __init__(self, *, version: int, issued: datetime, max_age: timedelta, entries: Iterable[str]) -> None:
        self.version = version
        self.issued = issued
        self.max_age = max_age
        self._entries = frozenset(entries)

    def __repr__(self) -> str:
        return f"Denylist(version {self.version}, {len(self)} entries)"

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def is_stale(self, now: datetime) -> bool:
        """Tell whether the list is older than it may be, or more than its age from the future."""
        return not -self.max_age <= now - self.issued <= self.max_age

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """Write the list as a signed file."""
        body = self._body()
        return PREFIX + key.sign(PREFIX + body).hex().encode() + b"\n" + body

    @classmethod
    def parse(cls, data: bytes, key: Ed25519PublicKey) -> Denylist:
        """Read a signed file. Raises EncodingError, SignatureInvalid."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - lists are rarely read

        head = len(PREFIX) + _SIGNATURE
        if len(data) > MAX_LENGTH or not data.startswith(PREFIX) or data[head : head + 1] != b"\n":
            raise _broken(0, "the prefix, a signature and a body")
        body = data[head + 1 :]
        digits = data[len(PREFIX) : head]
        if not _DIGITS.fullmatch(digits):
            raise _broken(len(PREFIX), "a signature in hexadecimal digits")
        try:
            key.verify(bytes.fromhex(digits.decode()), PREFIX + body)
        except InvalidSignature as error:
            raise SignatureInvalid("The denylist was not signed by its issuer.") from error
        return cls._read(body, head + 1)

    def _body(self) -> bytes:
        members = {
            "entries": sorted(self._entries),
            "issued": int(self.issued.timestamp()),
            "max_age": int(self.max_age.total_seconds()),
            "version": self.version,
        }
        return json.dumps(members, separators=(",", ":")).encode()

    @classmethod
    def _read(cls, body: bytes, offset: int) -> Denylist:
        try:
            members = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _broken(offset, "JSON") from error
        if not isinstance(members, dict) or members.keys() != _MEMBERS or not _fits(members):
            raise _broken(offset, "entries, issued, max_age and version")
        try:
            found = cls(
                version=members["version"],
                issued=datetime.fromtimestamp(members["issued"], UTC),
                max_age=timedelta(seconds=members["max_age"]),
                entries=members["entries"],
            )
        except (ValueError, OverflowError, OSError) as error:
            raise _broken(offset, "a time that the calendar has") from error
        if found._body() != body:
            raise _broken(offset, "the canonical form (RFC 8785)")
        return found


def _fits(members: dict[str, Any]) -> bool:
    entries = members["entries"]
    numbers = (members["issued"], members["max_age"], members["version"])
    return (
        isinstance(entries, list)
        and all(isinstance(item, str) and len(item) <= MAX_ENTRY and item.isascii() for item in entries)
        and all(type(number) is int and 0 <= number < 1 << 40 for number in numbers)
    )


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("denylist", offset=offset, expected=expected, standard="smartid denylist 1")
