"""What the public sees of a board: read from the archive alone, without looking at any restricted log."""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from smartid import SmartIDError
from smartid.services.voting.board.board import Board
from smartid.services.voting.board.order import Stage
from smartid.services.voting.election import Election
from smartid.services.voting.roll import Roll
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.report import ElectionReport
from smartid.services.voting.verify.verify import verify_archive

PIECE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A board at one moment.

    size    bytes up to the end of the last event
    places  height of each ballot, by the SHA-256 of its bytes
    owners  heights of the ballots of each credential
    result  numbers as they were published; None before
    """

    election: Election
    stage: Stage
    height: int
    head: str
    size: int
    voters: int
    places: Mapping[str, int]
    owners: Mapping[str, Sequence[int]]
    result: Sequence[Sequence[int]] | None

    @property
    def ballots(self) -> int:
        """Ballots on the board, replaced ones too."""
        return len(self.places)


@dataclass(slots=True)
class Run:
    """A verification of the board, one at a time; what it found stays with the head that it is about."""

    running: bool = False
    done: int = 0
    total: int = 0
    report: ElectionReport | None = None
    problem: str = ""


@dataclass(slots=True)
class PublicBoard:
    """Reads an archive again when it has changed."""

    path: Path
    run: Run = field(default_factory=Run)
    _facts: Facts | None = None
    _seen: tuple[int, int] = (0, 0)
    _worker: threading.Thread | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def facts(self) -> Facts:
        """Give what stands on the board now. Raises EncodingError, ElectionInvalid, OSError."""
        with self._turn:
            now = self.path.stat()
            if self._facts is None or self._seen != (now.st_ino, now.st_size):
                self._facts = read_facts(self.path)
                self._seen = (now.st_ino, self._facts.size)
            return self._facts

    def find(self, tracker: str) -> tuple[int, bool] | None:
        """Give the height of a ballot, and whether it is the last one of its credential."""
        try:
            digest = base64.b64decode(tracker + "=", validate=True).hex()
        except (binascii.Error, ValueError):
            return None
        facts = self.facts()
        height = facts.places.get(digest)
        if height is None:
            return None
        return height, any(heights[-1] == height for heights in facts.owners.values())

    def content(self, size: int) -> Iterator[bytes]:
        """Give the archive up to a size; what is written meanwhile stays out."""
        with self.path.open("rb") as file:
            while size > 0 and (piece := file.read(min(PIECE, size))):
                size -= len(piece)
                yield piece

    def start(self) -> None:
        """Begin a verification, unless one runs or the board has not changed since the last one."""
        head = self.facts().head
        with self._turn:
            same = self.run.report is not None and self.run.report.head == head
            if self.run.running or same:
                return
            self.run = Run(running=True)
        self._worker = threading.Thread(target=self._verify, args=(self.run,), daemon=True)
        self._worker.start()

    def wait(self) -> None:
        """Wait for the verification that runs."""
        if self._worker is not None:
            self._worker.join()

    def _verify(self, run: Run) -> None:
        def progress(done: int, total: int) -> None:
            run.done, run.total = done, total

        try:
            run.report = verify_archive(self.path, progress=progress)
        except (SmartIDError, OSError) as error:
            run.problem = str(error)
        finally:
            run.running = False


def read_facts(path: Path) -> Facts:
    """Read an archive through, keeping only what is shown. Raises EncodingError, ElectionInvalid, OSError."""
    with Board.open(path) as board:
        size = path.stat().st_size
        setup = json.loads(board.entry(0).contents[-1])
        places: dict[str, int] = {}
        owners: dict[str, list[int]] = {}
        for event, _ in board.events():
            if event.type is EventType.BALLOT:
                ballot = json.loads(board.record(event.payload))
                places[event.payload] = event.height
                owners.setdefault(ballot["credential"], []).append(event.height)
        last = board.head
        result = json.loads(board.record(last.payload)) if last.type is EventType.RESULT else {}
        return Facts(
            election=Election.parse(board.record(setup["election"])),
            stage=board.stage,
            height=last.height,
            head=board.head_hash,
            size=size,
            voters=len(Roll(board.record(setup["credentials"]))),
            places=places,
            owners=owners,
            result=result.get("result"),
        )
