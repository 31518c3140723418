"""A key behind a PKCS#11 module in place of the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.pins import PINSource

if TYPE_CHECKING:
    from smartid.signing.pkcs11 import PKCS11Signer

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The key that the user named.

    module  path of the shared library
    name    label or serial number of the token; None takes the only one
    key_id  CKA_ID of key and certificate
    label   CKA_LABEL of the certificate
    """

    module: str
    name: str | None = None
    key_id: bytes | None = None
    label: str | None = None

    def signer(self, pins: PINSource) -> PKCS11Signer:
        """Open the token. The PIN is asked for at the signature. Raises what ``PKCS11Signer`` raises."""
        from smartid.signing.pkcs11 import PKCS11Signer  # noqa: PLC0415 - an extra

        return PKCS11Signer(
            self.module,
            pins.text(f"PIN of {self.name}" if self.name else "PIN of the token"),
            token=self.name,
            key_id=self.key_id,
            label=self.label,
            last_try=pins.last_try,
        )


def pkcs11_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the options that name a token; it takes it as ``token``, None for the card."""

    @wraps(command)
    def with_token(*args: object, **options: object) -> R:
        module, name, key_id, label = (
            options.pop(name) for name in ("pkcs11", "token", "key_id", "key_label")
        )
        if module is None:
            if name or key_id or label:
                raise WrongUsage("--token, --key-id and --key-label go with --pkcs11 MODULE.")
            return command(*args, token=None, **options)
        chosen = Token(module=str(module), name=_text(name), key_id=_identifier(key_id), label=_text(label))
        return command(*args, token=chosen, **options)

    for option in _OPTIONS:
        with_token = option(with_token)
    return with_token


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _identifier(value: object) -> bytes | None:
    if value is None:
        return None
    try:
        return bytes.fromhex(str(value))
    except ValueError as error:
        raise WrongUsage(
            f"--key-id: {value} is not hexadecimal.", remedy="For example: --key-id 0a"
        ) from error


_OPTIONS = (
    click.option("--key-label", metavar="LABEL", help="Label of its certificate, when there are several."),
    click.option("--key-id", metavar="HEX", help="Identifier (CKA_ID) of the key, when there are several."),
    click.option(
        "--token", metavar="NAME", help="Label or serial number of the token; default: the only one."
    ),
    click.option(
        "--pkcs11", metavar="MODULE", help="Sign with a key behind this PKCS#11 module and not with the card."
    ),
)
