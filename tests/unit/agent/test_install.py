"""A browser is told, and untold, without a trace; what belongs to another program stays."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from smartid.agent.browsers import Browser, profile_place, system_place, user_place
from smartid.agent.install import launcher_text, look, version_of
from smartid.cli.tree import run

OWN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop/"
WEB_EID = "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/"
FOREIGN = json.dumps(
    {"name": "eu.webeid", "path": "/usr/bin/web-eid", "type": "stdio", "allowed_origins": [WEB_EID]}
)
Cli = Callable[..., tuple[int, object]]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*words: str) -> tuple[int, object]:
        status = run(["--json", *words])
        out = capsys.readouterr().out
        return status, json.loads(out) if out else None

    return call


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("browser", "folder", "member"),
    [
        ("chromium", ".config/chromium/NativeMessagingHosts", "allowed_origins"),
        ("chrome", ".config/google-chrome/NativeMessagingHosts", "allowed_origins"),
        ("firefox", ".mozilla/native-messaging-hosts", "allowed_extensions"),
    ],
)
def test_a_manifest_is_written_where_the_browser_looks_and_removed(
    cli: Cli, home: Path, browser: str, folder: str, member: str
) -> None:
    assert cli("agent", "install", "--browser", browser)[0] == 0
    manifest = json.loads((home / folder / "eu.webeid.json").read_text())
    assert set(manifest) == {"name", "description", "path", "type", member}
    assert (manifest["name"], manifest["type"]) == ("eu.webeid", "stdio")
    assert manifest[member] == list(Browser(browser).callers)
    launcher = Path(manifest["path"])
    assert launcher.is_absolute()
    assert stat.S_IMODE(launcher.stat().st_mode) == 0o755
    assert set(files(home)) == {f"{folder}/eu.webeid.json", f"{folder}/smartid-agent"}
    assert cli("agent", "uninstall", "--browser", browser)[0] == 0
    assert files(home) == {}
    assert cli("agent", "uninstall", "--browser", browser)[0] == 0


def test_the_launcher_answers_and_keeps_reader_and_callers(cli: Cli, tmp_path: Path) -> None:
    card = tmp_path / 'it\'s $(id) "سارا".card'
    card.write_text("{}")
    status, told = cli(
        "--reader", f"mock:{card}", "agent", "install", "--browser", "chromium", "--allow", OWN
    )
    assert status == 0
    (facts,) = told["browsers"]
    assert facts["version"].startswith("2.")
    assert facts["callers"][-1] == OWN
    assert (facts["reader"], facts["test"]) == (f"mock:{card}", True)
    launcher = user_place(Browser.CHROMIUM).launcher
    assert version_of(launcher, OWN) == facts["version"]
    assert version_of(launcher, OWN.replace("a", "b")) is None
    status, told = cli("agent", "status")
    assert status == 0
    states = {(one["browser"], one["scope"]): one["state"] for one in told["browsers"]}
    assert states["chromium", "user"] == "ours"
    assert states["firefox", "user"] == "absent"


def test_a_launcher_that_does_not_answer_is_told(cli: Cli) -> None:
    cli("agent", "install", "--browser", "chromium")
    launcher = user_place(Browser.CHROMIUM).launcher
    mark = launcher.read_text().splitlines()[1]
    launcher.write_text(f"#!/bin/sh\n{mark}\necho hello\n")
    status, told = cli("agent", "status")
    assert status == 1
    assert told["browsers"][0]["version"] is None


def test_nothing_installed_is_the_answer_no(cli: Cli) -> None:
    status, told = cli("agent", "status")
    assert status == 1
    assert {one["state"] for one in told["browsers"] if one["scope"] == "user"} == {"absent"}


@pytest.mark.parametrize("text", [FOREIGN, "not JSON", "[]"])
def test_the_manifest_of_another_program_stays_unless_forced_and_comes_back(cli: Cli, text: str) -> None:
    place = user_place(Browser.CHROMIUM)
    place.folder.mkdir(parents=True)
    place.manifest.write_text(text)
    before = files(place.folder)
    assert cli("agent", "install", "--browser", "chromium")[0] == 2
    assert cli("agent", "uninstall", "--browser", "chromium")[1]["removed"] is False
    assert files(place.folder) == before
    assert cli("agent", "install", "--browser", "chromium", "--force")[0] == 0
    assert cli("agent", "install", "--browser", "chromium", "--force")[0] == 0
    assert look(place).state == "ours"
    assert cli("agent", "uninstall", "--browser", "chromium")[1]["removed"] is True
    assert files(place.folder) == before


@pytest.mark.parametrize(
    "words",
    [
        ("--browser", "chromium", "--allow", "chrome-extension://*/"),
        ("--browser", "chromium", "--allow", "addon@example.org"),
        ("--browser", "firefox", "--allow", OWN),
        ("--browser", "firefox", "--profile", "/"),
        ("--browser", "chromium", "--profile", "/", "--system"),
        ("--browser", "opera"),
        (),
    ],
)
def test_wrong_usage_writes_nothing(cli: Cli, home: Path, words: tuple[str, ...]) -> None:
    assert cli("agent", "install", *words)[0] == 2
    assert files(home) == {}


def test_a_profile_of_its_own(cli: Cli, home: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    assert cli("agent", "install", "--browser", "chromium", "--profile", str(data))[0] == 0
    assert set(files(data)) == {"NativeMessagingHosts/eu.webeid.json", "NativeMessagingHosts/smartid-agent"}
    assert look(profile_place(Browser.CHROMIUM, data)).state == "ours"
    assert look(user_place(Browser.CHROMIUM)).state == "absent"


def test_places_of_the_whole_machine() -> None:
    assert (
        str(system_place(Browser.CHROMIUM).manifest) == "/etc/chromium/native-messaging-hosts/eu.webeid.json"
    )
    assert str(system_place(Browser.FIREFOX).folder) == "/usr/lib/mozilla/native-messaging-hosts"


def test_the_settings_of_xdg_move_chromium_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/elsewhere")
    assert user_place(Browser.CHROMIUM).folder == Path("/elsewhere/chromium/NativeMessagingHosts")
    assert user_place(Browser.FIREFOX).folder == home / ".mozilla/native-messaging-hosts"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert user_place(Browser.CHROMIUM).folder == home / ".config/chromium/NativeMessagingHosts"


def test_a_failed_write_leaves_what_was_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("agent", "install", "--browser", "chromium")
    place = user_place(Browser.CHROMIUM)
    before = files(place.folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full)
    assert cli("agent", "install", "--browser", "chromium", "--allow", OWN)[0] != 0
    assert files(place.folder) == before


def test_nothing_is_loaded_from_the_folder_in_which_a_browser_starts_it(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("agent", "install", "--browser", "chromium")
    downloads, trace = tmp_path / "Downloads", tmp_path / "trace"
    (downloads / "smartid").mkdir(parents=True)
    for name in ("click.py", "json.py", "smartid/__init__.py"):
        (downloads / name).write_text(f"open({str(trace)!r}, 'w')\nraise SystemExit(0)\n")
    monkeypatch.chdir(downloads)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert version_of(user_place(Browser.CHROMIUM).launcher, WEB_EID)
    assert not trace.exists()


def test_words_of_the_launcher_are_quoted() -> None:
    text = launcher_text("a'; rm -rf ~ #", [OWN])
    assert """--reader 'a'"'"'; rm -rf ~ #' agent run --allow """ in text
    assert text.rstrip().endswith('"$@"')
