"""``smartid oidc``: an OpenID Connect provider in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.group import LazyGroup
from smartid.cli.settings import settings_options
from smartid.errors import EncodingError

if TYPE_CHECKING:
    from smartid.oidc.config import Configuration

FOLDER = click.Path(file_okay=False, path_type=Path)
COMMANDS = {
    "init": ("smartid.cli.oidc_init", "Make the folder of a provider: configuration, keys, secret."),
    "client": ("smartid.cli.oidc_client", "Register the sites that may ask, and list them."),
    "keys": ("smartid.cli.oidc_keys", "List the signing keys, and rotate them."),
    "serve": ("smartid.cli.oidc_serve", "Run the provider until interrupted."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, no_args_is_help=False)
@settings_options
def command() -> None:
    """Let people log in at other sites with their card: an OpenID Connect provider."""


def configuration_of(folder: Path) -> Configuration:
    """Read the configuration of a provider. Raises WrongUsage naming what is wrong in it."""
    from smartid.oidc.config import FILE, load_configuration  # noqa: PLC0415

    try:
        return load_configuration(folder)
    except EncodingError as error:
        if not (folder / FILE).exists():
            remedy = f"Make it: smartid oidc init {folder} --issuer URL"
            raise WrongUsage(f"There is no {folder / FILE}.", remedy=remedy) from error
        remedy = f"Expected: {error.expected}."
        raise WrongUsage(f"{folder / FILE}: {error.what} is wrong.", remedy=remedy) from error
