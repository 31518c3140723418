"""Folders and file names that a stranger made."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from smartid.cli.output import json_text
from smartid.cli.tree import run
from smartid.cli.verify import walk

DEEP = 1100


def test_a_name_so_long_that_no_signature_fits_beside_it(tmp_path: Path) -> None:
    long = tmp_path / ("a" * 253)
    long.write_bytes(b"x")
    assert list(walk((tmp_path,))) == [long]


def test_folders_deeper_than_the_stack(tmp_path: Path) -> None:
    top = os.open(tmp_path, os.O_RDONLY)
    here = top
    for _ in range(DEEP):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    found = list(walk((tmp_path,)))
    subprocess.run(["rm", "-r", tmp_path / "d"], check=True)  # pytest's own cleaning is not that deep
    assert [path.name for path in found] == ["f"]
    assert len(found[0].relative_to(tmp_path).parts) == DEEP + 1


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passing over it in silence would let the batch succeed without it."""
    closed = tmp_path / "closed"
    closed.mkdir()
    (tmp_path / "open").write_bytes(b"x")
    listdir = os.listdir

    def refuse(path: Path) -> list[str]:
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refuse)
    assert list(walk((tmp_path,))) == [closed, tmp_path / "open"]


def test_pipes_loops_and_links_to_nowhere_are_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "nothing").symlink_to(tmp_path / "gone")
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert list(walk((tmp_path,))) == [tmp_path / "file", tmp_path / "link"]


def test_only_a_file_takes_its_content_out_of_the_list(tmp_path: Path) -> None:
    """A folder ``contract.pdf.p7s`` would hide ``contract.pdf`` from the batch."""
    (tmp_path / "contract.pdf").write_bytes(b"x")
    (tmp_path / "contract.pdf.p7s").mkdir()
    (tmp_path / "letter").write_bytes(b"x")
    (tmp_path / "letter.p7s").write_bytes(b"x")
    assert list(walk((tmp_path,))) == [tmp_path / "contract.pdf", tmp_path / "letter.p7s"]


@pytest.mark.parametrize("suffix", ["json", "html"])
def test_a_report_names_a_file_whose_name_is_no_text(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / os.fsdecode(b"\xff.xml")).write_bytes(b"<a/>")
    (folder / os.fsdecode(b"\xfe.pdf")).write_bytes(b"x")
    report = tmp_path / f"report.{suffix}"
    assert run(["verify", str(folder), "--report", str(report)]) == 1
    report.read_bytes().decode()
    if suffix == "json":
        assert len(json.loads(report.read_bytes())["files"]) == 2


def test_json_text_can_always_be_encoded() -> None:
    assert json.loads(json_text({"a": "\udcff"}).encode()) == {"a": "\udcff"}
    assert "ف" in json_text({"a": "ف"})


def test_a_time_that_utc_has_no_date_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a/>")
    assert run(["verify", "--at", "0001-01-01T00:00+14:00", str(tmp_path / "a.xml")]) == 2
    assert "--at" in capsys.readouterr().err
