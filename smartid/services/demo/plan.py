"""When a demo is killed: chosen by its seed before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

MAX_KILLS = 10
STEPS_A_KILL = 20
SEAMS = 8
"""A kill falls on one of so many seams after an operation began."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill: at seam ``ordinal`` from the beginning of operation ``step``.

    recovery  a seam of the recovery that follows, where it is killed once more; 0 for none
    """

    step: int
    ordinal: int
    recovery: int = 0


def plan(seed: int, operations: int) -> Sequence[Kill]:
    """Give the kills of a demo in order; every third recovery is killed too."""
    chance = Random(f"kills/{seed}")  # noqa: S311 - repeatable on purpose
    wanted = min(MAX_KILLS, operations, max(1, operations // STEPS_A_KILL))
    steps = sorted(chance.sample(range(1, operations + 1), wanted))
    return [
        Kill(step, chance.randint(1, SEAMS), chance.randint(1, 2) if place % 3 == 2 else 0)
        for place, step in enumerate(steps)
    ]
