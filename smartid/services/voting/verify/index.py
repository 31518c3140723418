"""One election on many boards, one for each constituency, and the signed list that holds them together.

Compact JSON, members in this order; hashes are hexadecimal, and the signature is over the rest of it behind
``smartid election index 1`` and a line feed (Ed25519, RFC 8032 (2017))::

    version    1
    title      text
    shards     list of {"constituency", "file", "uuid", "head", "height", "sha256", "ballots", "result"},
               sorted by constituency; sha256 is that of the file, result is null as long as there is none
    key        which key signed: ``journal.keys.key_id``
    signature  base64 without padding
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.journal.keys import key_id
from smartid.services.voting.compact import compact, members, parse
from smartid.services.voting.verify.report import ElectionReport, Result

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_INDEX = 16 << 20
MAX_TEXT = 400
_WHAT = "index of boards"
_STANDARD = "docs/reference/election-archive.md"
_PURPOSE = b"smartid election index 1\n"
_SHARD = ("constituency", "file", "uuid", "head", "height", "sha256", "ballots", "result")
_FILE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}\.bel")
_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,64}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One board of the list. ``file`` is a name in the folder of the list."""

    constituency: str
    file: str
    uuid: str
    head: str
    height: int
    sha256: str
    ballots: int
    result: Result | None

    def as_dict(self) -> dict[str, Any]:
        """Give the members in their order."""
        found: dict[str, Any] = {name: getattr(self, name) for name in _SHARD}
        return found | {"result": None if self.result is None else [list(row) for row in self.result]}

    @classmethod
    def of(cls, constituency: str, path: Path, report: ElectionReport) -> Self:
        """Describe a board that was verified. Raises OSError."""
        return cls(
            constituency=constituency,
            file=path.name,
            uuid=report.uuid,
            head=report.head,
            height=report.height,
            sha256=sha256_of(path),
            ballots=report.ballots,
            result=report.result,
        )

    @classmethod
    def from_dict(cls, value: object) -> Self:
        """Read one. Raises EncodingError."""
        found = members(value, _WHAT, _SHARD)
        texts = zip((_FILE, _UUID, _HASH, _HASH), ("file", "uuid", "head", "sha256"), strict=True)
        if not all(
            isinstance(found[name], str) and pattern.fullmatch(found[name]) for pattern, name in texts
        ):
            raise _broken("a file name that ends in .bel, a uuid, and hashes in hexadecimal")
        if not _is_text(found["constituency"]) or not all(
            map(_is_number, (found["height"], found["ballots"]))
        ):
            raise _broken(f"a constituency of at most {MAX_TEXT} characters, and numbers from 0")
        return cls(**(found | {"result": _result(found["result"])}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardIndex:
    """The list. Raises ElectionInvalid (index-shards) for a constituency, file or board that comes twice."""

    title: str
    shards: tuple[Shard, ...]

    def __post_init__(self) -> None:
        for name in ("constituency", "file", "uuid"):
            if len({getattr(shard, name) for shard in self.shards}) != len(self.shards):
                raise ElectionInvalid("index-shards", f"a {name} stands twice on the list", where="index")

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """Write the list with a signature."""
        shards = sorted(self.shards, key=lambda shard: shard.constituency)
        record = {"version": 1, "title": self.title, "shards": [shard.as_dict() for shard in shards]}
        record["key"] = key_id(key.public_key())
        signature = base64.b64encode(key.sign(_PURPOSE + compact(record))).rstrip(b"=").decode()
        return compact(record | {"signature": signature})

    @classmethod
    def parse(cls, raw: bytes, keys: Sequence[Ed25519PublicKey]) -> Self:
        """Read a list that one of these keys must have signed.

        Raises EncodingError, ElectionInvalid (index-signature, index-shards).
        """
        names = ("version", "title", "shards", "key", "signature")
        if len(raw) > MAX_INDEX:
            raise _broken(f"at most {MAX_INDEX} bytes")
        found = members(parse(raw, _WHAT), _WHAT, names)
        if compact(found) != raw or not _is_text(found["title"]) or not isinstance(found["shards"], list):
            raise _broken("compact JSON with a title and a list of boards")
        _require_signature(found, keys)
        if found["version"] != 1 or isinstance(found["version"], bool):
            raise _broken("version 1")
        return cls(title=found["title"], shards=tuple(map(Shard.from_dict, found["shards"])))


def make_index(title: str, shards: Iterable[Shard], key: Ed25519PrivateKey) -> bytes:
    """Write the signed list of boards that were verified (``Shard.of``). Raises ElectionInvalid."""
    return ShardIndex(title=title, shards=tuple(shards)).sign(key)


def sha256_of(path: Path) -> str:
    """Give SHA-256 of a file in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_signature(found: dict[str, Any], keys: Sequence[Ed25519PublicKey]) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    signed = {name: value for name, value in found.items() if name != "signature"}
    text = found["signature"] if isinstance(found["signature"], str) else ""
    for key in keys:
        if key_id(key) == found["key"] and re.fullmatch(r"[0-9A-Za-z+/]{86}", text):
            try:
                key.verify(base64.b64decode(text + "=="), _PURPOSE + compact(signed))
            except InvalidSignature:
                continue
            return
    raise ElectionInvalid("index-signature", "none of the expected keys signed the list", where="index")


def _result(value: object) -> Result | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(
        isinstance(row, list) and row and all(map(_is_number, row)) for row in value
    ):
        raise _broken("null, or a list of numbers for every question, as a result")
    return tuple(map(tuple, value))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT


def _broken(expected: str) -> EncodingError:
    return EncodingError(_WHAT, offset=0, expected=expected, standard=_STANDARD)
