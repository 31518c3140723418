"""``./dev fuzz``: the mutators of the tests for as long as one likes, on all cores.

Each stray exception, each mutant that is believed though it should not be, and each one that takes too long
goes into a folder of its own: ``mutant``, ``sample``, and ``why.txt`` with the traceback. Keys are new in
each run, so a folder is for reading and for a regression test; a seed makes the same edits, on other keys.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom

from tests.fuzz.target import Target
from tests.fuzz.targets import targets

_AT_A_TIME = 50
MOST_SECONDS = 20
"""For one mutant: whatever it is, nobody waits longer for an answer."""


class TooLongError(BaseException):
    """A mutant took too long. No exception of the usual kind: no handler may swallow it."""


@dataclass(frozen=True)
class Find:
    """A mutant and what is wrong with the answer to it."""

    target: Target
    mutant: bytes
    why: str

    def write(self, folder: Path) -> Path:
        place = folder / f"{self.target.name}-{hashlib.sha256(self.mutant).hexdigest()[:12]}".replace(
            " ", "-"
        )
        place.mkdir(parents=True, exist_ok=True)
        (place / "mutant").write_bytes(self.mutant)
        (place / "sample").write_bytes(self.target.sample)
        (place / "why.txt").write_text(self.why, encoding="utf-8")
        return place


def try_mutants(target: Target, count: int, seed: object) -> Iterator[Find | None]:
    """Make mutants and ask about each; give what is wrong, or None."""
    chance = Random(f"{seed} {target.name}")
    for _ in range(count):
        mutant = chance.choice(target.mutate)(target.sample, chance)
        with alarm(MOST_SECONDS):
            find = examine(target, mutant)
        yield find


def examine(target: Target, mutant: bytes) -> Find | None:
    """Ask about one mutant."""
    try:
        why = target.complaint(mutant)
    except (Exception, TooLongError):  # noqa: BLE001 - any exception at all is what is looked for
        why = traceback.format_exc()
    return Find(target, mutant, why) if why else None


@contextmanager
def alarm(seconds: int) -> Iterator[None]:
    """Raise TooLongError in this process unless the block ends in time."""

    def ring(number: int, frame: object) -> None:
        raise TooLongError(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    left = signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(left)
        signal.signal(signal.SIGALRM, before)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz until the time is over. Exit status 1 when something was found."""
    parser = argparse.ArgumentParser(
        prog="./dev fuzz", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (10)")
    parser.add_argument("--seed", type=int, help="an integer that says which edits are made; new without it")
    parser.add_argument("--target", default="", help="part of the names of the targets; all without it")
    parser.add_argument(
        "--folder", type=Path, default=Path("build/fuzz"), help="for what is found (build/fuzz)"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    seed = SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"Seed {seed}, {options.minutes:g} minutes, {options.processes} processes.", flush=True)
    end = time.monotonic() + options.minutes * 60
    jobs = [(f"{seed} {number}", end, options.target, options.folder) for number in range(options.processes)]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        results = pool.starmap(_work, jobs)
    tried, found = (sum(numbers) for numbers in zip(*results, strict=True))
    print(f"{tried:,} mutants, {found} finds" + (f" in {options.folder}" if found else ""))
    return 1 if found else 0


def _work(seed: str, end: float, part: str, folder: Path) -> tuple[int, int]:
    chosen = [target for target in targets() if part in target.name]
    if not chosen:
        print(f"No target is called {part!r}.", file=sys.stderr)
        return 0, 0
    tried = found = turn = 0
    seen: set[str] = set()
    while time.monotonic() < end:
        turn += 1
        for target in chosen:
            for find in try_mutants(target, _AT_A_TIME, f"{seed} {turn}"):
                tried += 1
                if find and (key := find.target.name + _where(find.why)) not in seen:
                    seen.add(key)
                    found += 1
                    print(f"{find.write(folder)}: {find.why.strip().splitlines()[-1]}", flush=True)
            if time.monotonic() >= end:
                break
    return tried, found


def _where(why: str) -> str:
    """Tell finds apart by the place of the error, so that one fault is written once."""
    places = [line for line in why.splitlines() if line.lstrip().startswith("File ")]
    return (places or [why])[-1]


if __name__ == "__main__":
    raise SystemExit(main())
