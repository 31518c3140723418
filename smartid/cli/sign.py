"""``smartid sign``: sign a document with the signature key of a card or token."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.means import Means, means_options, progress
from smartid.cli.output import print_json, say, shown
from smartid.cli.pins import PINSource, pin_options
from smartid.cli.pkcs11 import Token, pkcs11_options
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import open_card
from smartid.errors import EncodingError, LevelNotReached
from smartid.identity.model import Purpose
from smartid.signing.form import Level, SignatureFamily, SignatureForm

if TYPE_CHECKING:
    from smartid.signing.request import Appearance, SignedDocument
    from smartid.signing.signer import Signer

_BY_SUFFIX = {".pdf": SignatureFamily.PADES, ".xml": SignatureFamily.XADES}
_CMS_SUFFIXES = {".p7m", ".p7s"}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be signed, and how.

    file      the document
    output    where the result goes; None puts it beside the document, under the name that fits
    force     an existing file may be replaced
    means     what a level above B needs
    """

    file: Path
    form: SignatureForm
    output: Path | None = None
    force: bool = False
    detached: bool = False
    visible: bool = False
    means: Means = field(default_factory=Means)


@click.command()
@click.argument("file", type=_FILE)
@click.option(
    "--form",
    type=click.Choice([family.value for family in SignatureFamily]),
    help="Format; default: pades for *.pdf, xades for *.xml, else cades.",
)
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    default=Level.B.value,
    show_default=True,
    help="Baseline level: T adds a time stamp, LT revocation data, LTA a time stamp over those.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT",
    help="File for the result; default: beside FILE, with the suffix of the format.",
)
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.option("--detached", is_flag=True, help="Leave the content outside (cades, xades, jws).")
@click.option("--visible", is_flag=True, help="Show the signature on the last page (pades).")
@means_options
@pkcs11_options
@pin_options
@settings_options
@with_settings
def command(
    settings: Settings,
    *,
    file: Path,
    form: str | None,
    level: str,
    output: Path | None,
    force: bool,
    detached: bool,
    visible: bool,
    means: Means,
    token: Token | None,
    pins: PINSource,
) -> None:
    """Sign FILE with the signature key of the card, or of a PKCS#11 token.

    The PIN is asked for after everything else has been looked at, and the key signs once. A CMS signature
    gets one more signer; smartid extend raises the level of signatures that are there.
    """
    family = SignatureFamily(form) if form else _BY_SUFFIX.get(file.suffix.lower(), SignatureFamily.CADES)
    wish = Wish(
        file=file,
        form=form_of(family, Level(level)),
        output=output,
        force=force,
        detached=detached,
        visible=visible,
        means=means,
    )
    _require_possible(wish)
    signed, signer = _sign_with_token(wish, token, pins) if token else _sign(settings, wish, pins)
    _tell(settings, wish, write(wish, signed), signed, signer)


def form_of(family: SignatureFamily, level: Level) -> SignatureForm:
    """The form of a format and a level. Raises LevelNotReached for a pair that is not made here."""
    for form in SignatureForm:
        if form.value == (family, level):
            return form
    highest = max((form.level for form in SignatureForm if form.family is family), key=lambda one: one.rank)
    raise LevelNotReached(level, f"{family.value} is made up to level {highest} here.")


def _require_possible(wish: Wish) -> None:
    """Refuse what cannot be done before the holder types a PIN. Raises LevelNotReached, WrongUsage."""
    wish.means.require(wish.form.level)
    if wish.visible and wish.form.family is not SignatureFamily.PADES:
        raise WrongUsage("--visible is for PDF files (--form pades).")
    path = wish.output or _expected(wish)
    if path and path.exists() and not wish.force:
        raise WrongUsage(f"{path} exists.", remedy="Name another file with -o OUT, or give --force.")


def _expected(wish: Wish) -> Path | None:
    """The file of a CMS signature: one that is there gets a signer more. None for the other formats."""
    if wish.form.family is not SignatureFamily.CADES:
        return None
    if wish.file.suffix.lower() in _CMS_SUFFIXES and not wish.detached:
        return wish.file
    return wish.file.with_name(wish.file.name + (".p7s" if wish.detached else ".p7m"))


def _sign(settings: Settings, wish: Wish, pins: PINSource) -> tuple[SignedDocument, bytes]:
    """Sign with the card; the document and the certificate of its signer."""
    from smartid.cli.card_signer import LateSigner  # noqa: PLC0415 - not for a token

    with open_card(settings) as card:
        spec = card.profile.pin_for(Purpose.SIGNATURE)
        signer = LateSigner(card, pins.pin(spec.title if spec else "PIN"))
        return _signed(wish, signer), signer.certificate


def _sign_with_token(wish: Wish, token: Token, pins: PINSource) -> tuple[SignedDocument, bytes]:
    with token.signer(pins) as signer:
        return _signed(wish, signer), signer.certificate


def _signed(wish: Wish, signer: Signer) -> SignedDocument:
    from smartid.signing.sign import sign  # noqa: PLC0415 - reaches cryptography

    try:
        return sign(
            wish.file,
            signer,
            form=wish.form,
            detached=wish.detached,
            chain=wish.means.chain(signer.certificate),
            time_stamper=wish.means.time_stamper(),
            policy=wish.means.policy(wish.form.level),
            appearance=_appearance(wish),
            progress=progress,
        )
    except EncodingError as error:
        raise WrongUsage(f"{wish.file}: {error.message}") from error


def _appearance(wish: Wish) -> Appearance | None:
    if not wish.visible:
        return None
    from smartid.signing.request import Appearance  # noqa: PLC0415 - for one option only

    return Appearance()


def write(wish: Wish, signed: SignedDocument) -> Path:
    """Write the result; its path. A file that is in the way is left alone and another name is taken.

    The signature is not thrown away: the card has signed already, and may want a PIN to do it again.
    """
    path = wish.output or wish.file.with_name(signed.name)
    number = 2
    while wish.output is None and path.exists() and not wish.force:
        path = path.with_name(f"{wish.file.stem}-{number}{''.join(Path(signed.name).suffixes[-1:])}")
        number += 1
    signed.write(path)
    return path


def _tell(settings: Settings, wish: Wish, path: Path, signed: SignedDocument, certificate: bytes) -> None:
    from smartid.trust.x509 import parse_certificate  # noqa: PLC0415 - reaches asn1crypto

    signer = str(parse_certificate(certificate).subject)
    if settings.as_json:
        print_json(
            {
                "document": str(wish.file),
                "output": str(path),
                "form": signed.form.family.value,
                "level": signed.form.level.value,
                "detached": signed.content is not None,
                "signer": signer,
            }
        )
        return
    say(f"Signed by {shown(signer)}.")
    say(f"Written: {shown(str(path))}")
