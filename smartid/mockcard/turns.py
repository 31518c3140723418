"""The conversation with a mock card, kept in a ring of bounded length, without PINs."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from smartid.iso7816 import commands
from smartid.iso7816.apdu import CommandAPDU
from smartid.iso7816.status import StatusWord

CAPACITY = 10_000
_SECRET_COMMANDS = frozenset({0x20, 0x21, 0x24, 0x2C})
_SECRET_ANSWERS = frozenset({0x2A, 0x86})
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Turn:
    """One command and its answer.

    name     the command in words with its header: "READ BINARY 00 B0 81 00"
    command  all its bytes in hexadecimal; of PIN commands the header and ••• only
    data     response data field in hexadecimal; ••• where it may be a secret (deciphering, key agreement)
    sw       status word
    """

    name: str
    command: str
    data: str
    sw: StatusWord

    def __str__(self) -> str:
        return f"{self.name}: {self.sw}"


class TurnLog:
    """The last 10,000 turns. Nothing is decoded until someone looks; no PIN is ever kept."""

    def __init__(self) -> None:
        self._ring: deque[tuple[bytes, bool, bytes]] = deque(maxlen=CAPACITY)

    def add(self, command: bytes, answer: bytes) -> None:
        """Keep a turn."""
        ins = command[1] if len(command) > 1 else 0
        if ins in _SECRET_COMMANDS:
            self._ring.append((command[:4], len(command) > 4, answer))
        elif ins in _SECRET_ANSWERS:
            self._ring.append((command, False, (b"\xff" if len(answer) > 2 else b"") + answer[-2:]))
        else:
            self._ring.append((command, False, answer))

    def turns(self) -> Sequence[Turn]:
        """What was said so far, oldest first."""
        return tuple(_decode(*entry) for entry in self._ring)


def _decode(command: bytes, hidden: bool, answer: bytes) -> Turn:  # noqa: FBT001
    head = command[:4]
    name = commands.name(CommandAPDU(*head)) if len(head) == 4 else "broken command"
    secret = len(head) > 1 and head[1] in _SECRET_ANSWERS and len(answer) > 2
    return Turn(
        name,
        command.hex().upper() + (HIDDEN if hidden else ""),
        HIDDEN if secret else answer[:-2].hex().upper(),
        StatusWord(int.from_bytes(answer[-2:], "big")),
    )
