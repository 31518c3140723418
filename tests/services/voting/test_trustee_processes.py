"""Trustees as processes: a ceremony, a count, and what a crash or a wrong host does to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from smartid.errors import GatewayUnavailable, Refused
from smartid.services.voting.groups.named import named
from smartid.services.voting.tally import compute_result
from smartid.services.voting.trustees.binding import add_binding, bindings_of
from smartid.services.voting.trustees.host import MODULE, TrusteeProcess, hold_ceremony
from smartid.services.voting.trustees.process import answer
from smartid.services.voting.trustees.record import Trustees
from smartid.services.voting.trustees.safe import TrusteeFolder
from smartid.services.voting.verify.verify import verify_archive
from tests.unit.services.voting.ceremony import Trusted, closed_board, expected

NAME = "Ed25519"
PASSPHRASE = "گنج پنهان".encode()


@contextmanager
def running(folder: Path, names: Sequence[str]) -> Iterator[list[TrusteeProcess]]:
    with ExitStack() as stack:
        found = []
        for name in names:
            TrusteeFolder.create(folder / name, minimum=0, passphrase=passphrase_of(name))
            found.append(stack.enter_context(TrusteeProcess(folder / name, passphrase=passphrase_of(name))))
        yield found


def passphrase_of(name: str) -> bytes:
    """One of them has one."""
    return PASSPHRASE if name == "mina" else b""


def secrets_of(folder: Path) -> list[str]:
    return [
        value
        for name, value in TrusteeFolder.open(folder, passphrase=passphrase_of(folder.name))._secrets.items()
        if name in {"signing", "decryption", "key"}
    ]


def test_a_ceremony_of_processes_and_the_count(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with running(tmp_path, ["mina", "navid", "omid", "pari"]) as (mina, *members):
        raw = hold_ceremony(members, 2, mandatory=[mina], group=NAME)
        assert hold_ceremony(members, 2, mandatory=[mina], group=NAME) == raw
        record = Trustees.parse(raw, named(NAME))
        who = Trusted(named(NAME), [], record)
        with closed_board(tmp_path / "a.bel", who, 2) as board:
            for one in (members[2], mina, members[0]):
                made = one.decrypt(board.path)
                board.append_share(made.owner, made.raw)
                add_binding(bindings_of(board.path), made.owner, made.binding)
            assert dict(verify_archive(board.path).checks)["share-binding"] == 3
            assert json.loads(compute_result(board.path))["result"] == expected(2)
            everything = raw + board.path.read_bytes()
            process = mina._process
            assert process is not None
            places = [Path(f"/proc/{process.pid}/{name}") for name in ("cmdline", "environ")]
            everything += b"".join(place.read_bytes() for place in places if place.exists())
    assert PASSPHRASE not in everything
    known = [secret for name in ("mina", "navid", "omid", "pari") for secret in secrets_of(tmp_path / name)]
    assert len(known) == 10
    assert not any(secret.encode() in everything for secret in known)
    assert capfd.readouterr() == ("", "")


class Carrier(TrusteeProcess):
    """A trustee in this process, behind the same lines. The host writes them down, and may change answers."""

    def __init__(self, folder: Path, change: Any = None) -> None:
        super().__init__(folder)
        self.lines: list[bytes] = []
        self._change = change
        self._trustee = TrusteeFolder.create(folder)

    def ask(self, do: str, **members: Any) -> dict[str, Any]:
        found = super().ask(do, **members)
        return self._change(do, found) if self._change else found

    def _exchange(self, question: bytes) -> dict[str, Any]:
        found = answer(self._trustee, question)
        self.lines += [question, json.dumps(found).encode()]
        return found


def three(folder: Path, change: Any = None) -> list[Carrier]:
    """Three trustees; what the second one answers may be changed."""
    return [Carrier(folder / name, change if name == "b" else None) for name in "abc"]


def test_what_passes_through_the_host_holds_no_secret(tmp_path: Path) -> None:
    members = three(tmp_path)
    hold_ceremony(members, 2, group=NAME)
    passed = b"".join(line for one in members for line in one.lines)
    for one in members:
        assert len(secrets_of(one.folder)) == 3
        assert not any(secret.encode() in passed for secret in secrets_of(one.folder))


@pytest.mark.parametrize(
    ("round_", "path"),
    [
        ("certificate", ("signature", "response")),
        ("certificate", ("message",)),
        ("polynomial", ("coefexps", "message")),
        ("polynomial", ("coefexps", "signature", "challenge")),
        ("polynomial", ("signature", "response")),
        ("polynomial", ("secrets", 0, "data")),
        ("polynomial", ("secrets", 2, "ephemeral")),
        ("receive", ("pok", "challenge")),
        ("receive", ("public_key",)),
        ("receive", ("signature", "response")),
    ],
)
def test_what_the_host_changes_on_the_way_is_found_out(
    tmp_path: Path, round_: str, path: tuple[Any, ...]
) -> None:
    def change(do: str, found: dict[str, Any]) -> dict[str, Any]:
        if do == round_:
            place: Any = found
            for step in path[:-1]:
                place = place[step]
            text = place[path[-1]]
            place[path[-1]] = text[:-9] + ("1" if text[-9] != "1" else "2") + text[-8:]
        return found

    with pytest.raises(Refused) as error:
        hold_ceremony(three(tmp_path, change), 2, group=NAME)
    assert error.value.reason == "bad_proof"
    assert "2" in str(error.value)


class Mortal(TrusteeProcess):
    """Is killed as soon as it has answered a question of one kind, once."""

    kill_after = ""

    def ask(self, do: str, **members: Any) -> dict[str, Any]:
        found = super().ask(do, **members)
        if do == self.kill_after:
            self.kill_after = ""
            self.kill()
        return found


def test_a_ceremony_whose_member_is_killed_is_held_again(tmp_path: Path) -> None:
    with Mortal(tmp_path / "a") as mortal, TrusteeProcess(tmp_path / "b") as other:
        for after in ("certificate", "polynomial", "receive"):
            mortal.kill_after = after
            with pytest.raises(GatewayUnavailable):
                hold_ceremony([mortal, other], 2, group=NAME)
            mortal.start()
        keys = secrets_of(tmp_path / "a")
        record = Trustees.parse(hold_ceremony([mortal, other], 2, group=NAME), named(NAME))
        assert len(record.owners) == 2
        assert secrets_of(tmp_path / "a") == keys


def test_ctrl_c_is_for_its_owner_who_ends_it_at_once(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), TrusteeProcess(tmp_path / "mina") as mina:
        mina.ask("key", group=NAME)
        process = mina._process
        assert process is not None
        assert os.getsid(process.pid) == process.pid
        raise KeyboardInterrupt
    assert process.returncode == -signal.SIGKILL


def test_the_owners_minimum_is_not_the_hosts_to_change(tmp_path: Path) -> None:
    mina = Carrier(tmp_path / "mina")
    record = Trustees.parse(hold_ceremony([], 0, mandatory=[mina], group=NAME), named(NAME))
    with closed_board(tmp_path / "a.bel", Trusted(named(NAME), [], record), 4) as board:
        with pytest.raises(Refused, match="mina: 4 ballots count") as error:
            mina.decrypt(board.path)
        assert error.value.reason == "too_few_ballots"
        with pytest.raises(Refused):
            mina.ask("decrypt", board=str(board.path), workers=1, minimum=0)


def test_a_wrong_passphrase_tells_no_more_than_that(tmp_path: Path) -> None:
    TrusteeFolder.create(tmp_path / "mina", passphrase=PASSPHRASE).make_key(named(NAME))
    reading, writing = os.pipe()
    os.write(writing, b"another")
    os.close(writing)
    found = subprocess.run(
        [sys.executable, "-m", MODULE, str(tmp_path / "mina"), "--passphrase-fd", str(reading)],
        pass_fds=[reading],
        capture_output=True,
        input=b"",
        check=False,
    )
    os.close(reading)
    assert found.returncode == 1
    assert b"passphrase" in found.stderr
    assert b"Traceback" not in found.stderr
