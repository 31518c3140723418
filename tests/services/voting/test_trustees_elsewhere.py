"""An election whose trustees are somewhere else: their record comes in a file, and so do their shares."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from smartid.cli.tree import run
from smartid.mockcard.citizens import CITIZENS

QUESTIONS = {
    "name": "تمرین",
    "description": "",
    "questions": [{"question": "?", "answers": ["بله", "نه"], "min": 0, "max": 1}],
}


GROUP = ("--group", "Ed25519")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a frozen election without voters, two trustees elsewhere who decrypt even that."""
    exchange, questions = tmp_path / "exchange", tmp_path / "questions.json"
    exchange.mkdir()
    questions.write_text(json.dumps(QUESTIONS))
    for name in ("omid", "mina"):
        words = [tmp_path / name, exchange, "--name", name, *GROUP, "--minimum", "0", "--no-passphrase"]
        assert _run("trustee", "key", *words) == 0
    assert _run("trustee", "assemble", exchange, *GROUP) == 0
    assert _run("new", tmp_path / "vote", *_wish(tmp_path)) == 0
    assert _run("freeze", tmp_path / "vote") == 0
    return tmp_path


def _wish(place: Path) -> list[object]:
    record = place / "exchange" / "trustees.json"
    return ["--questions", place / "questions.json", *GROUP, "--trustees-record", record]


def _run(*words: object) -> int:
    return run(["election", *map(str, words)])


def _json(capsys: pytest.CaptureFixture[str], *words: object, status: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["--json", "election", *map(str, words)]) == status
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_shares_come_in_files(place: Path, capsys) -> None:
    vote, shares = place / "vote", [place / "omid.share", place / "mina.share"]
    assert _run("tally", vote) == 1
    assert "smartid election close" in capsys.readouterr().err
    assert _run("close", vote) == 0
    assert _json(capsys, "tally", vote, "--sum-only")["result"] is None
    (archive,) = vote.glob("*.bel")
    assert _run("trustee", "decrypt", place / "omid", archive, shares[0]) == 0
    assert _run("tally", vote, "--share", shares[0]) == 1
    assert "missing: 1" in capsys.readouterr().err
    assert _run("trustee", "decrypt", place / "mina", archive, shares[1]) == 0
    found = _json(capsys, "tally", vote, "--share", shares[0], "--share", shares[1])
    assert found["result"] == [[0, 0]]
    assert _json(capsys, "verify", vote)["stage"] == "result"


def test_who_votes_on_paper_is_asked_for_and_need_not_be_an_argument(
    place: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = CITIZENS["sara"].identity.national_number
    for typed, status in ((f"{number}\n", 0), (f"{number}\n", 1), ("12\n", 2)):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert _run("paper", place / "vote") == status
    said = capsys.readouterr()
    assert "Entered." in said.out
    assert "paper" in said.err  # the second time is refused
    assert number not in said.out + said.err


def test_what_is_no_share_is_refused(place: Path, capsys) -> None:
    assert _run("close", place / "vote") == 0
    (place / "paper").write_text("hello")
    assert _run("tally", place / "vote", "--share", place / "paper") == 4
    assert "malformed" in capsys.readouterr().err
    assert _json(capsys, "verify", place / "vote")["stage"] == "tallied"


def test_a_record_that_does_not_hold_makes_no_election(place: Path) -> None:
    record = place / "exchange" / "trustees.json"
    content = json.loads(record.read_bytes())
    content[0][1]["pok"], content[1][1]["pok"] = content[1][1]["pok"], content[0][1]["pok"]
    record.write_text(json.dumps(content, separators=(",", ":")))
    assert _run("new", place / "other", *_wish(place)) == 1
    assert not list((place / "other").glob("*.json"))


def test_a_folder_with_an_election_is_left_alone(place: Path, capsys) -> None:
    before = sorted(place.rglob("*"))
    assert _run("new", place / "vote", *_wish(place)) == 1
    assert "holds an election already" in capsys.readouterr().err
    assert sorted(place.rglob("*")) == before


@pytest.mark.parametrize(
    "words", [["--threshold", "2"], ["--trustees", "0"], ["--threshold", "3", "--members", "2"]]
)
def test_trustees_who_cannot_be_are_wrong_usage(words: list[str], tmp_path: Path) -> None:
    questions = tmp_path / "questions.json"
    questions.write_text(json.dumps(QUESTIONS))
    assert run(["election", "new", str(tmp_path / "vote"), "--questions", str(questions), *words]) == 2
    assert not (tmp_path / "vote").exists()
