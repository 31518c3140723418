"""``smartid oidc``: an OpenID Connect provider in a folder of its own."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.group import LazyGroup
from smartid.cli.settings import settings_options
from smartid.errors import EncodingError

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    path = folder / FILE
    if not path.exists():
        remedy = f"Make it: smartid oidc init {folder} --issuer URL"
        raise WrongUsage(f"There is no {path}.", remedy=remedy)
    with in_plain_words(str(path)):
        return load_configuration(folder)


@contextlib.contextmanager
def in_plain_words(place: str) -> Iterator[None]:
    """Say of a broken setting where it stands and what is expected. Raises WrongUsage."""
    try:
        yield
    except EncodingError as error:
        raise WrongUsage(f"{place}: {error.what} is wrong.", remedy=f"Expected: {error.expected}.") from error


def toml_value(value: object) -> str:
    """Write a value of TOML: JSON has the same texts, flags and lists of them.

    Raises WrongUsage for a text of bytes that the terminal gave and that are no characters.
    """
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if not text.isascii() and re.search("[\ud800-\udfff]", text):
        raise WrongUsage("An argument is not UTF-8.", remedy="Write it anew.")
    return text
