"""The split of fills beside a calculator in another language, with another calendar and another clock."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

from smartid.errors import Refused
from smartid.services.fuel.policy import load_fuel_policy
from smartid.services.fuel.tiers import split
from tests.unit.services.fuel.millilitre_by_millilitre import random_fills

HERE = Path(__file__).parent
FILLS = 100_000


@pytest.mark.peers_heavy
@pytest.mark.timeout(300)
def test_a_hundred_thousand_fills_equal_those_of_node() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is missing")
    policy, random = load_fuel_policy(), Random(11)
    fills = [
        (when, held, wanted - random.randrange(100)) for when, held, wanted in random_fills(random, FILLS)
    ]
    asked = "\n".join(
        json.dumps(
            {
                "at": int(when.timestamp()),
                "held": [[tier, month, amount] for (tier, month), amount in held.items()],
                "wanted": wanted,
            }
        )
        for when, held, wanted in fills
    )
    done = subprocess.run(
        [node, str(HERE / "fuel_calculator.js")], input=asked, capture_output=True, text=True, check=True
    )
    answers = done.stdout.strip().split("\n")
    assert len(answers) == FILLS
    refused = 0
    for (when, held, wanted), text in zip(fills, answers, strict=True):
        try:
            lines = split(policy, held, wanted, when)
            found = [[line.tier, line.period, line.millilitres] for line in lines]
        except Refused:
            found, refused = None, refused + 1
        assert found == json.loads(text), (when, held, wanted)
    assert 1_000 < refused < FILLS
