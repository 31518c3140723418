"""``smartid service demo``."""

from __future__ import annotations

import click

from smartid.cli.settings import settings_options


@click.command()
@settings_options
def command() -> None:
    """Say nothing yet."""
