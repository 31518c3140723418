"""``smartid oidc keys``: the keys that sign ID tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.group import Group
from smartid.cli.oidc import FOLDER, configuration_of, in_plain_words
from smartid.cli.output import print_json, print_table, say
from smartid.cli.settings import Settings, settings_options, with_settings

if TYPE_CHECKING:
    from smartid.oidc.keys import KeyRing


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """List the signing keys, and rotate them."""


@command.command("list")
@click.argument("folder", metavar="DIR", type=FOLDER)
@settings_options
@with_settings
def list_keys(settings: Settings, folder: Path) -> None:
    """List the keys of the provider in DIR: the current one signs, the next is announced, others verify."""
    _print(settings, _ring(folder))


@command.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@settings_options
@with_settings
def rotate(settings: Settings, folder: Path) -> None:
    """Let the announced key sign from now on, and announce a new one. A provider that runs notices.

    The old key still verifies for nine hours. Sites read the keys again when they see an unknown one, and
    most of them once a day: rotate no more often.
    """
    ring = _ring(folder)
    ring.rotate(datetime.now(UTC))
    _print(settings, ring)


def _ring(folder: Path) -> KeyRing:
    from smartid.oidc.keys import KeyRing  # noqa: PLC0415

    path = configuration_of(folder).keys
    with in_plain_words(str(path)):
        return KeyRing.open(path)


def _print(settings: Settings, ring: KeyRing) -> None:
    keys = [{"kid": one.kid, "state": one.state, "until": _time(one.until)} for one in ring.keys]
    if settings.as_json:
        print_json({"keys": keys})
        return
    print_table(
        [(str(one["kid"]), str(one["state"]), one["until"] or "") for one in keys], ("Key", "State", "Until")
    )
    say()


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
