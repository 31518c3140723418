"""A card program that does as it is told: ``python scripted_host.py PLAN``, PLAN a file of JSON.

``{"version": …, "reply": …}``; without a version it says nothing and waits, without a reply it ends after the
request. What it was asked is written to PLAN.asked.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path


def main(plan_file: Path) -> None:
    """Speak the native messaging protocol for one command."""
    plan = json.loads(plan_file.read_text())
    if "version" in plan:
        _write({"version": plan["version"]})
    header = sys.stdin.buffer.read(4)
    if len(header) < 4:
        return
    request = json.loads(sys.stdin.buffer.read(struct.unpack("=I", header)[0]))
    if request["command"] == "quit":
        _write({})
        return
    with plan_file.with_suffix(".asked").open("a") as asked:
        asked.write(f"{json.dumps(request)}\n")
    if "reply" in plan:
        _write(plan["reply"])
    elif plan.get("wait"):
        sys.stdin.buffer.read()


def _write(message: object) -> None:
    data = json.dumps(message).encode()
    sys.stdout.buffer.write(struct.pack("=I", len(data)) + data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
