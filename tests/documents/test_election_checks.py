"""The page of an election's checks against the rules themselves, and against what the code names."""

from __future__ import annotations

import re
from pathlib import Path

from smartid.services.voting.verify.checks import Check

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "election-checks.md"
ROW = re.compile(r"^\| `([a-z-]+)` \| (.+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r'(?:ElectionInvalid\(\s*|check=|CHECK = )"([a-z-]+)"')


def test_the_page_lists_every_check_with_its_sentences() -> None:
    listed = ROW.findall(PAGE.read_text())
    assert sorted(listed) == sorted((check.value, check.english, check.persian) for check in Check)


def test_errors_name_checks_that_there_are() -> None:
    named = {
        name
        for path in (ROOT / "smartid" / "services" / "voting").rglob("*.py")
        for name in NAMED.findall(path.read_text())
    }
    assert named
    assert named <= set(Check)


def test_every_check_has_sentences_of_its_own() -> None:
    for check in Check:
        assert check.english.endswith(".")
        assert check.persian.endswith(".")
    assert len({check.english for check in Check}) == len({check.persian for check in Check}) == len(Check)
