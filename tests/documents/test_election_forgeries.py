"""The page of forged elections lists what the tests forge, and who notices it there."""

from __future__ import annotations

import re
from pathlib import Path

from smartid.services.voting.verify.checks import Check
from tests.peers.voting.forgeries import FORGERIES, Forgery

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "election-forgeries.md"


def row(forgery: Forgery) -> str:
    theirs = "finds nothing" if forgery.accepted else "refuses"
    ours = f"`{forgery.check}`" if forgery.check else "the format"
    return f"| {forgery.name} | {theirs} | {ours} |"


def test_every_forgery_stands_on_the_page_as_it_is_tested() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert rows[1:] == [row(forgery) for forgery in FORGERIES]


def test_the_numbers_in_its_text_are_those_of_the_table() -> None:
    found = re.search(r"Of the (\d+) forgeries below it accepts (\d+)", PAGE.read_text())
    accepted = sum(forgery.accepted for forgery in FORGERIES)
    assert found
    assert tuple(map(int, found.groups())) == (len(FORGERIES), accepted)


def test_every_rule_that_is_named_is_a_rule() -> None:
    assert {forgery.check for forgery in FORGERIES} - {""} <= set(Check)
