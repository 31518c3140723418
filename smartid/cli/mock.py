"""``smartid mock``: make mock cards, and plug them into a virtual reader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.errors import ABSENT, WrongUsage
from smartid.cli.group import Group
from smartid.cli.output import note, print_json, print_table, say, shown
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import MOCK, file_of
from smartid.errors import EncodingError
from smartid.files import write_whole

if TYPE_CHECKING:
    from smartid.mockcard.citizens import Citizen
    from smartid.mockcard.image import CardImage
    from smartid.profiles.base import CardProfile

PINS = ("identity", "signature", "puk")
"""The PINs that `mock new` names, null for those that a card does not have."""


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """Make mock cards and plug them in. Their keys and PINs stand in their files: they protect nothing."""


@command.command("list")
@settings_options
@with_settings
def list_samples(settings: Settings) -> None:
    """List the sample citizens and the profiles. Nobody of them exists."""
    from smartid.mockcard.citizens import list_citizens  # noqa: PLC0415
    from smartid.profiles.registry import PROFILES  # noqa: PLC0415

    if settings.as_json:
        citizens = [_citizen(one) for one in list_citizens()]
        print_json({"citizens": citizens, "profiles": [one.name for one in PROFILES]})
        return
    rows = [(one.id, one.name_fa, one.story) for one in list_citizens()]
    print_table(rows, ("Citizen", "نام", "Story"))
    say()
    print_table([(one.name, one.title_fa, one.title) for one in PROFILES], ("Profile", "کارت", "Card"))


def _citizen(one: Citizen) -> dict[str, str]:
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "name_fa": one.name_fa,
        "national_number": one.identity.national_number or "",
        "story": one.story,
        "story_fa": one.story_fa,
    }


@command.command()
@click.argument("citizen")
@click.option("--profile", "profile_name", default="national_reference", metavar="NAME", show_default=True)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.card",
    help="Card file to write; default: CITIZEN.card.",
)
@click.option("--force", is_flag=True, help="Replace a card file that is there already.")
@settings_options
@with_settings
def new(settings: Settings, *, citizen: str, profile_name: str, output: Path | None, force: bool) -> None:
    """Personalise a card for CITIZEN from the throw-away national PKI.

    The PINs are drawn at random and shown once, because nothing depends on them.
    """
    from smartid.mockcard.citizens import CITIZENS  # noqa: PLC0415
    from smartid.profiles.registry import PROFILES  # noqa: PLC0415

    profiles = {profile.name: profile for profile in PROFILES}
    profile = profiles.get(profile_name)
    person = CITIZENS.get(citizen)
    if person is None:
        raise WrongUsage(
            f"There is no sample citizen {citizen!r}.", remedy=f"There are: {', '.join(CITIZENS)}."
        )
    if profile is None:
        raise WrongUsage(
            f"There is no profile {profile_name!r}.", remedy=f"There are: {', '.join(profiles)}."
        )
    path = output or Path(f"{citizen}.card")
    if path.exists() and not force:
        raise WrongUsage(
            f"{path} is there already.", remedy="Give another --output, or replace it with --force."
        )
    image = issue(person, profile)
    write_whole(path, image.to_json().encode())
    _print_new(settings, path, person, image)


def issue(person: Citizen, profile: CardProfile) -> CardImage:
    """Issue the card of a sample citizen, signed by this user's throw-away PKI."""
    from smartid.mockcard.personalize import issue_citizen  # noqa: PLC0415
    from smartid.mockcard.pki import ThrowAwayPKI  # noqa: PLC0415

    return issue_citizen(person, profile, ThrowAwayPKI.load_or_create())


