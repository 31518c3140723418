"""One life of a scenario: from its start to its end or to a kill, whichever comes first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from smartid.services.demo.crash import Crashes
from smartid.services.demo.frame import Audit, Scenario, World
from smartid.services.demo.plan import Kill

NAMES = ("purse", "purchase", "atm", "fuel")
OPERATIONS = 200
"""How many, when a demo does not say it itself."""

Make = Callable[[World], Scenario]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What one life has to do.

    first     operation to begin with, from 1; setup comes before operation 1 of the first life
    last      last operation
    fresh     nothing was done before
    recovery  seam of the recovery where it is killed; 0 for none
    kill      where it is killed afterwards; None for nowhere
    """

    first: int
    last: int
    fresh: bool
    recovery: int = 0
    kill: Kill | None = None


def module_of(name: str) -> ModuleType:
    """Import a demo by its short name, or a module of your own by its whole name. Raises ImportError."""
    return import_module(f"smartid.services.demo.{name}" if name in NAMES else name)


def operations_of(name: str) -> int:
    """How many operations a demo does when nobody says."""
    return int(getattr(module_of(name), "OPERATIONS", OPERATIONS))


def live(make: Make, world: World, life: Life, begun: Callable[[int], None]) -> Audit:
    """Live one life to its end. ``begun`` is told the number of each operation before it begins."""
    crashes = world.crashes
    kill = life.kill
    scenario = make(world)
    try:
        _begin(scenario, crashes, life)
        for number in range(life.first, life.last + 1):
            begun(number)
            if kill is not None and number >= kill.step:
                crashes.arm(kill.ordinal)
                kill = None
            scenario.step(number)
        crashes.arm(0)
        scenario.finish()
        return scenario.audit()
    finally:
        scenario.close()


def _begin(scenario: Scenario, crashes: Crashes, life: Life) -> None:
    if life.fresh:
        scenario.setup()
        return
    crashes.arm(life.recovery)
    scenario.recover()
    crashes.arm(0)
