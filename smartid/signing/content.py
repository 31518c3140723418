"""What is signed: bytes, or a file of any size that is read in pieces."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from smartid.errors import EncodingError

MAX_WHOLE = 256 << 20
"""Longest content that is taken into memory as a whole, in bytes. Digests have no limit."""

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    """Something that is signed. Each digest is computed once.

    source  the bytes, or the path of a file
    """

    source: bytes | Path
    _digests: dict[str, bytes] = field(default_factory=dict, init=False, compare=False)

    def digest(self, hash_name: str) -> bytes:
        """Hash it. Raises OSError when the file cannot be read, ValueError for an unknown hash."""
        if hash_name not in self._digests:
            hashed = hashlib.new(hash_name)
            for piece in self._pieces():
                hashed.update(piece)
            self._digests[hash_name] = hashed.digest()
        return self._digests[hash_name]

    def read(self) -> bytes:
        """Give it whole. Raises OSError; EncodingError when it is longer than MAX_WHOLE."""
        if isinstance(self.source, bytes):
            return self.source
        with _opened(self.source) as file:
            whole = file.read(MAX_WHOLE + 1)
        if len(whole) > MAX_WHOLE:
            raise EncodingError(str(self.source), offset=MAX_WHOLE, expected=f"at most {MAX_WHOLE} bytes")
        return whole

    def _pieces(self) -> Iterator[bytes]:
        if isinstance(self.source, bytes):
            yield self.source
            return
        with _opened(self.source) as file:
            while piece := file.read(_PIECE):
                yield piece

    def __repr__(self) -> str:
        return "Content(•••)"


def _opened(path: Path) -> BinaryIO:
    """Open a file that has an end: a pipe may wait for ever, and a device may give for ever.

    Raises OSError.
    """
    # Without waiting for somebody to write into a pipe; for a file it has no meaning.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a file but a folder, a pipe or a device", str(path))
    return os.fdopen(descriptor, "rb")
