"""Where tests write: in memory, where a machine has room for it, so that nothing waits for a disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
ROOM = 4 << 30
"""So many bytes have to be free; a run writes about a tenth of that."""


@contextmanager
def scratch(memory: Path = MEMORY) -> Iterator[dict[str, str]]:
    """Give the environment for tests. Who sets TMPDIR has said where to write."""
    if "TMPDIR" in os.environ or not _suits(memory):
        yield dict(os.environ)
        return
    # Sockets stand in it, and their paths have an end: the name is short.
    with tempfile.TemporaryDirectory(prefix="t", dir=memory, ignore_cleanup_errors=True) as folder:
        yield {**os.environ, "TMPDIR": folder}


def _suits(folder: Path) -> bool:
    try:
        facts = os.statvfs(folder)
    except OSError:
        return False
    runs_programs = not facts.f_flag & os.ST_NOEXEC
    return runs_programs and os.access(folder, os.W_OK) and facts.f_bavail * facts.f_frsize >= ROOM
