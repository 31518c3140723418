"""``smartid auth``: logins, from the side of whoever lets people in."""

from __future__ import annotations

import click

from smartid.cli.group import LazyGroup
from smartid.cli.settings import settings_options

COMMANDS = {
    "certificate": (
        "smartid.cli.auth_certificate",
        "Tell whether a certificate may log in, and whom it names.",
    ),
    "ssh-keys": ("smartid.cli.auth_ssh_keys", "Print SSH keys of the cards that may log in right now."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, no_args_is_help=False)
@settings_options
def command() -> None:
    """Judge logins with cards: tokens, certificates, keys for SSH."""
