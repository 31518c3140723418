"""``smartid auth token``: what a browser's add-on would send to a site, made by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.challenges import challenge_options
from smartid.cli.output import print_json, say, shown
from smartid.cli.pins import PINSource, pin_options
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import open_card
from smartid.files import write_whole
from smartid.identity.auth_token import (
    FORMAT_1_1,
    AuthToken,
    Challenge,
    SigningCertificate,
    SupportedAlgorithm,
)
from smartid.identity.model import Purpose

if TYPE_CHECKING:
    from smartid.card.card import Card

_FORMATS = {"1.0": False, "1.1": True}
"""Version to whether the certificate for signatures travels along."""


@click.command()
@challenge_options
@click.option(
    "--format",
    "version",
    type=click.Choice(list(_FORMATS)),
    default="1.0",
    show_default=True,
    help="Version of the token; 1.1 takes the certificate for signatures along.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the token to FILE, too; without --json it is not printed then.",
)
@pin_options
@settings_options
@with_settings
def command(
    settings: Settings, *, challenge: Challenge, version: str, output: Path | None, pins: PINSource
) -> None:
    """Answer the challenge of a site with the authentication key of the card.

    Prints the token as JSON. Whoever has it can log in at that site, once, while the challenge is open: give
    it to nobody else.
    """
    with open_card(settings) as card:
        signing = _signing_certificate(card) if _FORMATS[version] else ()
        spec = card.profile.pin_for(Purpose.AUTHENTICATION)
        pin = pins.pin(spec.title if spec else "PIN")
        with card.unlock(pin, purpose=Purpose.AUTHENTICATION) as unlocked:
            token = unlocked.authenticate(challenge)
    if signing:
        token = replace(token, format=FORMAT_1_1, signing_certificates=signing)
    _hand_over(settings, token, output)


def _signing_certificate(card: Card) -> tuple[SigningCertificate, ...]:
    """The certificate for signatures, read before the holder types a PIN. Raises UnsupportedFeature."""
    from smartid.cli.card_signer import signature_certificate, signature_key  # noqa: PLC0415 - for 1.1 only

    algorithms = tuple(map(SupportedAlgorithm.of, signature_key(card).algorithms))
    return (SigningCertificate(certificate=signature_certificate(card), algorithms=algorithms),)


def _hand_over(settings: Settings, token: AuthToken, output: Path | None) -> None:
    if output:
        write_whole(output, token.to_json().encode() + b"\n")
    if settings.as_json or not output:
        print_json(token.as_dict(), compact=True)
    else:
        say(f"Written: {shown(str(output))}")
