"""The options that name a challenge: the site and its nonce."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import click

from smartid.cli.errors import WrongUsage
from smartid.errors import EncodingError
from smartid.identity.auth_token import Challenge

R = TypeVar("R")


def challenge_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command ``--origin`` and ``--nonce``; it takes both as ``challenge``."""

    @wraps(command)
    def with_challenge(*args: object, origin: str, nonce: str, **options: object) -> R:
        return command(*args, challenge=_challenge(origin, nonce), **options)

    for option in _OPTIONS:
        with_challenge = option(with_challenge)
    return with_challenge


def _challenge(origin: str, nonce: str) -> Challenge:
    try:
        return Challenge(origin, nonce)
    except EncodingError as error:
        option = "--origin" if error.what == "origin" else "--nonce"
        raise WrongUsage(f"{option}: expected {error.expected}.") from error


_OPTIONS = (
    click.option(
        "--nonce", required=True, metavar="TEXT", help="What the site sent: 44 to 128 characters, used once."
    ),
    click.option(
        "--origin", required=True, metavar="URL", help="The site, as browsers write it: https://example.ir"
    ),
)
