"""``smartid cert``: the certificates on a card."""

from __future__ import annotations

from pathlib import Path

import click

from smartid.cli.certificates import describe, to_pem
from smartid.cli.errors import WrongUsage
from smartid.cli.group import Group
from smartid.cli.output import print_json, say
from smartid.cli.person import print_certificates
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import open_card
from smartid.files import write_whole
from smartid.identity.model import CertificateClaim


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """List or export the certificates on a card. Nobody has checked them."""


@command.command("list")
@settings_options
@with_settings
def list_certificates(settings: Settings) -> None:
    """List the certificates on the card."""
    with open_card(settings) as card:
        found = [describe(claim) for claim in card.certificates()]
    if settings.as_json:
        print_json({"certificates": found})
    elif found:
        print_certificates(found)
    else:
        say("There is no certificate on this card.")


@command.command("export")
@click.argument("purpose", required=False)
@click.option("--all", "everything", is_flag=True, help="Export every certificate, one PEM after the other.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to FILE instead of standard output.",
)
@click.option("--der/--pem", default=False, help="Write DER, or PEM (the default).")
@settings_options
@with_settings
def export(
    settings: Settings,
    *,
    purpose: str | None,
    everything: bool,
    output: Path | None,
    der: bool,
) -> None:
    """Export the certificate for PURPOSE (authentication, signature, "key management"), or all with --all."""
    if bool(purpose) == everything:
        raise WrongUsage("Name one purpose, or give --all.", remedy="`smartid cert list` names them.")
    if der and everything:
        raise WrongUsage("DER holds one certificate; use --pem with --all.")
    with open_card(settings) as card:
        chosen = _chosen(card.certificates(), purpose)
    content = chosen[0].der if der else "".join(to_pem(claim.der) for claim in chosen).encode()
    if output:
        write_whole(output, content)
    if settings.as_json:
        print_json({"certificates": [describe(claim) | {"pem": to_pem(claim.der)} for claim in chosen]})
    elif not output:
        click.echo(content, nl=False)


def _chosen(claims: tuple[CertificateClaim, ...], purpose: str | None) -> list[CertificateClaim]:
    found = [claim for claim in claims if purpose is None or claim.purpose == purpose]
    if not found:
        names = ", ".join(str(claim.purpose) for claim in claims) or "none"
        raise WrongUsage(f"The card has no certificate for {purpose!r}.", remedy=f"It has: {names}.")
    return found
