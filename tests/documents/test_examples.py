"""The programs in ``examples/`` do what their first lines say, and use public names only."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import smartid
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_MODULES = ("smartid.web.", "smartid.services.")
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three cards and the anchors that believe them."""
    folder = tmp_path_factory.mktemp("desk")
    pki = ThrowAwayPKI.fresh()
    pki.write_trust(folder / "anchors")
    for name in ("zahra", "kaveh", "hamid"):
        issue_citizen(CITIZENS[name], NATIONAL_REFERENCE, pki).save(folder / f"{name}.card")
    return folder


def _run(desk: Path, example: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "examples" / example), *arguments],
        cwd=desk,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_read_card_prints_a_person_who_is_proved(desk: Path) -> None:
    done = _run(desk, "read_card.py", "zahra.card", "anchors")
    assert done.returncode == 0, done.stderr
    assert f"national_number       {CITIZENS['zahra'].identity.national_number}" in done.stdout
    assert "on the word of " in done.stdout


def test_read_card_shows_nobody_whom_it_does_not_believe(desk: Path) -> None:
    done = _run(desk, "read_card.py", "kaveh.card", "anchors")
    assert done.returncode == 1
    assert done.stdout.startswith("TOTAL-FAILED: ")
    assert "کریمی" not in done.stdout


def test_read_card_tells_a_missing_reader_in_one_sentence(desk: Path) -> None:
    done = _run(desk, "read_card.py", "no reader has this name", "anchors")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_the_counter_serves_one_card_after_the_other(desk: Path) -> None:
    done = _run(desk, "watch_counter.py", "anchors", "zahra.card", "kaveh.card", "hamid.card")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == [
        f"تأیید شد: {CITIZENS['zahra'].name_fa}",
        "پذیرفته نیست (SIG_CRYPTO_FAILURE)",
        "پذیرفته نیست (EXPIRED)",
    ]


def _smartid_names(path: Path) -> Iterator[str]:
    """Modules of smartid that are imported, and names that are taken from the package.

    Sites import the modules of ``smartid.web``, each glue from its own, and services those of
    ``smartid.services``.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("smartid"):
            yield "Policy" if (node.module or "").startswith(PUBLIC_MODULES) else f"from {node.module}"
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "smartid"
        ):
            yield node.attr


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT / "examples")))
def test_an_example_uses_public_names_only(example: Path) -> None:
    used = set(_smartid_names(example))
    assert used or example.parent.name == "oidc_relying_party", "a site that knows nothing of cards"
    assert used <= set(smartid.__all__)
