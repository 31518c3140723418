"""Runs a demo: starts it, kills it where the plan says, starts it again, and adds up."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from smartid.errors import ServiceError
from smartid.services.demo.crash import Crashes, Killed
from smartid.services.demo.frame import Audit, Outcome, World, outcome_of
from smartid.services.demo.plan import Kill, plan
from smartid.services.demo.run import Life, Make, live

Progress = Callable[[int], None]
MAX_LIVES = 100
"""A demo that is not done after so many starts is going nowhere."""


@dataclass(slots=True)
class _Course:
    """What is known between two lives of a demo."""

    operations: int
    kills: deque[Kill]
    begun: int = 0
    acting: bool = False
    killed: int = 0
    recovery: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def life(self) -> Life:
        fresh = self.begun == 0 and self.killed == 0
        kill = self.kills[0] if self.kills else None
        recovery, self.recovery = self.recovery, 0
        self.acting = False
        return Life(first=self.begun + 1, last=self.operations, fresh=fresh, recovery=recovery, kill=kill)

    def begins(self, number: int) -> None:
        """Take note of an operation that begins."""
        self.begun, self.acting = number, True

    def died(self, life: Life) -> None:
        """Take note of a kill: in the recovery, or where the plan said."""
        self.killed += 1
        if self.killed >= MAX_LIVES:
            raise ServiceError("The demo does not get on after its kills.", reason="wrong_state")
        if life.kill is not None and self.acting:
            self.recovery = life.kill.recovery
            self.kills.popleft()

    def outcome(self, audit: Audit) -> Outcome:
        return outcome_of(audit, self.counts, operations=self.operations, killed=self.killed)


def run_demo(name: str, world: World, operations: int, *, progress: Progress = lambda _: None) -> Outcome:
    """Run a demo in processes of its own, which are killed with SIGKILL when ``world.faults`` is set.

    Raises ServiceError when it ends otherwise than it should.
    """
    course = _course(world, operations)
    while True:
        life = course.life()
        audit = _in_a_process(name, world, life, course, progress)
        if audit is not None:
            return course.outcome(audit)
        course.died(life)


def run_inside(make: Make, world: World, operations: int, *, progress: Progress = lambda _: None) -> Outcome:
    """Run a scenario in this process: a kill raises ``Killed``, and what it left is closed and made anew.

    For tests: the same kills at the same seams as ``run_demo``, without the cost of processes.
    """
    course = _course(world, operations)

    def count(name: str) -> None:
        course.counts[name] += 1

    def begun(number: int) -> None:
        course.begins(number)
        progress(number)

    while True:
        life = course.life()
        try:
            audit = live(make, replace(world, crashes=Crashes(), count=count), life, begun)
        except Killed:
            course.died(life)
        else:
            return course.outcome(audit)


def _course(world: World, operations: int) -> _Course:
    kills: Sequence[Kill] = plan(world.seed, operations) if world.faults else ()
    return _Course(operations, deque(kills))


def _in_a_process(name: str, world: World, life: Life, course: _Course, progress: Progress) -> Audit | None:
    """Live one life; None when it was killed. Raises ServiceError when it failed."""
    order = {
        "name": name,
        "database": world.database,
        "folder": str(world.folder),
        "seed": world.seed,
        "faults": world.faults,
        "life": asdict(life),
    }
    errors = world.folder / "worker.txt"
    with errors.open("wb") as trail, _started(trail) as process:
        try:
            audit = _listen(process, order, course, progress)
        except BaseException:
            process.kill()
            raise
        process.wait()
    if process.returncode not in (0, -signal.SIGKILL):
        raise ServiceError(f"The demo broke off: {_last_line(errors)}", reason="wrong_state")
    return audit


def _started(trail: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "smartid.services.demo.worker"]
    return subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=trail, text=True
    )


def _listen(
    process: subprocess.Popen[str], order: dict[str, Any], course: _Course, progress: Progress
) -> Audit | None:
    if process.stdin is None or process.stdout is None:
        raise ValueError("the worker has no pipes")
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    for line in process.stdout:
        said = json.loads(line)
        if "begun" in said:
            course.begins(said["begun"])
            progress(course.begun)
        elif "count" in said:
            course.counts[said["count"]] += 1
        else:
            story = [(persian, english) for persian, english in said["audit"].pop("story")]
            return Audit(**said["audit"], story=story)
    return None


def _last_line(errors: Path) -> str:
    lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "without a word"
