"""The program that is killed: ``python -m smartid.services.demo.worker``, started by ``demo.runner``.

Standard input: one line of JSON that says what to do. Standard output: a line of JSON for each thing that
must survive a kill: ``{"begun": 12}``, ``{"count": "torn"}``, and at the end ``{"audit": {…}}``.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from smartid.services.demo.crash import Crashes, die
from smartid.services.demo.frame import World
from smartid.services.demo.plan import Kill
from smartid.services.demo.run import Life, live, module_of


def main() -> None:
    """Do what the line on standard input says."""
    order = json.loads(sys.stdin.readline())
    pipe = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a scenario prints is no message

    def say(**members: Any) -> None:
        os.write(pipe, (json.dumps(members, ensure_ascii=False) + "\n").encode())

    world = World(
        database=order["database"],
        folder=Path(order["folder"]),
        seed=order["seed"],
        faults=order["faults"],
        crashes=Crashes(end=die),
        count=lambda name: say(count=name),
    )
    audit = live(
        module_of(order["name"]).scenario, world, _life(order["life"]), lambda number: say(begun=number)
    )
    say(audit=asdict(audit))


def _life(members: dict[str, Any]) -> Life:
    kill = members.pop("kill")
    return Life(**members, kill=Kill(**kill) if kill else None)


if __name__ == "__main__":
    main()
