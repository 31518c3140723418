"""Lives of a cash machine in processes of their own, ended with SIGKILL.

Standard input: a line of JSON for each life. Standard output: a line with the signal that
ended it, 0 for none. Each life is a fork of this process, which has everything imported and nothing open.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

from smartid.services.atm.simulated import Behaviour
from smartid.services.demo.book import crashing
from smartid.services.demo.crash import Crashes, die
from tests.services.atm.matrix import operate
from tests.services.atm.world import NOON, Clock, opened


def live(order: dict) -> None:
    """One life, in the child."""
    folder, crashes = Path(order["folder"]), Crashes([order["kill"]], end=die)
    with opened(
        folder,
        port=order["port"],
        bank_url=order["bank"],
        account=order["account"],
        clock=Clock(NOON + timedelta(minutes=order["number"])),
        behave=Behaviour(order["behaviour"]),
        seam=crashes.reach,
        wrap=lambda book: crashing(book, crashes),
        url=order["url"],
    ) as world:
        operate(world, order["operation"])
        (folder / "seams").write_text(str(crashes.reached))


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            live(order)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}), flush=True)


if __name__ == "__main__":
    main()
