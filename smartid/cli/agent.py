"""``smartid agent``: the bridge between a browser and the card."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from smartid.agent.callers import caller_of, is_allowed
from smartid.agent.reasons import SENTENCES, AgentReason
from smartid.cli.agent_install import allow_option, install, status, uninstall
from smartid.cli.errors import NO, WrongUsage
from smartid.cli.group import Group
from smartid.cli.output import note
from smartid.cli.pins import PINSource, pin_options
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import MOCK, open_card
from smartid.errors import NoReader

if TYPE_CHECKING:
    from smartid.agent.errand import Person
    from smartid.card.card import Card


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """Bridge between a browser and the card: logs in and signs on web sites through the Web eID add-on."""


@command.command()
@click.argument("caller", nargs=-1)
@allow_option
@pin_options
@settings_options
@with_settings
def run(settings: Settings, *, caller: tuple[str, ...], allowed: tuple[str, ...], pins: PINSource) -> int:
    """Serve one request of an add-on on standard input and output; a browser starts this.

    CALLER is what the browser passes: the origin of the add-on, or for Firefox the path of the manifest and
    the add-on's id. Any that is not on the list gets no answer (exit status 1).

    The holder is asked in a window. With --pin-fd or --pin-pad there is none: whoever runs the command gives
    consent, for kiosks and tests.
    """
    if not caller:
        raise WrongUsage("The CALLER is missing.", remedy="A browser passes it: chrome-extension://ID/")
    if not is_allowed(caller_of(caller), allowed):
        note(SENTENCES[AgentReason.CALLER_REFUSED][0])
        return NO
    _require_descriptor(pins)
    _leave_no_core()
    from smartid.agent.native_host import greet, serve  # noqa: PLC0415 - installing needs none of it

    serve(
        greet(),
        lambda: _card(settings),
        lambda: _person(pins),
        test=bool(settings.reader and settings.reader.startswith(MOCK)),
    )
    return 0


def _leave_no_core() -> None:
    """A crash writes no memory to the disk: a PIN may stand in it."""
    import resource  # noqa: PLC0415 - not on every system

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _require_descriptor(pins: PINSource) -> None:
    if pins.descriptor is None:
        return
    try:
        os.fstat(pins.descriptor)
    except OSError as error:
        raise WrongUsage(
            f"The file descriptor {pins.descriptor} cannot be used: {error.strerror}.",
            remedy="Open it for reading, for example: --pin-fd 3 3<pin.txt",
        ) from None


def _person(pins: PINSource) -> Person:
    """Who answers for the holder. Raises RequestFailed without tkinter."""
    if pins.chosen:
        from smartid.agent.attendant import Attendant  # noqa: PLC0415

        return Attendant(pins.descriptor, last_try=pins.last_try)
    from smartid.agent.failures import RequestFailed  # noqa: PLC0415

    try:
        from smartid.agent.pin_window import PINWindow  # noqa: PLC0415 - only where a window is wanted
    except ImportError:
        raise RequestFailed(AgentReason.NO_WINDOW, "tkinter is not installed.") from None
    return PINWindow()


@contextmanager
def _card(settings: Settings) -> Iterator[Card]:
    """Lend the card. A mock card that is not there is a reader that is not there."""
    try:
        with open_card(settings) as card:
            yield card
    except WrongUsage as error:
        raise NoReader(error.message) from None


for _one in (install, uninstall, status):
    command.add_command(_one)
