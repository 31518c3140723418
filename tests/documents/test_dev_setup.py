"""What ./dev does to a machine that lacks something, played against a false apt-get and a false sudo."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.dev import commands, environment, scratch, system
from tools.dev.environment import Level
from tools.dev.needs import BUILD, PEERS, READER, WITNESSES, Need, missing
from tools.dev.system import SetupError, provide


class Machine:
    """A PATH that holds nothing but false programs, each of which writes down how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls_file = folder / "calls"
        for name in ("env", "sh", "touch", "chmod", "rm"):
            (folder / name).symlink_to(f"/usr/bin/{name}")

    def add(self, name: str, body: str = "") -> None:
        script = self.folder / name
        script.write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.calls_file}"\n{body}\n', encoding="utf-8")
        script.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self.calls_file.read_text(encoding="utf-8").splitlines() if self.calls_file.exists() else []

    def need(self, name: str, *, skips: bool = False, services: tuple[str, ...] = ()) -> Need:
        installed = self.folder / f"installed-{name}"
        return Need(package=name, why=f"why {name}", present=installed.exists, skips=skips, services=services)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    folder = tmp_path / "a machine"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return Machine(folder)


def installs(machine: Machine, name: str) -> str:
    return f'case "$*" in *install*) touch "{machine.folder}/installed-{name}";; esac'


def test_what_is_there_is_not_missing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    (tmp_path / "installed-b").touch()
    needs = [machine.need(name) for name in "abc"]
    assert [need.package for need in missing(needs)] == ["a", "c"]


def test_every_need_says_why_in_one_line() -> None:
    for need in (*BUILD, *READER, *WITNESSES, *PEERS):
        assert need.why
        assert "\n" not in need.why


