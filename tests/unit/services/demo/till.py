"""A till as a scenario: notes go from a drawer to a safe, both files. It may be told to make a mistake."""

from __future__ import annotations

import json
from pathlib import Path

from smartid.services.demo.frame import Audit, World

NOTES = 1000
OPERATIONS = 30


class Till:
    """Moves one note in each step: an intent first, then the move, both through seams."""

    def __init__(self, world: World, *, careless: bool = False) -> None:
        self.world = world
        self.careless = careless
        self.path = Path(world.database.removeprefix("file:"))

    def setup(self) -> None:
        self.write({"drawer": NOTES, "safe": 0, "moving": 0})

    def step(self, number: int) -> None:
        state = self.read()
        notes = self.world.random(number).randint(1, 3)
        state["drawer"] -= notes
        state["moving"] += notes
        self.world.crashes.around("commit", self.write)(state)
        self.world.count("torn")
        state["safe"] += notes
        state["moving"] = 0
        self.world.crashes.around("commit", self.write)(state)

    def recover(self) -> None:
        state = self.read()
        state["safe"] += 0 if self.careless else state["moving"]
        state["moving"] = 0
        self.world.crashes.around("commit", self.write)(state)

    def finish(self) -> None:
        pass

    def audit(self) -> Audit:
        state = self.read()
        total = state["drawer"] + state["safe"]
        return Audit(
            value_created=max(0, total - NOTES),
            value_lost=max(0, NOTES - total),
            balanced=total == NOTES,
            story=[("تمام شد", "Done")],
        )

    def close(self) -> None:
        pass

    def read(self) -> dict[str, int]:
        found: dict[str, int] = json.loads(self.path.read_text())
        return found

    def write(self, state: dict[str, int]) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(state))
        new.replace(self.path)


def scenario(world: World) -> Till:
    return Till(world)
