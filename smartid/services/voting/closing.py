"""What the end of voting leaves in the folder. Any step may be the last before a crash, and come again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from smartid.errors import ElectionInvalid, Refused
from smartid.files import sync_folder, write_whole
from smartid.services.reasons import Reason
from smartid.services.voting.board.archive import Archive
from smartid.services.voting.board.board import Board
from smartid.services.voting.board.entries import entries
from smartid.services.voting.board.records import ballot_head
from smartid.services.voting.evidence import LOG
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.log import read_log
from smartid.services.voting.revocations import Revocations
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.checks import Check

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


def require_closed(folder: ElectionFolder, uuid: str) -> None:
    """Refuse to count a board whose closing broke off before paper votes took their ballots out of it.

    A sum of all ballots beside the one that counts would tell what those few said. Nothing is asked of a
    folder without an evidence log. Raises Refused (wrong_state), EncodingError, OSError.
    """
    log, closed = folder.restricted / LOG, folder.closed_board(uuid)
    if not log.exists() or (closed.exists() and not closed.samefile(folder.archive_of(uuid))):
        return
    found: dict[object, set[object]] = {"paper": set(), "ballot": set()}
    for line in read_log(log):
        found.setdefault(line.body.get("kind"), set()).add(line.body.get("person"))
    if found["paper"] & found["ballot"]:
        raise Refused(
            "The board still holds ballots of people who voted on paper.",
            reason=Reason.WRONG_STATE,
            remedy=f"Closing broke off. Do it again: smartid election close {folder.path}",
        )


def require_count_follows(closed: Path, counted: Path, revocations: Revocations) -> None:
    """Check that the board that is counted is the closed one without the revoked credentials' ballots.

    Raises ElectionInvalid (count), EncodingError, OSError.
    """
    whole = _Payloads(closed, revocations.credentials)
    rest = _Payloads(counted, frozenset())
    for kept, found in zip_longest(whole, rest):
        if kept != found:
            raise ElectionInvalid(Check.COUNT, "the count is not the board without the revoked ballots")
    if whole.head != revocations.board:
        raise ElectionInvalid(Check.COUNT, "the revocations are about another board")
    if whole.left_out != revocations.credentials:
        raise ElectionInvalid(Check.COUNT, "a credential is revoked that has no ballot on the board")


class _Payloads:
    """Payloads of a board up to EndBallots, without the ballots of some credentials.

    The hashes of events follow from them.
    """

    def __init__(self, path: Path, without: Collection[str]) -> None:
        self._path = path
        self._without = without
        self.left_out: set[str] = set()
        self.head = ""

    def __iter__(self) -> Iterator[tuple[EventType, str]]:
        with self._path.open("rb") as file:
            for entry in entries(Archive(file)):
                event = entry.event
                self.head = entry.digest
                if event.type is EventType.BALLOT and self._without:
                    owner = ballot_head(entry.contents[0])[2]
                    if owner in self._without:
                        self.left_out.add(owner)
                        continue
                yield event.type, event.payload
                if event.type is EventType.END_BALLOTS:
                    return
