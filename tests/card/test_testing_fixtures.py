"""The fixtures that are shipped for users, used as a user uses them: in a test run of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
USERS_TESTS = """
import smartid

PINS = {"identity": "4826"}


def test_reads_and_believes(mock_card, test_policy):
    with smartid.connect(transport=mock_card("reza").insert()) as card:
        person = smartid.Verifier(test_policy).identity(card.read_identity())
    assert person.identity.family_name == "کریمی"
    assert person.verdict.throw_away


def test_a_clone_is_caught(mock_card, test_policy):
    with smartid.connect(transport=mock_card("kaveh").insert()) as card:
        assert not smartid.Verifier(test_policy).assess(card.read_identity()).passed


def test_pins_are_known(mock_card):
    card = mock_card(pins=PINS)
    assert card.image.pins["identity"].value == "4826"
    assert mock_card() is not mock_card()


def test_that_fails(mock_card, trace):
    card = mock_card(pins=PINS)
    with smartid.connect(transport=trace(card.insert())) as live:
        live.verify_pin("identity", smartid.PIN("4826"))
    assert card is None
"""


def test_a_users_test_run(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["smartid.testing"]\n')
    (tmp_path / "test_counter.py").write_text(USERS_TESTS, encoding="utf-8")
    home = tmp_path / "home"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "SMARTID_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert "1 failed, 3 passed" in done.stdout, done.stdout + done.stderr
    assert "> 0020000108xxxxxxxxxxxxxxxx" in done.stdout
    assert "34383236" not in done.stdout
    assert not home.exists(), "the fixtures leave the user's own PKI alone"
