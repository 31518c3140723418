"""Seams: the places where a service may be killed, counted so that each of them can be tried."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Collection
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Killed(BaseException):
    """The program ended here, as if by SIGKILL. No handler of errors catches it."""

    def __init__(self, seam: str) -> None:
        super().__init__(seam)
        self.seam = seam


def die(seam: str) -> None:
    """End this process at once (SIGKILL): nothing is flushed, nothing is closed."""
    del seam
    os.kill(os.getpid(), signal.SIGKILL)


def give_up(seam: str) -> None:
    """Raise Killed: the same inside of one process, for tests."""
    raise Killed(seam)


class Crashes:
    """Counts the seams that are reached and ends the program at those that were chosen.

    at    ordinals of seams, from 1
    end   what is done there: ``give_up`` raises Killed, ``die`` is the real thing

    Only seams of the thread that made it count: a late reply comes when it likes.
    """

    def __init__(self, at: Collection[int] = (), *, end: Callable[[str], None] = give_up) -> None:
        self._at = set(at)
        self._end = end
        self._thread = threading.get_ident()
        self.names: list[str] = []
        """The seams that were reached, in order."""

    @property
    def reached(self) -> int:
        """How many seams were reached."""
        return len(self.names)

    def reach(self, seam: str) -> None:
        """Pass a seam, or end here."""
        if threading.get_ident() != self._thread:
            return
        self.names.append(seam)
        if len(self.names) in self._at:
            self._end(seam)

    def arm(self, ordinal: int) -> None:
        """Choose the seam that is ``ordinal`` seams from here, and no other; 0 for none."""
        self._at = {self.reached + ordinal} if ordinal else set()

    def around(self, name: str, call: Callable[P, R]) -> Callable[P, R]:
        """Put a seam before and after each call: a command to the card, a request to the other side."""

        def crashing(*args: P.args, **kwargs: P.kwargs) -> R:
            self.reach(f"before {name}")
            result = call(*args, **kwargs)
            self.reach(f"after {name}")
            return result

        return crashing


def crash_matrix(
    fresh: Callable[[], T],
    operate: Callable[[T, Crashes], object],
    recover: Callable[[T], object],
    check: Callable[[T, str], object],
) -> list[str]:
    """Kill an operation at each of its seams, recover, and check. Gives the names of the seams.

    fresh    makes a new world: databases, cards; it may keep them in files, and holds no open books
    operate  opens what the world needs, runs the operation through the seams of ``Crashes``, closes nothing
             that a killed program would not close
    recover  is what the service does when it starts again
    check    raises when value was created or lost; it is told where the operation was killed, "" for nowhere
    """
    world, counting = fresh(), Crashes()
    operate(world, counting)
    recover(world)
    check(world, "")
    for ordinal, seam in enumerate(counting.names, 1):
        world = fresh()
        try:
            operate(world, Crashes([ordinal]))
        except Killed as end:
            seam = end.seam  # noqa: PLW2901 - the one that was really reached
        recover(world)
        check(world, seam)
    return counting.names
