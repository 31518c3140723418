"""What was verified before an interruption, so that it need not be done again.

One line of JSON for each errand: ``{"key": SHA-256, "products": [[[alpha, beta]…]…]}``. The key covers the
election, the ballots, which of them count, and how this library verifies; a line that belongs to something
else is never looked at. But who can write the file can say that ballots were verified which were not: it is a
note to oneself, and a file that others may write is refused.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from smartid.crypto import strict_json
from smartid.errors import EncodingError
from smartid.services.voting.compact import compact
from smartid.services.voting.verify.chunks import Chunk
from smartid.services.voting.verify.products import Texts

_LONGEST = 8 << 20


class Notes:
    """The open file; without a path nothing is kept.

    Raises OSError, and EncodingError for a file that others can write or that is not of this form. A last
    line that was not finished is dropped.
    """

    def __init__(self, path: Path | None) -> None:
        self._file: BinaryIO | None = None
        self._lines: dict[str, tuple[int, int]] = {}
        if path is not None:
            place = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            self._file = os.fdopen(place, "r+b")
            try:
                self._open(self._file)
            except BaseException:
                self._file.close()
                raise

    def _open(self, file: BinaryIO) -> None:
        found = os.fstat(file.fileno())
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022:
            raise _broken(0, "a file that only its owner may write")
        offset = 0
        while (line := file.readline(_LONGEST)).endswith(b"\n"):
            self._lines[_entry(line, offset)[0]] = offset, len(line)
            offset += len(line)
        file.truncate(offset)
        file.seek(offset)

    def find(self, chunk: Chunk) -> Texts | None:
        """Give what was found before for exactly this errand. Raises EncodingError."""
        place = self._lines.get(chunk.key) if self._lines else None
        if place is None or self._file is None:
            return None
        self._file.seek(place[0])
        return _entry(self._file.read(place[1]), place[0])[1]

    def add(self, chunk: Chunk, products: Texts) -> None:
        """Note what was found. Raises OSError."""
        if self._file is not None:
            self._file.seek(0, os.SEEK_END)
            self._file.write(compact({"key": chunk.key, "products": products}) + b"\n")
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def _entry(line: bytes, offset: int) -> tuple[str, Texts]:
    try:
        found = strict_json.parse_object(line, "notes")
        key, products = found["key"], found["products"]
        shaped = isinstance(key, str) and all(_is_pair(pair) for slots in products for pair in slots)
    except (EncodingError, KeyError, TypeError):
        shaped = False
    if not shaped:
        raise _broken(offset, "a line of a verification that was interrupted")
    return key, products


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("notes", offset=offset, expected=expected)
