"""How long whole programs take to start, beside a Python that does nothing."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from smartid.errors import NoService
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.image import CardImage
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from tests.bench.measure import PYTHON, Figure, processes

ROUNDS = 21
IMPORT_MS = 15.0
VERSION_RATIO = 5.0
READERS_RATIO = 8.0


def figures() -> list[Figure]:
    """Import time, ``smartid --version`` and ``smartid readers`` with a service, a reader and a card."""
    smartid = shutil.which("smartid", path=str(Path(sys.executable).parent)) or "smartid"
    commands = {
        "python": [PYTHON, "-c", "pass"],
        "import": [PYTHON, "-c", "import smartid"],
        "click": [PYTHON, "-c", "import click"],
        "version": [smartid, "--version"],
        "readers": [smartid, "readers"],
    }
    try:
        with PrivatePCSC() as service, blank_card().serve(service.ports[0]):
            service.wait_for_card()
            times = processes(commands, rounds=ROUNDS, environment={**os.environ, **service.environment})
    except NoService as error:
        print(f"no private PC/SC service, `smartid readers` is not measured: {error}", file=sys.stderr)
        del commands["readers"]
        times = processes(commands, rounds=ROUNDS)
    python = times["python"]
    extra = times["import"] - python
    found = [
        Figure(
            name="import smartid, above bare Python",
            value=extra,
            unit="ms",
            baseline="python -c pass",
            baseline_value=python,
            target=f"at most {IMPORT_MS:g} ms",
            met=extra <= IMPORT_MS,
        ),
        _start("smartid --version", times["version"], python, VERSION_RATIO),
    ]
    if "readers" in times:
        found.append(_start("smartid readers, a card inside", times["readers"], python, READERS_RATIO))
    found.append(
        replace(_start("import click, for comparison", times["click"], python, float("inf")), target="none")
    )
    return found


def blank_card() -> MockCard:
    """A card with the applications of the reference card and nothing in them."""
    return MockCard(CardImage(profile=NATIONAL_REFERENCE))


def _start(name: str, value: float, python: float, limit: float) -> Figure:
    return Figure(
        name=name,
        value=value,
        unit="ms",
        baseline="python -c pass",
        baseline_value=python,
        target=f"at most {limit:g} times bare Python",
        met=value <= limit * python,
    )
