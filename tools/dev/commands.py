"""What each command does, once the machine is ready for it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tools.dev import needs
from tools.dev.environment import PYTHON, ROOT, VENV, Level
from tools.dev.scratch import scratch

_TOOLS = VENV / "bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of ./dev: what it says of itself, what it needs, and its job.

    run  takes the arguments after the command's name and returns the exit status
    """

    name: str
    summary: str
    level: Level
    needs: Sequence[needs.Need]
    run: Callable[[Sequence[str]], int]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of ``./dev check``; ``mend`` tells a person what to do when it fails."""

    name: str
    run: Callable[[], int]
    mend: str


def _call(*command: object, environment: Mapping[str, str] | None = None) -> int:
    words = [str(part) for part in command]
    # A tool killed by a signal reports a negative number, which is no exit status.
    return abs(subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode)


def _module(name: str, *arguments: str) -> int:
    return _call(PYTHON, "-m", name, *arguments)


def demo(arguments: Sequence[str]) -> int:
    """Show the whole journey on a mock card."""
    return _call(_TOOLS / "smartid", "demo", *arguments)


def test(arguments: Sequence[str]) -> int:
    """Run the light tests on two processes; a file's tests stay together, and share its fixtures."""
    light = ("-n", "2", "--dist", "loadfile", "-m", "not peers_heavy")
    with scratch() as environment:
        return _call(PYTHON, "-m", "pytest", *light, *arguments, environment=environment)


def peers(arguments: Sequence[str]) -> int:
    """Run the tests against foreign programs, the heavy ones too: all of them, or those that are named."""
    named = any((ROOT / argument.partition("::")[0]).exists() for argument in arguments)
    return _module("pytest", *([] if named else ["tests/peers"]), *arguments)


def bench(arguments: Sequence[str]) -> int:
    """Measure."""
    return _module("tests.bench.run", *arguments)


def fuzz(arguments: Sequence[str]) -> int:
    """Feed broken input of every format until the time is over."""
    return _module("tests.fuzz.run", *arguments)


def docs(arguments: Sequence[str]) -> int:
    """Build the documentation anew; any warning, such as a broken link, is an error."""
    strict = ("--fail-on-warning", "--nitpicky", "--fresh-env", "--quiet", "--no-color")
    status = _module("sphinx", *strict, *arguments, "docs", "docs/_build/html")
    if status == 0:
        print("The documentation is in docs/_build/html/index.html")
    return status


def fmt(arguments: Sequence[str]) -> int:
    """Format, and mend what ruff can mend by itself."""
    paths = arguments or ["."]
    return max(_module("ruff", "check", "--fix", *paths), _module("ruff", "format", *paths))


CHECK = (
    Step("format", lambda: _module("ruff", "format", "--check", "."), "run ./dev fmt"),
    Step("lint", lambda: _module("ruff", "check", "."), "run ./dev fmt, then mend by hand what is left"),
    Step("types", lambda: _module("mypy", "--strict", "smartid"), "mend the types that mypy names above"),
    Step(
        "imports",
        lambda: _call(_TOOLS / "lint-imports"),
        "imports run downward only: move the name, or the import, to its own layer",
    ),
    Step(
        "documents", lambda: docs([]), "mend the pages that Sphinx names above; ./dev docs builds them alone"
    ),
    Step("tests", lambda: test([]), "run the failing test alone: ./dev test PATH::NAME"),
)


def check(arguments: Sequence[str]) -> int:
    """Run every step, even after a failure, then name the failed ones and their remedies."""
    if arguments:
        print("`./dev check` takes no arguments; ./dev test takes pytest's.")
        return 2
    failed = [step for step in CHECK if not _passes(step)]
    for step in failed:
        print(f"FAILED: {step.name}. To mend it: {step.mend}.")
    return 1 if failed else 0


def _passes(step: Step) -> bool:
    print(f"-- {step.name}", flush=True)
    return step.run() == 0


_TEST_NEEDS = (*needs.READER, *needs.WITNESSES)
_PEER_NEEDS = (*_TEST_NEEDS, *needs.PEERS)

COMMANDS = (
    Command(
        name="demo",
        summary="the tour: a mock card through the real PC/SC stack",
        level=Level.RUN,
        needs=needs.READER,
        run=demo,
    ),
    Command(
        name="test",
        summary="the tests; arguments go to pytest",
        level=Level.TEST,
        needs=_TEST_NEEDS,
        run=test,
    ),
    Command(
        name="check",
        summary="format, lint, types, imports, documents, tests: what a change must pass",
        level=Level.DEV,
        needs=_TEST_NEEDS,
        run=check,
    ),
    Command(
        name="peers",
        summary="the tests against foreign programs, the heavy ones too; arguments go to pytest",
        level=Level.PEERS,
        needs=_PEER_NEEDS,
        run=peers,
    ),
    Command(
        name="bench",
        summary="the measurements; arguments go to tests/bench/run.py",
        level=Level.TEST,
        needs=needs.READER,
        run=bench,
    ),
    Command(
        name="fuzz",
        summary="broken input of every format, for ten minutes; --minutes N, --seed S",
        level=Level.TEST,
        needs=(),
        run=fuzz,
    ),
    Command(
        name="docs",
        summary="build the documentation; a broken link is an error",
        level=Level.DEV,
        needs=(),
        run=docs,
    ),
    Command(
        name="fmt",
        summary="format the code, and mend what ruff can mend by itself",
        level=Level.DEV,
        needs=(),
        run=fmt,
    ),
)
