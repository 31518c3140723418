"""What the commands of elections say about a folder or a file that is not what they need."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from smartid.cli.election_audit import ROWS
from smartid.cli.election_choices import load
from smartid.cli.election_folder import policy_for, require_archive
from smartid.cli.errors import USAGE, WrongUsage
from smartid.cli.tree import run
from smartid.errors import ExtraMissing
from smartid.services.demo import election as demo
from smartid.services.voting.audit import AuditReport
from smartid.services.voting.folder import ElectionFolder


def test_a_folder_that_is_no_election_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="holds no archive"):
        require_archive(tmp_path)
    for name in ("a.bel", "b.bel"):
        (tmp_path / name).touch()
    with pytest.raises(WrongUsage, match="holds 2 archives"):
        require_archive(tmp_path)
    require_archive(tmp_path / "a.bel")


def test_a_copy_for_the_public_is_not_held(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="a copy for the public"):
        policy_for(ElectionFolder(tmp_path), None)


@pytest.mark.parametrize("text", ["", "{}", "[[0, 1", "[[0, true]]", "[[0, 2]]", "[0]", "[" * 100_000])
def test_a_file_without_choices_is_wrong_usage(tmp_path: Path, text: str) -> None:
    (tmp_path / "choices.json").write_text(text)
    with pytest.raises(WrongUsage, match="holds no choices"):
        load(tmp_path / "choices.json")


@pytest.mark.parametrize("tracker", ["AAAA", "A" * 44, "é" * 43, "A" * 42 + "="])
def test_what_is_no_tracker_is_not_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tracker: str
) -> None:
    (tmp_path / "a.bel").touch()
    assert run(["election", "check", str(tmp_path / "a.bel"), tracker]) == USAGE
    assert "is no tracker" in capsys.readouterr().err


def test_every_count_of_the_audit_has_a_name() -> None:
    assert list(ROWS) == [one.name for one in fields(AuditReport)]


def test_a_missing_part_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ExtraMissing("voting", name)

    monkeypatch.setattr(demo, "named", missing)
    assert run(["election", "demo", str(tmp_path / "new"), "--voters", "1"]) == USAGE
    assert not (tmp_path / "new").exists()
