"""The fault switchboard of a far side: what goes wrong with which message."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from smartid.errors import EncodingError

MAX_COUNT = 1_000_000
RATE = 8
"""One message of so many goes wrong when faults come by chance."""


class Fault(StrEnum):
    """What can happen to a message."""

    LOSE_REQUEST = "lose request"
    """It never arrives."""
    LOSE_REPLY = "lose reply"
    """It is acted upon, and nobody hears of it."""
    DELAY_REPLY = "delay reply"
    """The reply is held until the next request of the same connection, and is sent ahead of that reply."""
    DUPLICATE_REPLY = "duplicate reply"
    """The reply comes twice."""
    DECLINE = "decline"
    """The far side says no, with a code of its scheme; it asks ``Switchboard.decline``."""
    HANG_UP = "hang up"
    """It is acted upon, and the connection is closed instead of a reply."""
    DOWN = "down"
    """Nothing is acted upon and the connection is closed."""


CHANCE = (Fault.LOSE_REQUEST, Fault.LOSE_REPLY, Fault.DELAY_REPLY, Fault.DUPLICATE_REPLY, Fault.HANG_UP)
"""What comes by chance. The others are ordered."""


@dataclass(frozen=True, slots=True)
class Order:
    """A fault for the next ``count`` messages; ``code`` for DECLINE."""

    fault: Fault
    count: int = 1
    code: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON form, one line of the far side's standard input."""
        return {"fault": self.fault.value, "count": self.count, "code": self.code}

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Order:
        """Read the JSON form. Raises EncodingError."""
        fault, count, code = members.get("fault"), members.get("count", 1), members.get("code", "")
        if not isinstance(fault, str) or fault not in set(Fault):
            raise _broken("fault", "one of: " + ", ".join(Fault))
        if type(count) is not int or not 1 <= count <= MAX_COUNT:
            raise _broken("count", f"a whole number from 1 to {MAX_COUNT}")
        if not isinstance(code, str) or len(code) > 16:
            raise _broken("code", "a text of at most 16 characters")
        return cls(Fault(fault), count, code)


class Switchboard:
    """Faults in the order in which they were asked for; afterwards, with a seed, by chance. Thread-safe."""

    def __init__(self, *, seed: int | None = None, rate: int = RATE) -> None:
        self._orders: deque[Fault] = deque()
        self._declines: deque[str] = deque()
        self._chance = None if seed is None else Random(seed)  # noqa: S311 - repeatable on purpose
        self._rate = rate
        self._lock = threading.Lock()

    def inject(self, fault: Fault, *, count: int = 1, code: str = "") -> None:
        """Order a fault for the next ``count`` messages that have none yet."""
        with self._lock:
            if fault is Fault.DECLINE:
                self._declines.extend([code] * count)
            else:
                self._orders.extend([fault] * count)

    def decline(self) -> str:
        """Give the code with which the message at hand is to be declined; empty when it is not."""
        with self._lock:
            return self._declines.popleft() if self._declines else ""

    def next(self) -> Fault | None:
        """Decide what happens to the next message."""
        with self._lock:
            if self._orders:
                return self._orders.popleft()
            if self._chance is not None and self._chance.randrange(self._rate) == 0:
                return self._chance.choice(CHANCE)
            return None


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(what, offset=0, expected=expected, standard="smartid far side")
