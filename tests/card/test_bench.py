"""The private PC/SC service, seen by a program that nobody here wrote."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from smartid.errors import NoService
from smartid.mockcard import pcsclite
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.image import CardImage
from smartid.profiles.national_reference import NATIONAL_REFERENCE


@pytest.fixture(autouse=True)
def _needs_pcscd() -> None:
    if not shutil.which("pcscd", path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip("pcscd is absent: apt-get install pcscd vsmartcard-vpcd")


def ended(pid: int) -> bool:
    """Whether no such process is left; a zombie counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):  # it may end while it is read
        return True


def test_two_benches_stand_side_by_side_and_leave_nothing() -> None:
    with PrivatePCSC(readers=2) as one, PrivatePCSC() as two:
        assert not set(one.ports) & set(two.ports)
        assert len(one.reader_names) == len(one.ports) == 4
        folders = [Path(bench.environment["PCSCLITE_CSOCK_NAME"]).parent for bench in (one, two)]
        assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700, 0o700]
        pids = [one.pid, two.pid]
    assert not any(folder.exists() for folder in folders)
    assert all(map(ended, pids))
    with pytest.raises(NoService, match="not running"):
        _ = one.environment


def test_a_foreign_program_sees_the_readers_also_after_a_restart() -> None:
    if not shutil.which("opensc-tool"):
        pytest.skip("opensc-tool is absent: apt-get install opensc")
    with PrivatePCSC() as bench:
        for _ in range(2):
            shown = subprocess.run(
                ["opensc-tool", "-l"],
                env={**os.environ, **bench.environment},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            assert all(name in shown for name in bench.reader_names)
            bench.restart()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, 0])
def test_no_orphan_however_the_owner_ends(number: int) -> None:
    program = (
        "import os, sys\n"
        "from smartid.mockcard.bench import PrivatePCSC\n"
        "bench = PrivatePCSC().__enter__()\n"
        "print(bench.pid, bench.environment['PCSCLITE_CSOCK_NAME'], flush=True)\n"
        f"{number} and os.kill(os.getpid(), {number})\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid, socket_path = owner.stdout.read().split()
    folder = Path(socket_path).parent
    for _ in range(200):
        if ended(int(pid)) and not folder.exists():
            break
        signal.sigtimedwait([], 0.02)
    assert ended(int(pid))
    assert not folder.exists()


def test_a_service_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "pcscd"
    broken.write_text("#!/bin/sh\necho out of order >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr("smartid.mockcard.bench._START_SECONDS", 0.3)
    with pytest.raises(NoService, match=r"did not answer.* It said: "):
        PrivatePCSC().__enter__()


def test_a_missing_driver_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartid.mockcard.bench._DRIVERS", ())
    with pytest.raises(NoService, match="vsmartcard-vpcd"):
        PrivatePCSC().__enter__()


@pytest.mark.parametrize("readers", [0, 9])
def test_the_number_of_readers_is_bounded(readers: int) -> None:
    with pytest.raises(ValueError, match="1 to 8"):
        PrivatePCSC(readers=readers)


def test_the_service_is_asked_whether_it_sees_a_card() -> None:
    with PrivatePCSC() as bench:
        address = Path(bench.environment["PCSCLITE_CSOCK_NAME"])
        assert not any(pcsclite.reader_states(address, seconds=5).values())
        with MockCard(CardImage(profile=NATIONAL_REFERENCE)).serve(bench.ports[1]):
            bench.wait_for_card(slot=1)
            assert list(pcsclite.reader_states(address, seconds=5).values()) == [False, True]
