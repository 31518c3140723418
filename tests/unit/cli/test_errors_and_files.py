from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from smartid import errors
from smartid.cli.certificates import _escaped
from smartid.cli.errors import ABSENT, CARD, NO, USAGE, WrongUsage, status_of
from smartid.cli.tree import COMMANDS, run
from smartid.files import write_whole
from tools.commands import commands

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (WrongUsage("x"), USAGE),
        (errors.PINFormatError("x"), USAGE),
        (errors.WrongPIN("x", tries_left=2), NO),
        (errors.PINBlocked("x", unblocked_by=None), NO),
        (errors.LastTryRefused("x"), NO),
        (errors.PINEntryCancelled("x"), NO),
        (errors.SignatureInvalid("x"), NO),
        (errors.NoService("x"), ABSENT),
        (errors.NoReader("x"), ABSENT),
        (errors.NoCard("x"), ABSENT),
        (errors.CardRemoved("x"), CARD),
        (errors.ReaderBusy("x"), CARD),
        (errors.FileNotFound("x"), CARD),
        (errors.EncodingError("x", offset=0, expected="y"), CARD),
        (errors.UnsupportedCard("x", atr=b""), CARD),
        (errors.TraceMismatch("x", line=1), CARD),
        (errors.SmartIDError("x"), CARD),
    ],
)
def test_each_kind_of_error_has_its_exit_status(error, status):
    assert status_of(error) == status


def test_a_file_is_replaced_whole_or_left_alone(tmp_path):
    target = tmp_path / "a"
    write_whole(target, b"one")
    write_whole(target, b"two")
    assert target.read_bytes() == b"two"
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OSError, match="folder"):
        write_whole(folder, b"x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "folder"]


@pytest.mark.parametrize(
    ("raw", "escaped"),
    [
        ('Sue, Grabbit and "Runn"', 'Sue\\, Grabbit and \\"Runn\\"'),
        ("#5", "\\#5"),
        (" a ", "\\ a\\ "),
        (" ", "\\ "),
        ("a+b;c<d>e\\", "a\\+b\\;c\\<d\\>e\\\\"),
    ],
)
def test_names_are_escaped_as_rfc_4514_says(raw, escaped):
    """RFC 4514 (2006), 2.4 and the comma of its example 4."""
    assert _escaped(raw) == escaped


def _loaded(*arguments: str) -> set[str]:
    """The modules that a command line has imported by its end."""
    code = (
        "import sys; from smartid.cli.main import main; sys.argv = ['smartid', *sys.argv[1:]]\n"
        "try:\n    main()\nfinally:\n    print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm"},
    )
    return set(done.stderr.split())


def test_light_commands_import_nothing_heavy():
    assert "click" not in _loaded("--version")
    heavy = {"cryptography", "asn1crypto", "rich", "persiantools", "smartid.mockcard"}
    assert heavy.isdisjoint(_loaded("readers"))
    assert (heavy | {"smartid.cli.read"}).isdisjoint(_loaded("--help"))


def test_help_names_every_command(capsys):
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)
    assert run([]) == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name, capsys):
    assert run([name, "--help"]) == 0
    assert "Usage: smartid " + name in capsys.readouterr().out


GROUPS = [name.removeprefix("smartid ").split() for name, one in commands() if isinstance(one, click.Group)]


@pytest.mark.parametrize("group", GROUPS, ids=" ".join)
def test_a_group_lists_its_commands_with_whole_sentences(group, capsys):
    assert run([*group, "--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:")[2]
    assert listed.strip()
    assert "..." not in listed


def test_a_missing_choice_is_told_without_control_characters(capsys):
    assert run(["agent", "install"]) == 2
    said = capsys.readouterr().err
    assert "chromium" in said
    assert "x09" not in said
    assert "\t" not in said


@pytest.mark.parametrize("arguments", [["nothing"], ["pin"], ["--unknown"], ["mock", "bad"]])
def test_wrong_usage_points_to_help(arguments, capsys):
    assert run(arguments) == 2
    assert "--help" in capsys.readouterr().err


def test_a_broken_pipe_ends_quietly():
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "smartid", "mock", "list"],
        stdout=write_end,
        stderr=subprocess.PIPE,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_unexpected_error_shows_no_traceback_without_debug():
    code = "import sys; from smartid.cli.errors import last_words; sys.excepthook = last_words; {}['x']"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 70
    assert "Traceback" not in done.stderr
    assert "KeyError" in done.stderr


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    target = tmp_path / "nowhere" / "photo.jpg"
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(target, b"x")
    assert caught.value.filename == str(target)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_full_disk_is_no_mistake_of_ours(options):
    with Path("/dev/full").open("w") as full:
        outcome = _smartid("mock", "list", *options, stdout=full)
    assert outcome.returncode == USAGE
    assert outcome.stderr == "Error: No space left on device.\n"


def test_a_closed_standard_output_is_like_none():
    words = f"{shlex.quote(sys.executable)} -m smartid mock list --json >&-"
    outcome = subprocess.run(["sh", "-c", words], check=False, cwd=ROOT, capture_output=True, text=True)
    assert (outcome.returncode, outcome.stderr) == (0, "")


def test_a_pin_is_not_asked_where_it_would_be_shown():
    asking = "import smartid; smartid.PIN.ask().block(smartid.PROFILES[0].pin('identity'))"
    outcome = subprocess.run(
        [sys.executable, "-c", asking],
        check=False,
        cwd=ROOT,
        input="1234\n",
        capture_output=True,
        text=True,
        start_new_session=True,  # without a controlling terminal
    )
    assert outcome.stdout == ""
    last = outcome.stderr.strip().splitlines()[-1]
    assert last.startswith("smartid.errors.PINFormatError: There is no terminal")


def _smartid(*arguments, stdout):
    return subprocess.run(
        [sys.executable, "-m", "smartid", *arguments],
        check=False,
        cwd=ROOT,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )
