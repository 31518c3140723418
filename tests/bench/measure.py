"""How things are timed: medians of interleaved runs, so that a busy moment hits both sides alike."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement.

    value, unit    what was measured
    baseline       what it is compared with, and its value in the same unit
    target         the promise, in words; ``met`` tells whether this run kept it
    """

    name: str
    value: float
    unit: str
    baseline: str
    baseline_value: float
    target: str
    met: bool

    @property
    def ratio(self) -> float:
        """Value over baseline."""
        return self.value / self.baseline_value if self.baseline_value else float("inf")

    def as_dict(self) -> dict[str, object]:
        """JSON form."""
        return {**asdict(self), "ratio": round(self.ratio, 3)}


def processes(
    commands: Mapping[str, Sequence[str]], *, rounds: int, environment: Mapping[str, str] | None = None
) -> dict[str, float]:
    """Median wall time in milliseconds of whole processes, run in turns after one warm-up of each.

    The warm-up leaves compiled bytecode, as an installation by pip does.
    """
    times: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as bytecode:
        variables = {**(environment or os.environ), "PYTHONPYCACHEPREFIX": bytecode}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        for turn in range(rounds + 1):
            for name, command in _shuffled(commands, turn):
                start = time.perf_counter()
                subprocess.run(
                    command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=variables, check=False
                )
                if turn:
                    times[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def _shuffled(commands: Mapping[str, Sequence[str]], turn: int) -> list[tuple[str, Sequence[str]]]:
    """Give another order each round: who comes after a busy one pays for it."""
    items = list(commands.items())
    random.Random(turn).shuffle(items)
    return items


def calls(
    functions: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    repeat: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Median time in microseconds of one call, over ``rounds`` turns of ``repeat`` calls each.

    clock  seconds; ``time.process_time`` for what one core can do
    """
    times: dict[str, list[float]] = {name: [] for name in functions}
    for turn in range(rounds + 1):
        for name, function in functions.items():
            start = clock()
            for _ in range(repeat):
                function()
            if turn:
                times[name].append((clock() - start) / repeat * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


PYTHON = sys.executable
