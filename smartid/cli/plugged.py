"""A mock card in a virtual reader, for as long as nobody says stop."""

from __future__ import annotations

import shlex
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from smartid.cli.errors import ABSENT
from smartid.cli.interrupt import orderly_end
from smartid.cli.output import note, print_json, say, shown
from smartid.cli.settings import Settings

if TYPE_CHECKING:
    from smartid.mockcard.vpcd import VpcdPlug

_LOOK = 1.0
"""Seconds between looks at whether the reader is still there."""


def wait_while_plugged(plug: VpcdPlug) -> bool:
    """Wait for an interruption; False when the reader hung up before it came."""
    never = threading.Event()
    try:
        with orderly_end():
            while plug.connected:
                never.wait(_LOOK)
    except KeyboardInterrupt:
        return True
    return False


def serve_card(settings: Settings, file: Path) -> int:
    """Start a private PC/SC service, plug the card in, print the environment, and wait; the exit status.

    Raises NoService, NoReader, EncodingError, ReaderBusy.
    """
    from smartid.mockcard.bench import PrivatePCSC  # noqa: PLC0415
    from smartid.mockcard.card import MockCard  # noqa: PLC0415

    try:
        with (
            orderly_end(),
            MockCard.open(file) as card,
            PrivatePCSC(readers=1) as bench,
            card.serve(bench.ports[0]) as plug,
        ):
            bench.wait_for_card()
            _announce(settings, file, bench.environment, bench.reader_names)
            if wait_while_plugged(plug):
                return 0
            note("Error: The private PC/SC service ended.")
            return ABSENT
    except KeyboardInterrupt:
        return 0


def _announce(settings: Settings, file: Path, environment: dict[str, str], names: tuple[str, ...]) -> None:
    if settings.as_json:
        print_json({"environment": environment, "readers": list(names)})
        return
    for name, value in environment.items():
        say(f"export {name}={shlex.quote(value)}")
    note(f"{shown(str(file))} is in the reader {names[0]!r}. Ctrl-C takes it out and stops the service.")
