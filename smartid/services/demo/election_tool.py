"""The program of the authors of Belenios, where it is installed: what it says of an election."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

TOOL = "belenios-tool"


def ask_the_tool(folder: Path) -> dict[str, Any] | None:
    """Let belenios-tool verify the election in a folder; None when it is not installed.

    Gives ``version``, ``accepted`` and the last line that it ``said``.
    """
    program = shutil.which(TOOL)
    if program is None:
        return None
    version = _run(program, "--version").stdout.strip()
    found = _run(program, "election", "verify", "--dir", str(folder))
    lines = (found.stderr + found.stdout).strip().splitlines()
    return {"version": version, "accepted": found.returncode == 0, "said": lines[-1] if lines else ""}


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a program on PATH
