"""``smartid read``: the identity on a card, and the verdict on it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from smartid.card.card import Card
from smartid.cli.errors import CARD, NO, WrongUsage
from smartid.cli.judge import print_verdict, store_for, verdict_on
from smartid.cli.output import note, print_json, shown
from smartid.cli.person import document_of, print_person
from smartid.cli.pins import PINSource, pin_options
from smartid.cli.progress import portrait_bar
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import is_trace, open_card
from smartid.errors import EncodingError
from smartid.files import write_whole
from smartid.identity.model import ESSENTIAL, Field, Purpose, Reading
from smartid.secure_messaging.channel import CAN, MRZ, AccessKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be read, and where to it goes.

    fields    empty for everything but the portrait
    photo     file for the portrait
    trust     folder of trust anchors
    evidence  file for the raw bytes behind the reading
    access    CAN or MRZ of a contactless chip
    pins      source of a PIN, None to read without one
    """

    fields: tuple[str, ...] = ()
    photo: Path | None = None
    trust: Path | None = None
    evidence: Path | None = None
    access: AccessKey | None = None
    pins: PINSource | None = None

    @property
    def wanted(self) -> Collection[Field]:
        """The fields to ask the card for."""
        named = frozenset(map(Field, self.fields)) or ESSENTIAL
        return named | {Field.PORTRAIT} if self.photo else named


_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--field",
    "fields",
    multiple=True,
    type=click.Choice([field.value for field in Field]),
    metavar="NAME",
    help="Read this field only; may be repeated. Fields that share its file come along.",
)
@click.option("--photo", type=_FILE, metavar="FILE", help="Read the portrait too and write it to FILE.")
@click.option("--can", metavar="N", help="Card access number of a contactless chip, six digits.")
@click.option("--mrz", metavar="TEXT", help="Machine readable zone of a contactless chip.")
@click.option(
    "--trust",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of trust anchors (PEM or DER); default: the configured store.",
)
@click.option(
    "--evidence",
    type=_FILE,
    metavar="FILE",
    help="Write the raw bytes behind the reading to FILE, to be judged elsewhere: personal data.",
)
@click.option("--ask-pin", is_flag=True, help="Ask for the PIN on the terminal, for fields behind it.")
@pin_options
@settings_options
@with_settings
def command(
    settings: Settings,
    *,
    can: str | None,
    mrz: str | None,
    ask_pin: bool,
    pins: PINSource,
    fields: tuple[str, ...],
    photo: Path | None,
    trust: Path | None,
    evidence: Path | None,
) -> int:
    """Read the identity on a card, and the verdict on it.

    Without trust anchors the verdict is INDETERMINATE, says so, and the exit status is 0. With anchors
    (--trust or the configured store) every verdict but TOTAL-PASSED is exit status 1. When --photo finds no
    portrait, the rest is printed and the exit status is 4.
    """
    request = Request(
        fields=fields,
        photo=photo,
        trust=trust,
        evidence=evidence,
        access=access_key(can, mrz),
        pins=pins if ask_pin or pins.chosen else None,
    )
    return read(settings, request)


def access_key(can: str | None, mrz: str | None) -> AccessKey | None:
    """The access key of the options. Raises WrongUsage."""
    if can and mrz:
        raise WrongUsage("Give --can or --mrz, not both.")
    try:
        if can:
            return CAN(can)
        return MRZ(mrz) if mrz else None
    except EncodingError as error:
        option = "--can" if can else "--mrz"
        raise WrongUsage(f"{option}: {error.what} needs {error.expected}.") from error


def read(settings: Settings, request: Request) -> int:
    """Read, judge, print and write what was asked for; the exit status."""
    store = store_for(request.trust)
    with open_card(settings) as card:
        reading = fetch(card, request)
    verdict = verdict_on(reading, store, recorded=is_trace(settings.reader))
    _write_files(reading, request)
    if settings.as_json:
        print_json(document_of(reading) | {"verdict": verdict.as_dict()})
    else:
        print_person(reading)
        print_verdict(verdict)
    if store and not verdict.passed:
        return NO
    return CARD if request.photo and reading.portrait is None else 0


def fetch(card: Card, request: Request) -> Reading:
    """Read from the card, with a PIN when there is one."""
    wanted = request.wanted
    with portrait_bar() if Field.PORTRAIT in wanted else nullcontext() as progress:
        if request.pins is None:
            return card.read_identity(fields=wanted, access=request.access, progress=progress)
        spec = card.profile.pin_for(Purpose.AUTHENTICATION)
        pin = request.pins.pin(spec.title if spec else "PIN")
        with card.unlock(pin, purpose=Purpose.AUTHENTICATION) as unlocked:
            return unlocked.read_identity(fields=wanted, progress=progress)


def _write_files(reading: Reading, request: Request) -> None:
    if request.evidence:
        write_whole(request.evidence, reading.evidence.to_json().encode())
        note(f"{shown(str(request.evidence))} holds personal data: treat it as the card itself.")
    if request.photo:
        if reading.portrait is None:
            note("There is no portrait to be read on this card; no file was written.")
        else:
            write_whole(request.photo, reading.portrait.data)
