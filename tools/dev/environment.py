"""Makes .venv and keeps it in step with pyproject.toml.

A stamp inside .venv tells what it was made from. While the stamp is true nothing is looked up or installed,
so a command starts at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

from tools.dev.system import SetupError, quietly

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
_STAMP = VENV / "made-from.json"
_PROJECT = ROOT / "pyproject.toml"


class Level(IntEnum):
    """How much is installed; each level contains the ones below it."""

    RUN = 0
    TEST = 1
    PEERS = 2
    DEV = 3


def fresh(level: Level) -> bool:
    """Tell whether .venv was made from today's pyproject.toml and holds at least ``level``."""
    made, origin = _read_stamp()
    return PYTHON.is_file() and made is not None and origin == _origin() and made >= level


def make(level: Level) -> None:
    """Bring .venv to ``level``; a second caller waits for the first.

    Raises SetupError when pip cannot install something.
    """
    with _alone():
        if fresh(level):
            return
        held, origin = _read_stamp()
        if not _usable(origin):
            _create()
            held = None
        # Never step down: a developer who runs the demo keeps the tools.
        level = max(level, held or level)
        print(
            "Installing the project and its Python packages into .venv; this takes a minute ...", flush=True
        )
        _pip("install", "--upgrade", "pip>=25.1")
        _pip("install", "--editable", f".[{_extras(level)}]", *_groups(level))
        _STAMP.write_text(json.dumps({"level": level, "origin": _origin()}), encoding="utf-8")


def _extras(level: Level) -> str:
    """The tour needs a reader and mock cards; the tests need everything."""
    return "pcsc,mock" if level is Level.RUN else "all"


def _groups(level: Level) -> list[str]:
    return [] if level is Level.RUN else ["--group", level.name.lower()]


def _origin() -> dict[str, str]:
    """Return what .venv would be made from now.

    The place counts because scripts in .venv/bin hold absolute paths; the interpreter because a new
    Python of the distribution does not see the packages of the old one.
    """
    return {
        "project": hashlib.sha256(_PROJECT.read_bytes()).hexdigest(),
        "place": str(ROOT),
        "interpreter": os.path.realpath(PYTHON),
    }


def _read_stamp() -> tuple[Level | None, Mapping[str, str]]:
    """Return what .venv holds and what it was made from; nothing when that is not known."""
    try:
        stamp = json.loads(_STAMP.read_text(encoding="utf-8"))
        return Level(stamp["level"]), dict(stamp["origin"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, {}


def _usable(origin: Mapping[str, str]) -> bool:
    now = _origin()
    # Without a stamp, as after an interrupted run, what stands there is gone on with.
    return all(origin.get(key, now[key]) == now[key] for key in ("place", "interpreter")) and _has_pip()


def _has_pip() -> bool:
    return PYTHON.is_file() and quietly(str(PYTHON), "-m", "pip", "--version")[0] == 0


def _create() -> None:
    print("Making .venv ...", flush=True)
    status, output = quietly(sys.executable, "-m", "venv", "--clear", str(VENV))
    if status:
        raise SetupError(f"{sys.executable} could not make {VENV}; its last words:\n{output}")


def _pip(*arguments: str) -> None:
    status, output = quietly(
        str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments
    )
    if status:
        raise SetupError(f"pip could not install the Python packages; its last words:\n{output}")


@contextmanager
def _alone() -> Iterator[None]:
    with _PROJECT.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
