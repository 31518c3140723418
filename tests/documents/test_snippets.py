"""Every snippet of every page runs, in the order in which a reader meets it.

``python`` blocks of a page share a namespace, ``console`` blocks a folder. Pages that say the same to the
machine, such as a page and its translation, are run once. What follows
``$ smartid mock serve`` needs the PC/SC service and runs where pcscd is installed.
"""

from __future__ import annotations

import doctest
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools.markdown import ROOT, Block, Command, blocks, commands, first_difference, is_run, matches, pages

SECONDS = 60
SERVE = "smartid mock serve "
TO_STATUS = "echo "
"""A command that fails is followed by one that shows its exit status."""
PROGRAMS = ("opensc-tool", "pkcs15-tool", "pkcs11-tool", "openssl")


def _told_apart() -> list[list[Path]]:
    """The pages with something to run; those whose blocks are the same, in the same order, stand together."""
    found: dict[tuple[tuple[str, str], ...], list[Path]] = {}
    for page in pages():
        run = [
            block for block in blocks(page.read_text(encoding="utf-8")) if block.kind in ("python", "console")
        ]
        if run:
            found.setdefault(tuple((block.kind, block.text) for block in run), []).append(page)
    return list(found.values())


def _names(same: list[Path]) -> str:
    return ", ".join(str(page.relative_to(ROOT)) for page in same)


@pytest.mark.parametrize("same", _told_apart(), ids=_names)
def test_a_page_runs(same: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = same[0]
    _prepare(tmp_path, monkeypatch)
    reader = PageRun()
    try:
        for block in blocks(page.read_text(encoding="utf-8")):
            if f"$ {SERVE}" in block.text and not _has_service():
                pytest.skip(
                    f"from line {block.line} on, pcscd is needed: apt-get install pcscd vsmartcard-vpcd"
                )
            reader.run(block, f"{page.name}:{block.line}")
    finally:
        reader.close()


def _has_service() -> bool:
    return bool(shutil.which("pcscd", path=f"{os.environ['PATH']}:/usr/sbin"))


def _prepare(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader's machine: a folder to work in, a home without any past, and the command on the path."""
    programs = folder / "bin"
    programs.mkdir()
    for name, module in (("smartid", " -m smartid.cli.main"), ("python", "")):
        command = programs / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}"{module} "$@"\n')
        command.chmod(0o755)
    work = folder / "work"
    work.mkdir()
    shutil.copytree(ROOT / "examples", work / "examples")
    monkeypatch.chdir(work)
    for name in ("SMARTID_HOME", "SMARTID_TRUST", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "PCSCLITE_CSOCK_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("LANG", "C.UTF-8")


class PageRun:
    """One reader going through one page."""

    def __init__(self) -> None:
        self._names: dict[str, object] = {"__name__": "page"}
        self._service: subprocess.Popen[str] | None = None

    def run(self, block: Block, place: str) -> None:
        """Do what a block says, and look whether it comes out as the page promises."""
        if block.kind == "python":
            self._python(block, place)
        elif block.kind == "console" and is_run(block):
            self._console(commands(block), place)

    def _python(self, block: Block, place: str) -> None:
        if ">>> " in block.text:
            self._doctest(block, place)
        elif self._service:  # pcsc-lite reads its environment once in the life of a process
            _run_program([sys.executable, "-c", block.text], place)
        else:
            code = compile("\n" * (block.line - 1) + block.text, place, "exec", dont_inherit=True)
            exec(code, self._names)

    def _doctest(self, block: Block, place: str) -> None:
        text = re.sub(r"^(?!>>> |\.\.\. )(.*)…", r"\1...", block.text, flags=re.M)
        test = doctest.DocTestParser().get_doctest(text, self._names, place, place, block.line)
        test.globs = self._names
        report: list[str] = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False).run(
            test, out=report.append, clear_globs=False
        )
        assert not report, "".join(report)

    def _console(self, todo: list[Command], place: str) -> None:
        for command, following in zip(todo, [*todo[1:], None], strict=True):
            if command.text.startswith(SERVE):
                self._serve(command, place)
            elif command.text.startswith("export "):
                continue  # the harness has set what `mock serve` printed
            elif _program(command.text) in PROGRAMS and not shutil.which(_program(command.text)):
                continue
            else:
                excused = following is not None and following.text.startswith(TO_STATUS)
                self._one(command, place, excused=excused or "; echo " in command.text)

    def _one(self, command: Command, place: str, *, excused: bool) -> None:
        done = subprocess.run(
            ["bash", "-c", command.text],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert excused or done.returncode == 0, f"{place}: $ {command.text}\n{done.stdout}"
        if not matches(command.output, done.stdout):
            missing = first_difference(command.output, done.stdout)
            pytest.fail(f"{place}: $ {command.text}\nnot printed: {missing}\nprinted:\n{done.stdout}")

    def _serve(self, command: Command, place: str) -> None:
        self.close()
        service = subprocess.Popen(
            ["bash", "-c", f"exec {command.text}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._service = service
        line = _line_of(service)
        assert line.startswith("export "), f"{place}: $ {command.text}\n{line}{_rest(service)}"
        name, value = line.removeprefix("export ").strip().split("=", 1)
        os.environ[name] = value

    def close(self) -> None:
        """Press Ctrl-C in the other terminal."""
        if self._service:
            self._service.terminate()
            self._service.communicate(timeout=SECONDS)
            self._service = None
            os.environ.pop("PCSCLITE_CSOCK_NAME", None)


def _program(text: str) -> str:
    return text.split(maxsplit=1)[0]


def _run_program(command: list[str], place: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, f"{place}\n{done.stdout}{done.stderr}"


def _line_of(service: subprocess.Popen[str]) -> str:
    """The first line that a service prints, or nothing when it says none in time."""
    assert service.stdout
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: lines.put(service.stdout.readline()), daemon=True).start()
    try:
        return lines.get(timeout=SECONDS)
    except queue.Empty:
        return ""


def _rest(service: subprocess.Popen[str]) -> str:
    service.terminate()
    return service.communicate(timeout=SECONDS)[1]


@pytest.mark.parametrize(
    "block",
    [
        Block("console", "$ echo one\ntwo\n", 1),
        Block("console", "$ false\n", 1),
        Block("console", "$ smartid no-such-command\n", 1),
        Block("python", "assert 1 == 2\n", 1),
        Block("python", ">>> 1 + 1\n3\n", 1),
    ],
    ids=lambda block: block.text.splitlines()[0],
)
def test_a_page_that_promises_too_much_fails(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _prepare(tmp_path, monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        PageRun().run(block, "page")


def test_a_doctest_with_a_wildcard_passes() -> None:
    PageRun().run(Block("python", ">>> import smartid\n>>> smartid.PIN('1234')\nPIN(…)\n", 1), "page")
