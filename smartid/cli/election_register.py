"""``smartid election register``: a card says which credential is its holder's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.election_folder import folder_argument, now, opened, policy_for, trust_option
from smartid.cli.errors import WrongUsage
from smartid.cli.output import print_json, tell
from smartid.cli.pins import PINSource, pin_options
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import open_card
from smartid.identity.model import Purpose

if TYPE_CHECKING:
    from smartid.services.voting.folder import ElectionFolder
    from smartid.services.voting.registration import Registered
    from smartid.signing.signer import Signer

credential_option = click.option(
    "--credential",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File of the voter's secret; default: DIR/voters/NATIONAL_NUMBER.credential.",
)


@click.command()
@folder_argument
@credential_option
@trust_option
@pin_options
@settings_options
@with_settings
def command(
    settings: Settings, folder: Path, *, credential: Path | None, trust: Path | None, pins: PINSource
) -> None:
    """Register the holder of a card to vote in the election of DIR.

    A secret number is drawn and kept in a file for the holder alone; the card signs what belongs to it. Who
    registers again replaces the first registration.
    """
    from smartid.cli.card_signer import LateSigner  # noqa: PLC0415

    place = opened(folder)
    with open_card(settings) as card:
        spec = card.profile.pin_for(Purpose.SIGNATURE)
        signer = LateSigner(card, pins.pin(spec.title if spec else "PIN"))
        path = credential_file(place, signer, credential)
        found = _register(place, signer, path, trust)
    if settings.as_json:
        print_json({"credential": found.credential, "sequence": found.sequence, "file": str(path)})
        return
    tell("ثبت شد." if found.sequence == 1 else "ثبت شد و جای ثبت‌نام پیشین را گرفت.")
    if found.sequence > 1:
        tell("This replaces what the same person registered before.")
    tell(f"Registered (number {found.sequence}). The secret of this voter lies in {path}: keep it to vote.")
    tell(f"When everybody has registered: smartid election freeze {folder}")


def credential_file(folder: ElectionFolder, signer: Signer, given: Path | None) -> Path:
    """Where a voter's secret lies. Raises WrongUsage for a card without a national number."""
    from smartid.services.voting.voter import holder_of  # noqa: PLC0415

    if given:
        return given
    person = holder_of(signer)
    if not person.isalnum():
        raise WrongUsage("The certificate of the card names no national number.")
    return folder.voters / f"{person}.credential"


def _register(folder: ElectionFolder, signer: Signer, path: Path, trust: Path | None) -> Registered:
    from smartid.services.voting.credentials import CredentialSecret  # noqa: PLC0415
    from smartid.services.voting.groups.named import named  # noqa: PLC0415
    from smartid.services.voting.preparing import open_desk  # noqa: PLC0415
    from smartid.services.voting.voter import register  # noqa: PLC0415

    desk = open_desk(folder, policy_for(folder, trust))
    election = folder.election()
    secret = CredentialSecret.new(named(election.group))
    fresh = path.with_name(f"{path.name}.new")  # the old one serves until the new one is registered
    secret.save(fresh)
    try:
        found = register(desk, election, secret, signer, now())
    finally:
        desk.close()
    fresh.replace(path)
    return found
