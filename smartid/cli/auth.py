"""``smartid auth``: logins by card. Each command is a module of its own."""

from __future__ import annotations

import click

from smartid.cli.group import LazyGroup
from smartid.cli.settings import settings_options

COMMANDS = {
    "token": ("smartid.cli.auth_token", "Answer the challenge of a site with the key of the card."),
    "verify": ("smartid.cli.auth_verify", "Say whether a token answers a challenge, and who its holder is."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, no_args_is_help=False)
@settings_options
def command() -> None:
    """Log in with a card: tokens as browsers send them to sites (Web eID), made and judged."""
