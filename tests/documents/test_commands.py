"""The page of commands is what the command line says today."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import click
import pytest

from tools.commands import PAGE, commands, page

ALL = dict(commands())


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tools.commands"


def test_every_command_has_its_heading() -> None:
    headings = re.findall(r"^##+ (smartid .+)$", page(), re.M)
    assert headings == list(ALL)
    assert {"smartid read", "smartid pin verify", "smartid mock new", "smartid demo"} <= set(headings)


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_says_what_it_does(name: str) -> None:
    command = ALL[name]
    assert (command.help or "").strip().endswith((".", ":")), name
    for option in (one for one in command.params if isinstance(one, click.Option)):
        assert option.help or option.show_default, f"{name} {option.opts[0]}"


def test_the_program_knows_the_commands_of_the_page() -> None:
    """The page comes from the objects; this asks the program itself."""
    done = subprocess.run(
        [sys.executable, "-m", "smartid.cli.main", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    listed = re.search(r"Commands:\n(.*)", done.stdout, re.S)
    assert listed
    names = {line.split()[0] for line in listed[1].splitlines() if line.strip()}
    assert names == {name.split()[1] for name in ALL}
