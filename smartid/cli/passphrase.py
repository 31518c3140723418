"""Where a passphrase comes from: the terminal or a file descriptor. Never an argument."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar

import click

from smartid.cli.errors import WrongUsage

R = TypeVar("R")
MAX_PASSPHRASE = 1024
"""Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassphraseSource:
    """How the user wants to give a passphrase.

    descriptor  file descriptor with the passphrase on its first line
    none        secrets are kept without one
    """

    descriptor: int | None = None
    none: bool = False

    def new(self) -> bytes:
        """A passphrase for new secrets; empty when the user wants none. Raises WrongUsage."""
        return b"" if self.none else self._read(again=True)

    def known(self) -> bytes:
        """The passphrase of secrets that are there. Raises WrongUsage."""
        return self._read(again=False)

    def _read(self, *, again: bool) -> bytes:
        if self.descriptor is not None:
            return _line(self.descriptor)
        if not sys.stdin.isatty():
            raise WrongUsage(
                "There is no terminal on which a passphrase could be asked.",
                remedy="Give it with --passphrase-fd N, for example: --passphrase-fd 3 3<passphrase.txt",
            )
        text: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=again, err=True)
        return text.encode()


def passphrase_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the option that says where a passphrase comes from; it takes it as ``passphrase``."""

    @wraps(command)
    def with_passphrase(*args: object, passphrase_fd: int | None, **options: object) -> R:
        none = bool(options.pop("no_passphrase", False))
        source = PassphraseSource(descriptor=passphrase_fd, none=none)
        return command(*args, passphrase=source, **options)

    return click.option(
        "--passphrase-fd",
        type=click.IntRange(min=0),
        metavar="N",
        help="Read the passphrase from file descriptor N.",
    )(with_passphrase)


no_passphrase_option = click.option(
    "--no-passphrase", is_flag=True, help="Keep the secrets without a passphrase: the disk has to be safe."
)


def _line(descriptor: int) -> bytes:
    try:
        with os.fdopen(os.dup(descriptor), "rb") as source:
            line = source.readline(MAX_PASSPHRASE).rstrip(b"\r\n")
    except OSError as error:
        raise WrongUsage(
            f"The passphrase could not be read from file descriptor {descriptor}: {error.strerror}.",
            remedy="Open it for reading, for example: --passphrase-fd 3 3<passphrase.txt",
        ) from None
    if not line:
        raise WrongUsage(f"There is no passphrase in file descriptor {descriptor}.")
    return line
