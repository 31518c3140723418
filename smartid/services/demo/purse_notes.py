"""What the demo did on purpose, kept apart from the books, so that what was found can be compared with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from smartid.services.purse.upload import MAC_SIZE, TerminalBatch

_RECENT = 200


class Notes:
    """Lines of hexadecimal in files of their own."""

    def __init__(self, folder: Path) -> None:
        self._batches = folder / "batches.txt"
        self._forged = folder / "forged.txt"
        self._recent = [bytes.fromhex(line) for line in _lines(self._batches)][-_RECENT:]

    def sent(self, message: bytes) -> None:
        """Keep a batch that is about to be handed in."""
        _append(self._batches, message)
        self._recent = [*self._recent[1 - _RECENT :], message]

    def forged(self, record: bytes) -> None:
        """Keep a record that is about to be handed in and was never made by a card."""
        _append(self._forged, record)

    def some_batch(self, chance: Random) -> bytes | None:
        """Choose a batch of before."""
        return chance.choice(self._recent) if self._recent else None

    def some_record(self, chance: Random) -> bytes | None:
        """Choose a record of before."""
        batch = self.some_batch(chance)
        records = TerminalBatch.parse(batch[:-MAC_SIZE]).records if batch else ()
        return chance.choice(records) if records else None

    def all_records(self) -> set[bytes]:
        """Give all records that terminals have handed in."""
        return {
            raw
            for line in _lines(self._batches)
            for raw in TerminalBatch.parse(bytes.fromhex(line)[:-MAC_SIZE]).records
        }

    def all_forged(self) -> set[bytes]:
        """Give all records that were forged."""
        return {bytes.fromhex(line) for line in _lines(self._forged)}


def _append(path: Path, data: bytes) -> None:
    with path.open("a", encoding="ascii") as file:
        file.write(data.hex() + "\n")


def _lines(path: Path) -> Iterator[str]:
    if path.exists():
        with path.open(encoding="ascii") as file:
            yield from (line.strip() for line in file if line.endswith("\n"))
