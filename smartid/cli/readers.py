"""``smartid readers``: which readers there are, and which cards are in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.output import print_json, print_table, say, shown
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import is_file, open_transport
from smartid.errors import NoReader, SmartIDError

if TYPE_CHECKING:
    from smartid.transport.base import Reader


@click.command()
@click.option(
    "--watch",
    is_flag=True,
    help="Go on and tell each change, until interrupted; with --json, one JSON document a line.",
)
@settings_options
@with_settings
def command(settings: Settings, *, watch: bool) -> None:
    """List readers, the cards in them, the profile that matched and why.

    The ATR of a card makes profiles candidates; a SELECT of their applications decides. No PIN is sent.
    """
    if watch and is_file(settings.reader):
        raise WrongUsage("A file is no reader: nothing comes and goes there.", remedy="Leave --watch out.")
    found = [explained(settings, reader) for reader in wanted_readers(settings)]
    if watch:
        _watch(settings, found)
    elif settings.as_json:
        print_json({"readers": found})
    else:
        print_readers(found)


def wanted_readers(settings: Settings) -> list[Reader]:
    """The readers that ``--reader`` names, or all. Raises NoService, NoReader."""
    from smartid.transport.base import Reader  # noqa: PLC0415

    if is_file(settings.reader):
        with open_transport(settings) as (pipe, name):
            return [Reader(name=name, atr=pipe.atr)]
    from smartid.transport import pcsc  # noqa: PLC0415

    there = pcsc.readers()
    if not there:
        raise NoReader("No reader is plugged in.")
    part = (settings.reader or "").lower()
    found = [reader for reader in there if part in reader.name.lower()]
    if not found:
        names = ", ".join(reader.name for reader in there)
        raise NoReader(
            f"No reader has {settings.reader!r} in its name; there are: {names}.", remedy="Name one of them."
        )
    return found


def explained(settings: Settings, reader: Reader) -> dict[str, object]:
    """The reader's name, what is in it, its profile and why it is that one."""
    document: dict[str, object] = {"name": reader.name, "state": _state(reader)}
    if reader.atr:
        document["atr"] = reader.atr.hex().upper()
        if not reader.busy:
            document |= _recognised(settings, reader)
    return document


def _state(reader: Reader) -> str:
    if reader.busy:
        return "busy"
    if reader.mute:
        return "mute"
    return "card" if reader.atr else "empty"


def _recognised(settings: Settings, reader: Reader) -> dict[str, object]:
    from smartid.card.identify import identify  # noqa: PLC0415
    from smartid.profiles.registry import candidates  # noqa: PLC0415

    possible = candidates(reader.atr or b"")
    names = [profile.name for profile in possible]
    if not possible:
        return {"profile": None, "candidates": [], "why": "No profile knows this ATR."}
    source = settings if is_file(settings.reader) else Settings(reader=reader.name)
    try:
        with open_transport(source) as (pipe, _):
            profile = identify(pipe)
    except SmartIDError as error:
        return {"profile": None, "candidates": names, "why": error.message}
    applications = ", ".join(profile.probes)
    why = f"The ATR is that of {', '.join(names)}; these applications answered: {applications}."
    return {"profile": profile.name, "title": profile.title, "candidates": names, "why": why}


def print_readers(found: list[dict[str, object]]) -> None:
    """Print each reader with what is in it."""
    for reader in found:
        say(shown(str(reader["name"])))
        names = (("Card", "state"), ("ATR", "atr"), ("Profile", "profile"), ("", "title"), ("Why", "why"))
        print_table([(f"  {label}", str(reader[key])) for label, key in names if reader.get(key)])


def _watch(settings: Settings, found: list[dict[str, object]]) -> None:
    from smartid.transport import pcsc  # noqa: PLC0415

    for reader in found:
        _tell(settings, "present", reader)
    part = "" if is_file(settings.reader) else (settings.reader or "").lower()
    for event in pcsc.watch():
        if part in event.reader.name.lower():
            _tell(settings, event.happening.value, explained(settings, event.reader))


def _tell(settings: Settings, happening: str, reader: dict[str, object]) -> None:
    if settings.as_json:
        print_json({"event": happening, "reader": reader}, compact=True)
    else:
        say(f"{happening}: {shown(str(reader['name']))}  {reader.get('profile') or reader['state']}")
