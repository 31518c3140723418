"""New boards, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from smartid.files import sync_folder
from smartid.services.voting.board.archive import first_member, member
from smartid.services.voting.board.records import ballot_head, encode_event
from smartid.services.voting.compact import sha256_hex
from smartid.services.voting.values import Event, EventType

if TYPE_CHECKING:
    from smartid.services.voting.board.board import Board


class Copier:
    """Writes the members of a board anew, without some ballots."""

    def __init__(self, board: Board, without: frozenset[str]) -> None:
        self._board = board
        self._without = without
        self.left_out = 0

    def pieces(self) -> Iterator[bytes]:
        """Give the new file piece by piece."""
        yield first_member(self._board.timestamp)
        parent, height = "", 0
        for number in range(self._board.head.height + 1):
            entry = self._board.entry(number)
            if entry.event.type is EventType.BALLOT and ballot_head(entry.contents[0])[2] in self._without:
                self.left_out += 1
                continue
            event = Event(parent=parent, height=height, type=entry.event.type, payload=entry.event.payload)
            records = tuple(self._board.record(found.digest.hex()) for found in entry.members)
            yield written(event, records, self._board.timestamp)
            parent, height = sha256_hex(encode_event(event)), height + 1
            if entry.event.type is EventType.END_BALLOTS:
                return


def written(event: Event, records: Sequence[bytes], timestamp: int) -> bytes:
    """Write an event behind its records."""
    content = encode_event(event)
    return b"".join(
        [*(member(record, timestamp) for record in records), member(content, timestamp, event=True)]
    )


def write_new(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a public file that is not there yet: whole, or not at all. Raises OSError (FileExistsError)."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("xb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
        sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)
