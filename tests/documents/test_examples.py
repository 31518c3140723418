"""The programs in ``examples/`` do what their first lines say, and use public names only."""

from __future__ import annotations

import ast
import importlib
import os
import re
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
API = ROOT / "docs" / "reference" / "python-api.md"
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


def _documented() -> set[str]:
    """The names that the reference tells by their modules, such as "smartid.errors.Refused"."""
    rows = re.findall(r"^\| `(smartid[\w.]+)` \| (.*?) \|", API.read_text(encoding="utf-8"), re.M)
    return {f"{module}.{name}" for module, names in rows for name in re.findall(r"`(\w+)`", names)}


def _smartid_names(path: Path) -> Iterator[str]:
    """What is taken from the package; a name of a module as "smartid.module.name".

    Sites import the modules of ``smartid.web``, each glue from its own.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "smartid":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("smartid.web."):
            yield "Policy"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("smartid"):
            yield from _from(node.module or "", [alias.name for alias in node.names])
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "smartid"
        ):
            yield node.attr


def _from(module: str, names: list[str]) -> Iterator[str]:
    """A module that is imported whole stands for those of its names that are documented."""
    for name in names:
        whole = sorted(found for found in _documented() if found.startswith(f"{module}.{name}."))
        yield from whole or [f"{module}.{name}"]


def test_the_names_that_the_reference_tells_exist() -> None:
    missing = []
    for path in _documented():
        module, _, name = path.rpartition(".")
        if not hasattr(importlib.import_module(module), name):
            missing.append(path)
    assert missing == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT / "examples")))
def test_an_example_uses_public_names_only(example: Path) -> None:
    used = set(_smartid_names(example))
    knows_no_card = example.parent.name == "oidc_relying_party" or example.name in {"pages.py", "plots.py"}
    assert used or knows_no_card, "a site or a page that knows nothing of cards"
    assert used <= set(smartid.__all__) | _documented()
