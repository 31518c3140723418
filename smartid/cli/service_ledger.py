"""``smartid service ledger``: whether a ledger is what was written into it, and what stands in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import click

from smartid.cli.errors import NO, WrongUsage
from smartid.cli.group import Group
from smartid.cli.output import note, print_json, print_table, say
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.errors import LedgerBroken

if TYPE_CHECKING:
    from smartid.services.ledger.book import Book


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """Audit a ledger. URL is sqlite:///FILE, sqlite:////FILE or postgresql://USER@HOST/NAME."""


@command.command("verify")
@click.argument("url", metavar="URL")
@settings_options
@with_settings
def verify(settings: Settings, url: str) -> int:
    """Recompute the hash chain, the pending transfers and the balances of a ledger from its transfers.

    Prints the height and the hash of the chain: compare them with a head that was signed and handed out. Exit
    status 0 when everything fits, 1 when something was changed.
    """
    with _book(url) as book, _counter() as count:
        try:
            head = book.verify(progress=count)
        except LedgerBroken as error:
            if settings.as_json:
                print_json({"intact": False, "block": error.block, "why": error.why})
            else:
                note(str(error))
            return NO
    if settings.as_json:
        print_json({"intact": True, "height": head.height, "hash": head.hash.hex()})
    else:
        say(f"The ledger is what was written into it: {head.height} blocks, up to {head.hash.hex()}.")
    return 0


@command.command("totals")
@click.argument("url", metavar="URL")
@settings_options
@with_settings
def totals(settings: Settings, url: str) -> None:
    """Add up all debits and all credits of each unit. They are equal, or value came or went."""
    with _book(url) as book:
        sums = book.totals()
    if settings.as_json:
        print_json({unit: {"debits": given, "credits": taken} for unit, (given, taken) in sums.items()})
        return
    print_table(
        [(unit, str(given), str(taken)) for unit, (given, taken) in sums.items()],
        ("Unit", "Debits", "Credits"),
    )
    say()


@contextmanager
def _book(url: str) -> Iterator[Book]:
    from smartid.services.ledger import open_book  # noqa: PLC0415

    scheme, _, path = url.partition(":///")
    if scheme == "sqlite" and not Path(unquote(path)).is_file():
        raise WrongUsage(f"There is no file {unquote(path)}.")
    try:
        book = open_book(url)
    except ValueError as error:
        raise WrongUsage(f"{error}.") from error
    with book:
        yield book


@contextmanager
def _counter() -> Iterator[Callable[[int], None] | None]:
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.status import Status  # noqa: PLC0415

    with Status("Recounting", console=Console(stderr=True)) as status:
        yield lambda count: status.update(f"Recounting: {count:,} transfers")
