"""Crash tests for a service of your own: kill it at every seam, recover, and compare the books.

::

    from smartid.services.testing import crash_matrix, crashing

    def operate(world, crashes):
        desk = world.open(crashing(world.book(), crashes))      # a seam before and after each commit
        desk.commit(authorized, key="till-3/7")

    crash_matrix(World, operate, World.recover, World.check)    # World() makes new files each time

A whole scenario runs in this process with ``run_inside``, or in processes that are really killed with
``run_demo``.
"""

from __future__ import annotations

from smartid.services.demo.book import crashing
from smartid.services.demo.crash import Crashes, Killed, crash_matrix
from smartid.services.demo.frame import Audit, Outcome, Scenario, Tally, World
from smartid.services.demo.runner import run_demo, run_inside

__all__ = [
    "Audit",
    "Crashes",
    "Killed",
    "Outcome",
    "Scenario",
    "Tally",
    "World",
    "crash_matrix",
    "crashing",
    "run_demo",
    "run_inside",
]
