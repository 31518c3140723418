"""``smartid trace``: record, play and show a conversation with a card."""

from __future__ import annotations

from pathlib import Path

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.group import Group
from smartid.cli.output import print_json, say, shown
from smartid.cli.read import Request, read
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import TRACE, file_of, is_trace, open_card
from smartid.identity.model import ESSENTIAL, Field

_FIELD = click.option(
    "--field",
    "fields",
    multiple=True,
    type=click.Choice([field.value for field in Field]),
    metavar="NAME",
    help="Read this field only; may be repeated. Playing wants the same fields as recording.",
)


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """Record, play or show a conversation with a card. PINs are hidden in every recording."""


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--personal", is_flag=True, help="Keep the holder's data, so that it can be played again.")
@click.option("--portrait", is_flag=True, help="Read the portrait too.")
@_FIELD
@settings_options
@with_settings
def record(
    settings: Settings, *, file: Path, personal: bool, portrait: bool, fields: tuple[str, ...]
) -> None:
    """Read the card and record the conversation in FILE.

    Unless --personal, what the card says of its holder is hidden byte by byte, and the trace can be shown but
    not played.
    """
    from smartid.transport.trace import RecordingTransport, Trace  # noqa: PLC0415

    if is_trace(settings.reader):
        raise WrongUsage("A trace is recorded from a card, not from another trace.")
    wanted = frozenset(map(Field, fields)) or ESSENTIAL
    if portrait:
        wanted |= {Field.PORTRAIT}
    with open_card(settings, through=lambda pipe: RecordingTransport(pipe, file, personal=personal)) as card:
        card.read_identity(fields=wanted)
    count = len(Trace.load(file).turns)
    if settings.as_json:
        print_json({"file": str(file), "exchanges": count, "personal": personal})
    else:
        say(f"{shown(str(file))}: {count} exchanges{'' if personal else ', the data of the holder hidden'}.")


@command.command()
@click.argument("file")
@click.option(
    "--photo", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the portrait."
)
@click.option(
    "--trust",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of trust anchors.",
)
@_FIELD
@settings_options
@with_settings
def play(
    settings: Settings, *, file: str, photo: Path | None, trust: Path | None, fields: tuple[str, ...]
) -> int:
    """Read the identity from the trace in FILE, as `smartid --reader trace:FILE read` does."""
    settings.reader = f"{TRACE}{file}"
    return read(settings, Request(fields=fields, photo=photo, trust=trust))


@command.command()
@click.argument("file")
@settings_options
@with_settings
def show(settings: Settings, file: str) -> None:
    """Show the trace in FILE, each command and each answer explained."""
    from smartid.transport.trace import Trace, decode  # noqa: PLC0415

    trace = Trace.load(file_of(file, TRACE))
    turns = list(decode(trace))
    if settings.as_json:
        exchanges = [
            {
                "line": turn.line,
                "name": turn.name,
                "data": turn.data,
                "response": turn.response,
                "sw": f"{int(turn.status):04X}",
                "meaning": turn.status.meaning,
            }
            for turn in turns
        ]
        print_json({"atr": trace.atr.hex().upper(), "exchanges": exchanges})
        return
    say(f"atr {trace.atr.hex().upper()}")
    for turn in turns:
        say(str(turn))