def test_nothing_is_run_when_nothing_is_missing(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.add("apt-get")
    (machine.folder / "installed-gcc").touch()
    provide([machine.need("gcc")], "test")
    assert machine.calls == []
    assert capsys.readouterr().out == ""


def test_root_installs_what_is_missing_and_says_why(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.add("apt-cache")
    machine.add("apt-get", installs(machine, "pcscd"))
    provide([machine.need("pcscd")], "test")
    assert "pcscd  why pcscd" in capsys.readouterr().out
    assert [call.split()[0] for call in machine.calls] == ["apt-cache", "apt-get"]
    assert machine.calls[1].endswith("install --no-install-recommends --yes pcscd")


def test_package_lists_are_fetched_first_when_they_do_not_know_the_package(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.add("apt-cache", "exit 100")
    machine.add("apt-get", installs(machine, "pcscd"))
    provide([machine.need("pcscd")], "test")
    assert [call.split()[4] for call in machine.calls[1:]] == ["update", "install"]


def test_package_lists_are_fetched_once_when_an_installation_fails(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.add("apt-cache")
    machine.add("apt-get", 'case "$*" in *install*) echo "E: 404 gone"; exit 100;; esac')
    with pytest.raises(SetupError, match="E: 404 gone"):
        provide([machine.need("pcscd")], "test")
    assert [call.split()[4] for call in machine.calls[1:]] == ["install", "update", "install"]


def test_a_package_that_does_not_bring_what_was_looked_for_is_an_error(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.add("apt-cache")
    machine.add("apt-get")
    with pytest.raises(SetupError, match="still not found"):
        provide([machine.need("pcscd")], "test")


def test_a_user_with_sudo_keeps_the_proxy(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    machine.add("apt-cache")
    machine.add("apt-get", installs(machine, "pcscd"))
    machine.add("sudo", 'case "$1" in --preserve-env=*) shift; exec "$@";; esac')
    provide([machine.need("pcscd")], "test")
    assert machine.calls[0] == "sudo -n true"
    assert machine.calls[2].startswith("sudo --preserve-env=https_proxy env DEBIAN_FRONTEND=noninteractive")
    assert "proxy.example" not in "".join(machine.calls)


def test_a_user_without_sudo_is_told_the_exact_command(machine: Machine) -> None:
    machine.add("apt-get")
    with pytest.raises(SetupError) as error:
        provide([machine.need("gcc"), machine.need("pcscd")], "test")
    assert "apt-get install --no-install-recommends --yes gcc pcscd\n" in str(error.value)
    assert machine.calls == []


def test_another_distribution_is_not_told_to_use_apt(machine: Machine) -> None:
    with pytest.raises(SetupError, match="its own package manager") as error:
        provide([machine.need("gcc")], "test")
    assert "apt-get" not in str(error.value)


def test_programs_to_compare_with_may_stay_absent(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.add("apt-get")
    provide([machine.need("opensc", skips=True)], "test")
    assert "the tests that need them are skipped" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ([], ["tests/peers"]),
        (["-rs", "-k", "login"], ["tests/peers", "-rs", "-k", "login"]),
        (["tests/peers/test_opensc.py::test_a"], ["tests/peers/test_opensc.py::test_a"]),
    ],
)
def test_peers_runs_all_or_what_is_named(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], asked: list[str]
) -> None:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(commands, "_module", lambda *call: (calls.append(call), 5)[1])
    assert commands.peers(arguments) == 5
    assert calls == [("pytest", *asked)]


KNOWS_ALL = 'echo "Package: $2"'


def test_the_heavy_programs_all_may_be_absent_and_say_what_they_would_start() -> None:
    assert all(need.skips for need in PEERS)
    servers = {need.package for need in PEERS if need.services}
    assert servers == {"apache2", "freeradius", "openssh-server", "redis-server", "postgresql"}


def test_no_service_starts_when_it_is_installed_nor_at_the_next_boot(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    policy = machine.folder / "policy-rc.d"
    monkeypatch.setattr(system, "_NO_START", (*system._NO_START[:-1], str(policy)))
    machine.add("systemctl")
    machine.add("apt-cache", KNOWS_ALL)
    machine.add(
        "apt-get", f'"{policy}"; echo "policy says $?" >> "{machine.calls_file}"\n' + installs(machine, "web")
    )
    provide([machine.need("web", skips=True, services=("web.service", "web.socket"))], "peers")
    assert "policy says 101" in machine.calls
    assert machine.calls[-2:] == ["systemctl disable web.service", "systemctl disable web.socket"]
    assert not policy.exists(), "the next installation is the administrator's own affair again"


def test_a_policy_of_the_administrator_stays(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    policy = machine.folder / "policy-rc.d"
    policy.write_text("mine", encoding="utf-8")
    monkeypatch.setattr(system, "_NO_START", (*system._NO_START[:-1], str(policy)))
    machine.add("apt-cache", KNOWS_ALL)
    machine.add("apt-get", installs(machine, "web"))
    provide([machine.need("web", skips=True, services=("web",))], "peers")
    assert policy.read_text(encoding="utf-8") == "mine"


def test_a_failed_installation_leaves_no_policy_behind(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    policy = machine.folder / "policy-rc.d"
    monkeypatch.setattr(system, "_NO_START", (*system._NO_START[:-1], str(policy)))
    machine.add("apt-cache", KNOWS_ALL)
    machine.add("apt-get", "exit 100")
    with pytest.raises(SetupError):
        provide([machine.need("web", skips=True, services=("web",))], "peers")
    assert not policy.exists()


def test_a_program_that_the_system_does_not_offer_stops_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.add("apt-cache", f'case "$2" in chromium) ;; *) {KNOWS_ALL};; esac')
    machine.add("apt-get", installs(machine, "npm"))
    provide([machine.need("chromium", skips=True), machine.need("npm", skips=True)], "peers")
    assert machine.calls[-1].endswith("install --no-install-recommends --yes npm")
    assert "This system offers no chromium" in capsys.readouterr().out


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder whose .venv was made to the level TEST by false pip and venv commands."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "python3.11").touch()
    (tmp_path / ".venv" / "bin" / "python").symlink_to(tmp_path / "python3.11")
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(environment, "_PROJECT", tmp_path / "pyproject.toml")
    monkeypatch.setattr(environment, "_STAMP", tmp_path / ".venv" / "made-from.json")
    monkeypatch.setattr(environment, "quietly", lambda *_: (0, ""))
    environment.make(Level.TEST)
    return tmp_path


def test_a_ready_venv_serves_its_level_and_those_below(made: Path) -> None:
    assert environment.fresh(Level.RUN)
    assert environment.fresh(Level.TEST)
    assert not environment.fresh(Level.PEERS)
    assert not environment.fresh(Level.DEV)


def test_a_change_of_the_project_makes_the_venv_stale(made: Path) -> None:
    (made / "pyproject.toml").write_text("[project]\nname = 'other'\n", encoding="utf-8")
    assert not environment.fresh(Level.RUN)


def test_another_interpreter_or_none_makes_the_venv_stale(made: Path) -> None:
    python = made / ".venv" / "bin" / "python"
    python.unlink()
    assert not environment.fresh(Level.RUN)
    (made / "python3.13").touch()
    python.symlink_to(made / "python3.13")
    assert not environment.fresh(Level.RUN)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"level": 9, "origin": {}}', '{"level": 1, "origin": 1}']
)
def test_a_broken_stamp_is_no_stamp(made: Path, content: str) -> None:
    (made / ".venv" / "made-from.json").write_text(content, encoding="utf-8")
    assert not environment.fresh(Level.RUN)


def test_a_lower_level_never_takes_tools_away(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(environment, "quietly", lambda *command: (called.append(command), (0, ""))[1])
    (made / "pyproject.toml").write_text("[project]\nname = 'other'\n", encoding="utf-8")
    environment.make(Level.RUN)
    assert called[-1][-2:] == ("--group", "test")
    assert environment.fresh(Level.TEST)


def test_a_failing_pip_leaves_no_stamp_of_success(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "quietly", lambda *_: (1, "  no such package"))
    (made / ".venv" / "made-from.json").unlink()
    with pytest.raises(SetupError, match="no such package"):
        environment.make(Level.TEST)
    assert not environment.fresh(Level.RUN)


def test_the_folder_of_pcscd_is_made_where_no_systemd_made_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = machine.folder / "run" / "pcscd"
    monkeypatch.setattr(system, "SERVICE_FOLDER", folder)
    system.make_service_folder()
    assert machine.calls == [], "without apt-get and sudo nothing is tried"
    machine.add("apt-get")
    machine.add("sudo", f'[ "$2" = true ] || /usr/bin/mkdir -p "{folder}"')
    system.make_service_folder()
    assert machine.calls[-1] == f"sudo mkdir -p {folder}"
    assert str(folder) in capsys.readouterr().out
    before = len(machine.calls)
    system.make_service_folder()
    assert len(machine.calls) == before, "a folder that is there is left alone"


def test_tests_write_into_memory_where_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(scratch, "ROOM", 1)
    with scratch.scratch(tmp_path) as given:
        (Path(given["TMPDIR"]) / "left").touch()
        assert Path(given["TMPDIR"]).parent == tmp_path
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("why", ["full", "absent", "said"])
def test_tests_write_where_they_always_do_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(scratch, "ROOM", 1 << 62 if why == "full" else 1)
    if why == "said":
        monkeypatch.setenv("TMPDIR", "/elsewhere")
    with scratch.scratch(tmp_path / "absent" if why == "absent" else tmp_path) as given:
        assert given == dict(os.environ)
    assert not list(tmp_path.iterdir())
