"""The tree of commands and options. A command's module is imported when the command is called."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import click

from smartid import __version__
from smartid.cli.errors import BROKEN_PIPE, INTERRUPTED, USAGE, last_words, report
from smartid.cli.group import LazyGroup
from smartid.cli.settings import Settings, settings_options
from smartid.errors import SmartIDError

COMMANDS = {
    "readers": ("smartid.cli.readers", "List readers, the cards in them, and what they are."),
    "doctor": ("smartid.cli.doctor", "Find what is missing on this machine, and say how to mend it."),
    "read": ("smartid.cli.read", "Read the identity on a card, and the verdict on it."),
    "cert": ("smartid.cli.cert", "List or export the certificates on a card."),
    "pin": ("smartid.cli.pin", "Ask for the state of PINs; verify, change or unblock one."),
    "auth": ("smartid.cli.auth", "Log in with a card, or judge who does: tokens, certificates, SSH."),
    "sign": ("smartid.cli.sign", "Sign a document with the key of the card or of a PKCS#11 token."),
    "extend": ("smartid.cli.extend", "Raise the level of signatures: time stamps, validation data."),
    "verify": ("smartid.cli.verify", "Verify signed documents: verdicts and why."),
    "apdu": ("smartid.cli.apdu", "Send raw commands and explain the answers."),
    "trace": ("smartid.cli.trace", "Record, play or show a conversation with a card."),
    "oidc": ("smartid.cli.oidc", "Run an OpenID Connect provider: card login for other sites."),
    "service": ("smartid.cli.service", "Try the services of the card: purse, purchase, cash machine, fuel."),
    "election": ("smartid.cli.election", "Hold an election with cards; verify anybody's."),
    "mock": ("smartid.cli.mock", "Make mock cards and plug them in."),
    "agent": ("smartid.cli.agent", "Let web sites in a browser reach the card."),
    "demo": ("smartid.cli.demo", "Take the tour: a mock card through the real PC/SC stack."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=False,
)
@click.version_option(__version__, prog_name="smartid", message="%(prog)s %(version)s")
@settings_options
def root() -> None:
    """Read national smart cards, and know that card and holder are genuine.

    Exit status: 0 done; 1 the answer is no; 2 wrong usage; 3 no service, reader or card; 4 card or wire
    error.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    settings = _settings_ahead(arguments)
    if sys.stdout is None:  # started with a closed standard output
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as long as the process
    if not settings.debug:
        sys.excepthook = last_words
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    status = 0
    try:
        status = _invoke(arguments, settings)
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_output()
        return BROKEN_PIPE
    except OSError as error:  # neither the output nor the error could be printed
        _leave_output()
        return status if status >= USAGE else report(error, Settings())
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    return status


def _invoke(arguments: Sequence[str], settings: Settings) -> int:
    if "_SMARTID_COMPLETE" in os.environ:
        root.main(list(arguments), prog_name="smartid")
    try:
        context = root.make_context("smartid", list(arguments) or ["--help"], obj=settings)
        with context:
            result: object = root.invoke(context)
    except click.exceptions.Exit as leave:
        return leave.exit_code if arguments else USAGE
    except BrokenPipeError:
        raise
    except (SmartIDError, click.ClickException, OSError) as error:
        return report(error, settings)
    return result if isinstance(result, int) else 0


def _settings_ahead(arguments: Sequence[str]) -> Settings:
    """The settings that matter for an error in the command line itself."""
    words = list(arguments)
    options = words[: words.index("--")] if "--" in words else words
    return Settings(as_json="--json" in options, debug="--debug" in options)


def _leave_output() -> None:
    """Keep the interpreter from flushing into the broken pipe or the full disk on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
