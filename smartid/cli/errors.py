"""What a user sees when something goes wrong, and the exit status that a script sees.

====== ==========================================================================================
status meaning
====== ==========================================================================================
0      done
1      the answer is no: not trusted, signature invalid, login refused, wrong or blocked PIN, last try
       refused, PIN entry cancelled
2      wrong usage: unknown option, bad hexadecimal digits, a PIN of impossible form, a file that
       cannot be used
3      no service, no reader or no card
4      the card or the wire failed: an error status, a removed card, broken bytes, an unknown card
70     a mistake in this program
130    interrupted (Ctrl-C, and SIGTERM for the tour)
141    whoever read the output went away
====== ==========================================================================================
"""

from __future__ import annotations

import sys
from types import TracebackType

import click

from smartid import errors
from smartid.cli.output import print_json, shown
from smartid.cli.settings import Settings

NO, USAGE, ABSENT, CARD, MISTAKE, INTERRUPTED, BROKEN_PIPE = 1, 2, 3, 4, 70, 130, 141


class WrongUsage(errors.SmartIDError):
    """A command was given something that it cannot work with. Nothing was sent to a card."""


_STATUS: tuple[tuple[type[errors.SmartIDError], int], ...] = (
    (WrongUsage, USAGE),
    (errors.PINFormatError, USAGE),
    (errors.NotTrusted, NO),
    (errors.AuthenticationError, NO),
    (errors.SignatureInvalid, NO),
    (errors.AlgorithmRefused, NO),
    (errors.ElectionInvalid, NO),
    (errors.WrongPIN, NO),
    (errors.PINBlocked, NO),
    (errors.LastTryRefused, NO),
    (errors.PINEntryCancelled, NO),
    (errors.LevelNotReached, NO),
    (errors.GatewayUnavailable, ABSENT),
    (errors.ServiceError, NO),
    (errors.ExtraMissing, USAGE),
    (errors.FontMissing, USAGE),
    (errors.NoService, ABSENT),
    (errors.NoReader, ABSENT),
    (errors.NoCard, ABSENT),
    (errors.SmartIDError, CARD),
)
"""The first class that fits decides."""


def status_of(error: BaseException) -> int:
    """Exit status for an error that ended a command."""
    if isinstance(error, errors.SmartIDError):
        return next(status for kind, status in _STATUS if isinstance(error, kind))
    return USAGE


def report(error: Exception, settings: Settings) -> int:
    """Say what happened and what to do next, on standard error and with ``--json`` as a document too.

    Returns the exit status.
    """
    kind, message, remedy = _facts(error)
    if settings.debug:
        import traceback  # noqa: PLC0415

        traceback.print_exception(error)
    if settings.as_json:
        print_json({"error": {"kind": kind, "message": message, "remedy": remedy}})
    lines = [*f"Error: {message}".splitlines(), *remedy.splitlines()]
    if isinstance(error, errors.PINEntryCancelled) and sys.stderr.isatty():
        lines.insert(0, "")  # the cursor stands behind the prompt
    click.echo("\n".join(shown(line) for line in lines), err=True)
    return status_of(error)


def _facts(error: Exception) -> tuple[str, str, str]:
    """Kind, message and remedy."""
    if isinstance(error, errors.SmartIDError):
        return type(error).__name__, error.message, error.remedy
    if isinstance(error, click.ClickException):
        return type(error).__name__, error.format_message().replace("\t", " "), _help_hint(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return "WrongUsage", f"{place}{error.strerror or error}.", ""
    return type(error).__name__, str(error), ""


def _help_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"See: {context.command_path} --help" if context else "See: smartid --help"


def last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Take the place of Python's traceback for an error that nobody expected."""
    del trace
    if issubclass(kind, KeyboardInterrupt):
        raise SystemExit(INTERRUPTED)
    sys.stderr.write(
        f"Error: a mistake in smartid ({kind.__name__}). Run it again with --debug and report it.\n"
    )
    raise SystemExit(MISTAKE) from error
