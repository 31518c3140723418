"""What every command knows: the reader, the form of the output, and whether to show tracebacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])


@dataclass(slots=True)
class Settings:
    """The options that are accepted before and after the name of a command.

    reader   part of a PC/SC reader's name, ``mock:FILE.card`` or ``trace:FILE.trace``
    wait     seconds to wait for a card in a PC/SC reader
    as_json  print one JSON document on standard output
    debug    show tracebacks
    """

    reader: str | None = None
    wait: float = 0.0
    as_json: bool = False
    debug: bool = False


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep what was given; an option that was not given leaves alone what stood before the command."""
    settings = context.ensure_object(Settings)
    if value:
        setattr(settings, str(parameter.name), value)


_OPTIONS = (
    click.option(
        "--reader",
        metavar="NAME",
        expose_value=False,
        callback=_remember,
        help="Part of a PC/SC reader's name, mock:FILE.card or trace:FILE.trace.",
    ),
    click.option(
        "--wait",
        type=click.FloatRange(0, 86_400),
        metavar="SECONDS",
        expose_value=False,
        callback=_remember,
        help="Wait so long for a card in a PC/SC reader.",
    ),
    click.option(
        "--json",
        "as_json",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="Print one JSON document on standard output and nothing else there.",
    ),
    click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="Show the traceback of an error.",
    ),
)


def settings_options(command: F) -> F:
    """Give a command the options that all commands have."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


with_settings = click.make_pass_decorator(Settings, ensure=True)
"""Pass the settings as first argument."""
