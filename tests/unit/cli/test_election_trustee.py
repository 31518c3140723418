"""``smartid election trustee``: people in different rooms hold a ceremony by mail."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smartid.cli.tree import run
from smartid.errors import EncodingError
from smartid.services.voting.groups.named import named
from smartid.services.voting.tally import compute_result
from smartid.services.voting.trustees.exchange import read_record, read_share
from smartid.services.voting.trustees.keys import TrusteeKey, is_sealed
from smartid.services.voting.trustees.safe import TrusteeFolder
from tests.unit.services.voting.ceremony import Trusted, closed_board, expected

GROUP = named("Ed25519")
NEW = ("--group", GROUP.name, "--minimum", "2", "--no-passphrase")
Trustee = Callable[..., Any]


@pytest.fixture
def trustee(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Trustee:
    """Runs a command in a folder of its own; gives its document, after its exit status is as expected."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    Path("x").mkdir()

    def call(*arguments: str, status: int = 0) -> Any:
        assert run(["--json", "election", "trustee", *arguments]) == status, capsys.readouterr()
        return json.loads(capsys.readouterr().out)

    return call


def given(text: bytes) -> str:
    """A descriptor from which a text can be read."""
    reading, writing = os.pipe()
    os.write(writing, text)
    os.close(writing)
    return str(reading)


def test_a_ceremony_by_mail_and_the_count(trustee: Trustee) -> None:
    trustee("key", "mina", "x", "--name", "mina", *NEW)
    seats = ("--size", "3", "--threshold", "2")
    for at in "123":
        trustee("certificate", f"m{at}", "x", *seats, "--index", at, *NEW)
    seen = {trustee("polynomial", f"m{at}", "x")["fingerprint"] for at in "123"}
    assert len(seen) == 1
    trustee("receive", "m1", "x")
    missing = trustee("assemble", "x", status=1)
    assert "2.key.json, 3.key.json" in missing["error"]["message"]
    for at in "23":
        trustee("receive", f"m{at}", "x")
    assert trustee("assemble", "x")["trustees"] == 4
    assert [trustee("check", name, "x/trustees.json")["owner"] for name in ("mina", "m1", "m3")] == [1, 2, 4]
    assert trustee("show", "m1") == {"minimum": 2, "published": ["certificate", "polynomial", "key"]}

    record = read_record(Path("x/trustees.json"), GROUP)
    with closed_board(Path("a.bel"), Trusted(GROUP, [], record), 2) as board:
        for name in ("mina", "m3", "m1"):
            trustee("decrypt", name, "a.bel", f"{name}.share")
            board.append_share(*read_share(Path(f"{name}.share")))
        assert json.loads(compute_result(board.path))["result"] == expected(2)
    with closed_board(Path("b.bel"), Trusted(GROUP, [], record), 1):
        assert trustee("decrypt", "mina", "b.bel", "b.share", status=1)["error"]["kind"] == "Refused"
    assert not Path("b.share").exists()


def test_a_passphrase_comes_from_a_descriptor(trustee: Trustee) -> None:
    options = ("--group", GROUP.name)
    trustee("key", "mina", "x", "--name", "mina", *options, status=2)
    trustee("key", "mina", "x", "--name", "mina", *options, "--passphrase-fd", given(b"sesame\n"))
    assert is_sealed(Path("mina/secrets.json"))
    assert trustee("show", "mina", "--passphrase-fd", given(b"sesame"))["published"] == ["key"]
    trustee("show", "mina", status=2)
    trustee("show", "mina", "--passphrase-fd", given(b""), status=2)
    trustee("show", "mina", "--passphrase-fd", "99", status=2)
    assert (
        "passphrase"
        in trustee("show", "mina", "--passphrase-fd", given(b"barley"), status=1)["error"]["message"]
    )


def test_a_key_of_the_tool_is_taken_over(trustee: Trustee) -> None:
    key = TrusteeKey.new(GROUP)
    Path("A.privkey").write_text(f'"{key.exponent}"')
    trustee("key", "mina", "x", "--name", "mina", "--import", "A.privkey", *NEW)
    assert TrusteeFolder.open(Path("mina")).key.public == key.public
    assert trustee("assemble", "x", "--group", GROUP.name)["trustees"] == 1
    Path("B.privkey").write_text("none")
    trustee("key", "navid", "x", "--name", "navid", "--import", "B.privkey", *NEW, status=4)
    assert not Path("navid").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("key", "mina", "x", "--name", "../mina"),
        ("key", "mina", "nowhere", "--name", "mina"),
        ("certificate", "mina", "x", "--size", "2", "--threshold", "3", "--index", "1"),
        ("certificate", "mina", "x", "--size", "2", "--threshold", "1", "--index", "3"),
    ],
)
def test_wrong_usage_makes_nothing(trustee: Trustee, arguments: tuple[str, ...]) -> None:
    trustee(*arguments, *NEW, status=2)
    assert not Path("mina").exists()


def test_nothing_is_assembled_of_nothing(trustee: Trustee) -> None:
    trustee("assemble", "x", status=1)
    Path("x/1.certificate.json").write_bytes(b'{"message":"{}"}')
    trustee("assemble", "x", status=4)


@pytest.mark.parametrize("content", [b"", b"{}\n", b'{}\n{"owner":1,"payload":"' + b"0" * 64 + b'"}\n'])
def test_a_file_that_holds_no_share(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "share"
    path.write_bytes(content)
    with pytest.raises(EncodingError):
        read_share(path)
