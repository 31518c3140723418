"""The demo of an election through the command line, and what the other commands say about what it leaves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from smartid.cli.tree import run
from smartid.services.demo.election_people import invent

VOTERS = 10


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("election") / "demo"
    words = ["election", "demo", str(folder), "--voters", str(VOTERS), "--group", "Ed25519", "--seed", "7"]
    assert run(words) == 0
    return folder


@pytest.fixture
def copy(held: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(held, tmp_path / "copy"))


def _json(capsys: pytest.CaptureFixture[str], *words: object, status: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["--json", "election", *map(str, words)]) == status
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_one_archive_is_left_and_the_count_follows_from_the_closed_board(held: Path, capsys) -> None:
    (archive,) = held.glob("*.bel")
    found = _json(capsys, "verify", held)
    assert found["valid"]
    assert found["stage"] == "result"
    assert archive.name == f"{found['uuid']}.bel"
    closed = _json(capsys, "verify", held / "board" / archive.name)
    assert closed["stage"] == "closed"
    assert closed["counted"] == found["counted"] + 1  # one voter voted on paper
    assert _json(capsys, "verify", archive)["result"] == found["result"]


def test_a_changed_byte_ends_with_1(copy: Path, capsys) -> None:
    (archive,) = copy.glob("*.bel")
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    found = _json(capsys, "verify", archive, status=1)
    assert not found["valid"]
    assert found["check"]
    assert run(["election", "verify", str(archive)]) == 1
    assert "Do not believe the result" in capsys.readouterr().err


def test_a_ballot_that_is_left_out_without_a_revocation_is_found(copy: Path, capsys) -> None:
    (archive,) = copy.glob("*.bel")
    shutil.copy(copy / "board" / archive.name, archive)
    assert _json(capsys, "verify", copy, status=1)["check"] == "count"  # nothing was left out
    (copy / "board" / archive.name).unlink()
    assert _json(capsys, "verify", copy, status=1)["check"] == "count"


def test_receipts_stand_on_the_whole_board(held: Path, capsys) -> None:
    second = next((held / "voters").glob("*.receipt-2.json"))
    first = second.with_name(second.name.replace("receipt-2", "receipt-1"))
    replaced = _json(capsys, "verify", held, "--receipt", first)["receipt"]
    last = _json(capsys, "verify", held, "--receipt", second)["receipt"]
    assert not replaced["counted"]
    assert last["counted"]
    assert replaced["superseded_by"] == json.loads(second.read_text())["height"]


def test_what_is_no_receipt_is_wrong_usage(held: Path, tmp_path: Path, capsys) -> None:
    paper = tmp_path / "paper"
    paper.write_text("hello")
    assert run(["election", "verify", str(held), "--receipt", str(paper)]) == 2
    assert "no receipt" in capsys.readouterr().err


def test_a_tracker_is_found_or_not(held: Path, capsys) -> None:
    receipt = json.loads(next((held / "voters").glob("*.receipt-1.json")).read_text())
    assert _json(capsys, "check", held, receipt["tracker"])["height"] == receipt["height"]
    assert not _json(capsys, "check", held, "A" * 43, status=1)["found"]
    assert run(["election", "check", str(held)]) == 2


def test_the_audit_tells_counts_and_nobodys_number(held: Path, capsys) -> None:
    found = _json(capsys, "audit", held)
    assert found["on_paper"] == found["revoked"] == 1
    assert found["registrations"] == VOTERS + 1
    people = {one.national_number for one in invent(VOTERS, Random(0))}
    assert all(person in (held / "restricted" / "register.json").read_text() for person in people)
    assert not any(person in (held / "audit.json").read_text() for person in people)


def test_an_audit_finds_a_ballot_without_evidence(copy: Path, capsys) -> None:
    log = copy / "restricted" / "evidence.log"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:-3]))
    assert run(["election", "audit", str(copy)]) == 1
    assert "evidence" in capsys.readouterr().err


def test_voting_is_over(held: Path, capsys) -> None:
    assert run(["election", "vote", str(held)]) == 1  # before a card is asked for
    assert "over" in capsys.readouterr().err
    assert run(["election", "register", str(held), "--reader", "mock:none.card"]) == 2
    assert run(["election", "close", str(held)]) == 0


def test_the_result_is_counted_once(held: Path, capsys) -> None:
    (archive,) = held.glob("*.bel")
    before = archive.read_bytes()
    found = _json(capsys, "tally", held)
    assert archive.read_bytes() == before
    verified = _json(capsys, "verify", held)
    assert found["result"] == verified["result"]
    assert "share-binding" in {check["name"] for check in verified["checks"]}


def test_secrets_are_their_owners(held: Path) -> None:
    for path in held.rglob("*"):
        mode = path.stat().st_mode & 0o777
        public = path.suffix in {".bel", ".pem", ".shares"} and path.parent.name != "acceptance"
        open_names = {"revocations.json", "audit.json", "public.pem", "lock"}
        if path.is_dir() or public or path.name in open_names or "trust" in path.parts:
            continue
        assert mode & 0o077 == 0, path


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path, capsys) -> None:
    (tmp_path / "mine").write_text("keep me")
    assert run(["election", "demo", str(tmp_path)]) == 2
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]
    assert "not empty" in capsys.readouterr().err


def test_a_folder_without_an_election_says_what_to_do(tmp_path: Path, capsys) -> None:
    for command in ("freeze", "close", "tally", "audit", "vote"):
        assert run(["election", command, str(tmp_path)]) == 1
        assert "smartid election new" in capsys.readouterr().err
