"""What a command handler gives back: an answer, or a refusal that is raised."""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """Response data field and status word of a command that was carried out, perhaps with a warning."""

    data: bytes = b""
    sw: int = 0x9000


DONE = Answer()


class Refusal(Exception):
    """The card says no, with the status word ``sw``. It never leaves the card operating system."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw
