"""What the end of voting leaves in the folder. Each step may be the last before a crash, and may come again."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from smartid.errors import ElectionInvalid
from smartid.files import sync_folder, write_whole
from smartid.services.voting.board.board import Board
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.revocations import Revocations

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def close_files(
    folder: ElectionFolder, uuid: str, board: Board, revoked: Collection[str], key: Ed25519PrivateKey
) -> None:
    """Put the board that is counted in its place; nothing to do when no credential is revoked.

    The closed board gets its second name first, so it has one at every moment. Raises OSError.
    """
    counted, closed = folder.archive_of(uuid), folder.closed_board(uuid)
    if not revoked or (closed.exists() and not closed.samefile(counted)):
        return
    found = Revocations.make(uuid, board.head_hash, revoked)
    write_whole(folder.revocations, found.sign(key), mode=0o644)
    closed.parent.mkdir(exist_ok=True)
    if not closed.exists():
        closed.hardlink_to(counted)
        sync_folder(closed.parent)
    draft = closed.with_suffix(".count")
    draft.unlink(missing_ok=True)
    board.copy_ballots_without(revoked, draft)
    draft.replace(counted)
    sync_folder(counted.parent)


def require_count_follows(closed: Path, counted: Path, revocations: Revocations) -> None:
    """Check that the board that is counted is the closed one without the revoked credentials' ballots.

    Raises ElectionInvalid (revoked-count), EncodingError, OSError.
    """
    draft = counted.with_suffix(".check")
    draft.unlink(missing_ok=True)
    with Board.open(closed) as board:
        if board.head_hash != revocations.board:
            raise ElectionInvalid("revoked-count", "the revocations are about another board")
        try:
            board.copy_ballots_without(revocations.credentials, draft)
            if not _begins_with(counted, draft):
                raise ElectionInvalid("revoked-count", "the count is not the board without revoked ballots")
        finally:
            draft.unlink(missing_ok=True)


def _begins_with(path: Path, start: Path) -> bool:
    with path.open("rb") as whole, start.open("rb") as part:
        while piece := part.read(1 << 20):
            if whole.read(len(piece)) != piece:
                return False
    return True
