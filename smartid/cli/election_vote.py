"""``smartid election vote``: fill in a ballot, test the device or cast it, take the receipt home."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli import election_choices
from smartid.cli.election_folder import folder_argument, now, opened, policy_for, trust_option
from smartid.cli.election_register import credential_file, credential_option
from smartid.cli.errors import WrongUsage
from smartid.cli.output import print_json, say, tell
from smartid.cli.pins import PINSource, pin_options
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import open_card
from smartid.identity.model import Purpose

if TYPE_CHECKING:
    from smartid.services.voting.ballot import MadeBallot
    from smartid.services.voting.credentials import CredentialSecret
    from smartid.services.voting.folder import ElectionFolder
    from smartid.services.voting.receipts import BallotReceipt
    from smartid.signing.signer import Signer
    from smartid.trust.policy import Policy

CAST, AUDIT = "cast", "audit"


@click.command()
@folder_argument
@credential_option
@click.option(
    "--choices",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Choices in JSON, a list of 0 and 1 for each question; default: they are asked.",
)
@click.option("--cast", "then", flag_value=CAST, help="Cast the ballot without asking.")
@click.option("--audit", "then", flag_value=AUDIT, help="Open the ballot and throw it away, without asking.")
@trust_option
@pin_options
@settings_options
@with_settings
def command(
    settings: Settings,
    folder: Path,
    *,
    credential: Path | None,
    choices: Path | None,
    then: str | None,
    trust: Path | None,
    pins: PINSource,
) -> None:
    """Vote in the election of DIR. Who votes again replaces the ballot: the last one counts.

    The ballot is made first and its tracker shown. Then it is cast, or opened to see that the device encrypts
    what was chosen; an opened ballot is thrown away. The card signs for the one that is cast.
    """
    from smartid.cli.card_signer import LateSigner  # noqa: PLC0415
    from smartid.services.voting.ballot import make_ballot  # noqa: PLC0415

    if settings.as_json and (choices is None or then is None):
        raise WrongUsage(
            "With --json nothing is asked.", remedy="Give --choices FILE, and --cast or --audit."
        )
    place = opened(folder)
    _require_open(place)
    election = place.election()
    with open_card(settings) as card:
        spec = card.profile.pin_for(Purpose.SIGNATURE)
        signer = LateSigner(card, pins.pin(spec.title if spec else "PIN"))
        path = credential_file(place, signer, credential)
        secret = _secret(path)
        chosen = election_choices.load(choices) if choices else election_choices.ask(election.questions)
        made = make_ballot(election, secret, chosen)
        if not settings.as_json:
            election_choices.show(election.questions, chosen)
            tell(f"کد رهگیری / Tracker: {made.tracker}", bold=True)
        if (then or _decide()) == AUDIT:
            _open(settings, place, made)
            return
        receipt = _cast(place, policy_for(place, trust), made, signer)
    _tell(settings, receipt, _keep(path, receipt), folder)


def _require_open(folder: ElectionFolder) -> None:
    """Refuse before a PIN is asked for. Raises Refused (not_open, voting_closed)."""
    from smartid.services.voting.folder import Phase  # noqa: PLC0415
    from smartid.services.voting.polling import require_voting  # noqa: PLC0415

    folder.require(Phase.FROZEN)
    require_voting(folder)


def _secret(path: Path) -> CredentialSecret:
    from smartid.services.voting.credentials import CredentialSecret  # noqa: PLC0415

    if not path.exists():
        raise WrongUsage(
            f"There is no file {path} with this voter's secret.",
            remedy="It was made by smartid election register; name it with --credential FILE.",
        )
    return CredentialSecret.load(path)


def _decide() -> str:
    tell("به صندوق بیندازم (c)، یا بازش کنم تا درستی این دستگاه دیده شود (o)؟")
    tell("Cast it (c), or open it to see whether this device is honest (o)?")
    answer: str = click.prompt("", prompt_suffix="> ", type=click.Choice(["c", "o"]), err=True)
    return CAST if answer == "c" else AUDIT


def _open(settings: Settings, folder: ElectionFolder, made: MadeBallot) -> None:
    from smartid.files import write_whole  # noqa: PLC0415

    opened = made.audit()
    document = {"ballot": opened.raw.decode(), "opening": json.loads(opened.opening.to_json())}
    path = folder.voters / f"opened-{made.tracker[:8].replace('/', '_')}.json"
    write_whole(path, json.dumps(document, ensure_ascii=False).encode())
    if settings.as_json:
        print_json({"audited": True, "tracker": made.tracker, "file": str(path)})
        return
    tell("این برگه باز شد و شمرده نمی‌شود. آن را با دستگاهی دیگر بسنجید و دوباره رأی بدهید.")
    tell("This ballot was opened and does not count. Check it with another device, then vote again:")
    say(f"  smartid election check {folder.path} --opened {path}")


def _cast(folder: ElectionFolder, policy: Policy, made: MadeBallot, signer: Signer) -> BallotReceipt:
    from smartid.services.voting.polling import open_box  # noqa: PLC0415
    from smartid.services.voting.voter import cast  # noqa: PLC0415

    with open_box(folder, policy) as box:
        return cast(box, made.cast(), signer, now())


def _keep(credential: Path, receipt: BallotReceipt) -> Path:
    """Write the receipt beside the voter's secret."""
    from smartid.files import write_whole  # noqa: PLC0415

    path = credential.with_name(f"{credential.stem}.receipt-{receipt.sequence}.json")
    write_whole(path, receipt.to_json().encode())
    return path


def _tell(settings: Settings, receipt: BallotReceipt, path: Path, folder: Path) -> None:
    if settings.as_json:
        print_json({"audited": False, "receipt": receipt.as_dict(), "file": str(path)})
        return
    if sys.stdout.isatty():
        from smartid.services.journal.qr import blocks  # noqa: PLC0415

        say(blocks(receipt.qr))
    tell("رأی شما پذیرفته شد. رسید را نگه دارید: نمی‌گوید چه رأیی داده‌اید.")
    tell("Your ballot was accepted. Keep the receipt: it does not tell what you chose.")
    say(f"  {path}")
    say(f"  smartid election verify {folder} --receipt {path}")
