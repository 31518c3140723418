"""The options of commands that judge somebody: on whose word, under which policy, and for when."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from smartid.cli.at_time import at_option

F = TypeVar("F", bound=Callable[..., object])

_OPTIONS = (
    click.option(
        "--trust",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder of trust anchors and revocation lists; default: the configured store.",
    ),
    click.option(
        "--policy",
        "rules",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Policy file in TOML.",
    ),
    at_option,
    click.option("--online", is_flag=True, help="Ask for revocation data on the network."),
)


def judging_options(function: F) -> F:
    """Add --trust, --policy, --at and --online: arguments ``trust``, ``rules``, ``at`` and ``online``."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
