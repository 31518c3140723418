"""A file that is replaced as a whole: a reader finds the old content or the new one, never something between.

The lock lies on the file itself. Because a replacement is another file under the same name, the new file is
locked before it takes the name, and whoever gets a lock checks that the name still means the locked file.
"""

from __future__ import annotations

import fcntl
import glob
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from smartid.errors import EncodingError, NoCard, ReaderBusy

MAX_BYTES = 16 << 20
"""A card file is never larger than this, in bytes."""
_NEW = ".new"


def replace_file(path: Path, data: bytes) -> int:
    """Put ``data`` under the name ``path`` in one step, for the owner only (0600).

    The bytes are on the disk before the name changes hands. Returns the locked descriptor of the new file,
    which the caller closes. Raises OSError.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_NEW, dir=path.parent)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        written = 0
        while written < len(data):
            written += os.write(handle, data[written:])
        os.fsync(handle)
        os.replace(temporary, path)  # noqa: PTH105 - the name is a plain string here
    except BaseException:
        os.close(handle)
        Path(temporary).unlink(missing_ok=True)
        raise
    return handle


def lock_file(path: Path) -> int:
    """Open and lock the file that ``path`` names now; returns its descriptor.

    What a killed process left half written beside it is removed.

    Raises NoCard when there is no such file, ReaderBusy when another process holds it.
    """
    while True:
        handle = _open(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _same(handle, path):
                _sweep(path)
                return handle
        except BlockingIOError:
            os.close(handle)
            raise ReaderBusy(
                f"The card file {path} is in use by another program.",
                remedy="Take the card out there first (end that program), or make another card.",
            ) from None
        os.close(handle)


def _sweep(path: Path) -> None:
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*{_NEW}"):
        with suppress(OSError), leftover.open("rb") as file:
            # One that is being written is locked by its writer, and stays.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()


def read_file(path: Path) -> bytes:
    """All bytes of a card file. Raises NoCard, or EncodingError when it is larger than MAX_BYTES."""
    with os.fdopen(_open(path), "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise EncodingError("card file", offset=MAX_BYTES, expected=f"at most {MAX_BYTES} bytes")
    return data


def _open(path: Path) -> int:
    try:
        # A pipe under this name must not make us wait for its writer.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise _no_card(path, error.strerror or "error") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _no_card(path, "it is not a file")
    return handle


def _no_card(path: Path, why: str) -> NoCard:
    return NoCard(
        f"The card file {path} cannot be opened: {why}.", remedy="Make one: smartid mock new CITIZEN"
    )


def _same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
