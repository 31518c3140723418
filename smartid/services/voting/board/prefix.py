"""Does a later copy of a board go on where an earlier one ended? Whoever kept a copy can tell."""

from __future__ import annotations

from pathlib import Path

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.board.archive import opened
from smartid.services.voting.board.entries import Link, entries
from smartid.services.voting.values import Event

_PIECE = 1 << 20


def is_prefix(earlier: Path, later: Path) -> bool:
    """Tell whether the later file is the earlier one with events added to it, or the same.

    Every byte of an archive is fixed by what it says, so bytes are compared. Only the earlier file is read as
    a board; ``verify_archive`` reads the later one. Raises OSError, EncodingError, ElectionInvalid.
    """
    with opened(earlier) as archive:
        for _ in entries(archive):
            pass
    return first_difference(earlier, later) is None


def require_prefix(earlier: Path, later: Path) -> Link:
    """Give the last event of the earlier file.

    Raises ElectionInvalid (prefix) unless ``is_prefix``, also for an earlier copy that is no board; OSError.
    """
    last, offset = _last_event(earlier), first_difference(earlier, later)
    if offset is not None or last is None:
        raise ElectionInvalid("prefix", f"it differs from the earlier copy at byte {offset or 0}")
    return last


def _last_event(earlier: Path) -> Link | None:
    last = None
    try:
        with opened(earlier) as archive:
            for entry in entries(archive):
                last = entry.link
    except (EncodingError, ElectionInvalid) as error:
        why = f"the earlier copy is broken itself: {error.message.rstrip('.')}"
        raise ElectionInvalid("prefix", why) from error
    return last


def first_difference(earlier: Path, later: Path) -> int | None:
    """Give where the later file stops to repeat the earlier one; None when it repeats all of it."""
    offset = 0
    with earlier.open("rb") as one, later.open("rb") as other:
        while piece := one.read(_PIECE):
            found = other.read(len(piece))
            if found != piece:
                same = zip(piece, found, strict=False)
                return offset + next((at for at, (a, b) in enumerate(same) if a != b), len(found))
            offset += len(piece)
    return None


def find_event(board: Path, height: int, digest: str) -> Event | None:
    """Find the event that a receipt names: by its height and its SHA-256 in hexadecimal.

    None when the board has another event there, or none. Raises OSError, EncodingError, ElectionInvalid.
    """
    with opened(board) as archive:
        for entry in entries(archive):
            if entry.event.height == height:
                return entry.event if entry.digest == digest else None
    return None
