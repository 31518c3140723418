"""What every demo is made of: a scenario, its world, what it counts, and the verdict."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Protocol

from smartid.services.demo.crash import Crashes


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where a scenario runs. It is made anew after each kill; what is to last stands in database or folder.

    database  URL of the service's book
    folder    for card images, the books of far sides, terminals' files
    seed      of everything random
    faults    whether things go wrong on purpose
    crashes   the seams: ``crashing(book, crashes)``, ``crashes.around("card", transmit)``
    count     counts by name what must survive a kill: "torn", "replayed", "injected", "detected"
    """

    database: str
    folder: Path
    seed: int
    faults: bool
    crashes: Crashes = field(default_factory=Crashes)
    count: Callable[[str], None] = lambda _: None

    def random(self, *name: str | int) -> Random:
        """Give chance that is the same for the same seed and name, also after a restart."""
        text = "/".join(map(str, (self.seed, *name)))
        return Random(hashlib.sha256(text.encode()).digest())  # noqa: S311 - repeatable on purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What the books, the cards and the far sides say at the end.

    value_created, value_lost  in the smallest unit, recomputed from all of them; never assumed
    balanced                   every ledger adds up, its chain holds, and no case is open without a reason
    detected, injected         frauds that were reported, frauds that were committed on purpose
    story                      what happened, Persian and English, a line each
    """

    value_created: int
    value_lost: int
    balanced: bool
    detected: int = 0
    injected: int = 0
    story: Sequence[tuple[str, str]] = ()


class Scenario(Protocol):
    """A service and its far side at work. Module ``smartid.services.demo.NAME`` has ``scenario(world)``."""

    def setup(self) -> None:
        """Make accounts and cards. Called once, at the first start; kills come later."""

    def step(self, number: int) -> None:
        """Do operation ``number``, chosen by ``world.random(number)``. It may be killed at any seam."""

    def recover(self) -> None:
        """Settle what a kill left open. Called at each start but the first; it may be killed and repeated."""

    def finish(self) -> None:
        """Collect, settle, deliver what is queued: afterwards nothing is under way. Never killed."""

    def audit(self) -> Audit:
        """Compare everything with everything."""
        ...

    def close(self) -> None:
        """Let go of books, links and far sides, without settling anything: it is called after kills too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The outcome of a demo; the members of ``smartid service demo --json``.

    operations  steps that were done
    torn        cards pulled out in the middle of a command
    replayed    messages, keys and batches that were sent again
    killed      times that the service was ended with SIGKILL
    detected    frauds that were reported
    value_created, value_lost  in the smallest unit of the service
    balanced    every book adds up, and nothing was created or lost
    """

    operations: int
    torn: int
    replayed: int
    killed: int
    detected: int
    value_created: int
    value_lost: int
    balanced: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A tally with what belongs to it: frauds that were committed, the story."""

    tally: Tally
    injected: int
    story: Sequence[tuple[str, str]]

    @property
    def passed(self) -> bool:
        """Whether nothing was created or lost, every book adds up, and every fraud was reported."""
        tally = self.tally
        kept = tally.value_created == 0 == tally.value_lost
        return kept and tally.balanced and tally.detected == self.injected


def outcome_of(audit: Audit, counts: Counter[str], *, operations: int, killed: int) -> Outcome:
    """Put together what was counted and what was found."""
    tally = Tally(
        operations=operations,
        torn=counts["torn"],
        replayed=counts["replayed"],
        killed=killed,
        detected=audit.detected,
        value_created=audit.value_created,
        value_lost=audit.value_lost,
        balanced=audit.balanced and audit.value_created == 0 == audit.value_lost,
    )
    return Outcome(tally=tally, injected=audit.injected, story=audit.story)
