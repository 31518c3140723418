"""Where a PIN comes from: the terminal, the keys of the reader, or a file descriptor. Never an argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

import click

from smartid.cli.errors import WrongUsage

if TYPE_CHECKING:
    from smartid.card.pin import PIN

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class PINSource:
    """How the user wants to give PINs.

    descriptor  file descriptor with one PIN on each line
    on_pad      the holder types it on the reader
    last_try    even the last try may be spent
    """

    descriptor: int | None = None
    on_pad: bool = False
    last_try: bool = False

    @property
    def chosen(self) -> bool:
        """Whether the user said where the PIN comes from."""
        return self.descriptor is not None or self.on_pad

    def pin(self, title: str, *, repeat: bool = False) -> PIN:
        """A PIN that is fetched when the card needs it."""
        from smartid.card.pin import PIN  # noqa: PLC0415

        if self.on_pad:
            return PIN.on_reader(last_try=self.last_try)
        if self.descriptor is not None:
            return PIN.from_fd(self.descriptor, last_try=self.last_try, repeat=repeat)
        return PIN.ask(title, last_try=self.last_try, repeat=repeat)

    def text(self, title: str) -> Callable[[], str] | None:
        """What fetches a PIN for others than smartid's own cards; None when it is typed on the reader."""
        from smartid.card.pin import ask_hidden, read_line  # noqa: PLC0415

        if self.on_pad:
            return None
        descriptor = self.descriptor
        return (lambda: ask_hidden(title)) if descriptor is None else lambda: read_line(descriptor)

    def new_pin(self, title: str) -> PIN:
        """A new PIN, asked twice on a terminal."""
        from smartid.card.pin import PIN  # noqa: PLC0415

        return self.pin(title) if self.chosen else PIN.ask(f"New {title}", again=f"New {title}, again")


def pin_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the options that say where a PIN comes from; it takes their choice as ``pins``."""

    @wraps(command)
    def with_pins(*args: object, pin_fd: int | None, pin_pad: bool, last_try: bool, **options: object) -> R:
        if pin_pad and pin_fd is not None:
            raise WrongUsage("Give --pin-fd or --pin-pad, not both.")
        source = PINSource(descriptor=pin_fd, on_pad=pin_pad, last_try=last_try)
        return command(*args, pins=source, **options)

    for option in _OPTIONS:
        with_pins = option(with_pins)
    return with_pins


_OPTIONS = (
    click.option("--last-try", is_flag=True, help="Spend even the last try of a PIN."),
    click.option("--pin-pad", is_flag=True, help="Type the PIN on the keys of the reader."),
    click.option(
        "--pin-fd",
        type=click.IntRange(min=0),
        metavar="N",
        help="Read PINs from file descriptor N, one on each line.",
    ),
)
