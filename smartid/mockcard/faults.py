"""What can go wrong between a card and its reader, as values. Commands count from 1 at each insertion."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

from smartid.errors import CardRemoved


class Moment(Enum):
    """When in a command the power goes. Without a change of lasting memory all three are the last one."""

    BEFORE_COMMIT = "the command changed nothing that lasts"
    AFTER_COMMIT = "the first change of lasting memory was made, nothing after it"
    BEFORE_ANSWER = "everything was done, the answer is lost"


@dataclass(frozen=True, slots=True)
class Tear:
    """The card loses power in command number ``at``, after it received it; no answer comes."""

    at: int
    moment: Moment = Moment.BEFORE_ANSWER


@dataclass(frozen=True, slots=True)
class Removal:
    """The card is pulled out just before command number ``at`` reaches it."""

    at: int


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer to command number ``at`` comes ``seconds`` later."""

    at: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SlowReader:
    """Every answer comes ``seconds`` later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class WrongStatus:
    """Command number ``at`` does not reach the card; the answer is the status word ``sw`` alone."""

    at: int
    sw: int


@dataclass(frozen=True, slots=True)
class FlippedBit:
    """One bit of the answer to command number ``at`` is wrong; bit 0 is the highest of the first byte."""

    at: int
    bit: int


Fault: TypeAlias = Tear | Removal | Delay | SlowReader | WrongStatus | FlippedBit


class Tearable(Protocol):
    """A card that can lose its power in the middle of a command."""

    def transmit(self, command: bytes) -> bytes:
        """Response APDU for a command APDU."""
        ...

    def tear(self, command: bytes, moment: Moment) -> None:
        """Begin the command and lose the power at this moment."""
        ...


class Mishaps:
    """Applies faults to a conversation.

    sleep  waits for a number of seconds

    After a tear or a removal every command raises CardRemoved.
    """

    def __init__(
        self, card: Tearable, faults: Sequence[Fault], *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._card = card
        self._faults = tuple(faults)
        self._sleep = sleep
        self._count = 0
        self._gone = False

    def transmit(self, command: bytes) -> bytes:
        """Carry one command, with what befalls it. Raises CardRemoved."""
        self._count += 1
        now = [fault for fault in self._faults if isinstance(fault, SlowReader) or fault.at == self._count]
        self._remove(command, now)
        forced = next((fault for fault in now if isinstance(fault, WrongStatus)), None)
        answer = forced.sw.to_bytes(2, "big") if forced else self._card.transmit(command)
        for fault in now:
            if isinstance(fault, FlippedBit):
                answer = _flip(answer, fault.bit)
            elif isinstance(fault, Delay | SlowReader):
                self._sleep(fault.seconds)
        return answer

    def _remove(self, command: bytes, now: list[Fault]) -> None:
        for fault in now:
            if isinstance(fault, Tear) and not self._gone:
                self._gone = True
                self._card.tear(command, fault.moment)
            self._gone = self._gone or isinstance(fault, Removal)
        if self._gone:
            raise CardRemoved("The card was pulled out of the reader.")


def _flip(answer: bytes, bit: int) -> bytes:
    position = bit % (8 * len(answer))
    changed = bytearray(answer)
    changed[position // 8] ^= 0x80 >> position % 8
    return bytes(changed)