def _print_new(settings: Settings, path: Path, person: Citizen, image: CardImage) -> None:
    pins = {name: image.pins[name].value if name in image.pins else None for name in PINS}
    if settings.as_json:
        document = {"card": str(path), "citizen": person.id, "profile": image.profile.name, "pins": pins}
        print_json(document)
        return
    say(f"{shown(str(path))}: {person.name}, {image.profile.title}")
    say(f"  {person.story}")
    say(f"  {shown(person.story_fa)}")
    print_table([(f"  {name}", digits) for name, digits in pins.items() if digits], ("  PIN", ""))
    say(f"Read it: smartid --reader mock:{shown(str(path))} read")
    if person.kind == "revoked":
        say("Write the anchors now or again, with the list that revokes this card: smartid mock trust DIR")


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@settings_options
@with_settings
def trust(settings: Settings, folder: Path) -> None:
    """Write the trust anchors of the throw-away PKI to DIR, for --trust. Never trust them for real people."""
    from smartid.mockcard.pki import ThrowAwayPKI  # noqa: PLC0415

    ThrowAwayPKI.load_or_create().write_trust(folder)
    files = sorted(path.name for path in folder.iterdir() if path.is_file())
    if settings.as_json:
        print_json({"trust": str(folder), "files": files})
    else:
        say(f"{shown(str(folder))}: {', '.join(map(shown, files))}")
        say(f"Use it: smartid read --trust {shown(str(folder))}")


@command.command()
@click.argument("file", metavar="FILE.card")
@click.option("--port", type=click.IntRange(1, 65535), default=35963, show_default=True, metavar="N")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="NAME")
@settings_options
@with_settings
def insert(settings: Settings, *, file: str, port: int, host: str) -> int:
    """Plug FILE.card into the running virtual reader (vsmartcard's vpcd) until interrupted."""
    from smartid.cli.plugged import wait_while_plugged  # noqa: PLC0415
    from smartid.mockcard.card import MockCard  # noqa: PLC0415

    with MockCard.open(file_of(file, MOCK)) as card, card.serve(port, host) as plug:
        if settings.as_json:
            print_json({"card": file, "host": host, "port": port})
        else:
            say(f"{shown(file)} is in the virtual reader at {shown(host)}:{port}. Ctrl-C takes it out.")
        if wait_while_plugged(plug):
            return 0
    note("Error: The virtual reader hung up.")
    return ABSENT


@command.command()
@click.argument("file", metavar="FILE.card")
@settings_options
@with_settings
def serve(settings: Settings, file: str) -> int:
    """Start a private PC/SC service with FILE.card in it, until interrupted.

    It is another service than the machine's and needs no root: a program finds it through the environment
    variable that is printed. Ctrl-C and SIGTERM end it and leave nothing behind.
    """
    from smartid.cli.plugged import serve_card  # noqa: PLC0415

    return serve_card(settings, file_of(file, MOCK))


@command.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Default: a free one.")
@settings_options
@with_settings
def authority(settings: Settings, *, port: int) -> int:
    """Answer for the throw-away PKI until interrupted: time stamps, OCSP, revocation lists, a master list.

    Only programs on this computer reach it. The addresses are printed; Ctrl-C and SIGTERM end it.
    """
    from smartid.cli.mock_authority import answer_until_interrupted  # noqa: PLC0415

    return answer_until_interrupted(settings, port)


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", "names", multiple=True, metavar="NAME", help="One more host name or IP address.")
@settings_options
@with_settings
def tls(settings: Settings, folder: Path, names: tuple[str, ...]) -> None:
    """Write a TLS certificate for a site on this computer to DIR: server.pem, server.key, and ca.pem.

    It is for localhost, 127.0.0.1 and ::1, for 30 days. Whoever is to believe the site trusts ca.pem; the key
    of that authority is forgotten at once.
    """
    from smartid.mockcard.tls import CA, CHAIN, KEY, write_tls  # noqa: PLC0415

    try:
        written = write_tls(folder, names=names)
    except EncodingError as error:
        raise WrongUsage(
            "A --name cannot stand in a certificate.", remedy=f"Give {error.expected}."
        ) from error
    files = {"ca": str(folder / CA), "certificate": str(folder / CHAIN), "key": str(folder / KEY)}
    if settings.as_json:
        print_json({**files, "names": list(written)})
        return
    print_table(list(files.items()))
    say(f"For 30 days, for {', '.join(written)}.")
