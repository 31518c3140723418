"""The command line in this process, with mock cards and without the user's settings."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smartid.cli.tree import run
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.image import CardImage
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.registry import PROFILES


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Sample:
    """A card file with its PINs."""

    path: Path
    image: CardImage

    @property
    def reader(self) -> str:
        return f"mock:{self.path}"

    def pin(self, name: str = "identity") -> str:
        return self.image.pins[name].value

    def wrong(self, name: str = "identity") -> str:
        right = self.pin(name)
        return right[:-1] + str((int(right[-1]) + 1) % 10)


@pytest.fixture(scope="session")
def pki() -> ThrowAwayPKI:
    return ThrowAwayPKI.fresh()


@pytest.fixture(scope="session")
def issued(
    pki: ThrowAwayPKI, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[tuple[str, str], CardImage]]:
    """Images by citizen and profile, and the folder of their anchors."""
    folder = tmp_path_factory.mktemp("anchors")
    pki.write_trust(folder)
    profiles = {profile.name: profile for profile in PROFILES}
    wanted = [(name, "national_reference") for name in ("sara", "reza", "kaveh", "maryam", "bahram", "hamid")]
    wanted.append(("sara", "iran_nid"))
    return folder, {(who, what): issue_citizen(CITIZENS[who], profiles[what], pki) for who, what in wanted}


@pytest.fixture
def anchors(issued: tuple[Path, dict[tuple[str, str], CardImage]]) -> str:
    return str(issued[0])


@pytest.fixture
def sample(issued: tuple[Path, dict[tuple[str, str], CardImage]], tmp_path: Path) -> Callable[..., Sample]:
    """Make a card file of a citizen that this test may change."""

    def make(who: str = "sara", what: str = "national_reference") -> Sample:
        image = issued[1][who, what].snapshot()
        path = tmp_path / f"{who}-{what}.card"
        image.save(path)
        return Sample(path, image)

    return make


@pytest.fixture
def clean_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SMARTID_HOME", str(home / "smartid"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.delenv("SMARTID_TRUST", raising=False)
    return home


@pytest.fixture
def cli(
    clean_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Run one command line; a PIN list goes through a pipe as --pin-fd."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    def call(*arguments: str, pins: tuple[str, ...] = ()) -> Outcome:
        capsys.readouterr()
        if not pins:
            status = run(arguments)
        else:
            read_end, write_end = os.pipe()
            os.write(write_end, "".join(f"{pin}\n" for pin in pins).encode())
            os.close(write_end)
            try:
                status = run([*arguments, "--pin-fd", str(read_end)])
            finally:
                os.close(read_end)
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return call


@pytest.fixture
def virtual_reader() -> None:
    """Skip where the programs of a virtual reader are missing."""
    if not shutil.which("pcscd", path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip("pcscd is not installed")
    return
