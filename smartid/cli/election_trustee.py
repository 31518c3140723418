"""``smartid election trustee``: a key ceremony by mail, and each trustee's share of the result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.group import Group
from smartid.cli.output import print_json, print_table, say
from smartid.cli.passphrase import PassphraseSource, no_passphrase_option, passphrase_options
from smartid.cli.progress import growing_bar
from smartid.cli.settings import Settings, settings_options, with_settings

if TYPE_CHECKING:
    from smartid.services.voting.trustees.safe import TrusteeFolder

GROUPS = ("BELENIOS-2048", "Ed25519")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PLACE = click.Path(file_okay=False, path_type=Path)
_FOLDER = click.argument("folder", type=_PLACE, metavar="FOLDER")
_EXCHANGE = click.argument(
    "exchange", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="EXCHANGE"
)
_GROUP = click.option(
    "--group",
    "name",
    type=click.Choice(GROUPS),
    default=GROUPS[0],
    show_default=True,
    help="Group of the keys.",
)
_MINIMUM = click.option(
    "--minimum",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Of how many ballots at least this trustee decrypts a result.",
)


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """Hold a trustee's key, and take part in a key ceremony by mail.

    FOLDER is the trustee's own, and nobody else's. EXCHANGE is where the public messages of all trustees are
    put as they come: certificates first, polynomials then, keys at last. Only messages leave FOLDER.
    """


@command.command("key")
@_FOLDER
@_EXCHANGE
@click.option(
    "--name", "sender", required=True, metavar="NAME", help="Name of the message: NAME.mandatory.json."
)
@click.option(
    "--import", "known", type=_FILE, metavar="FILE", help="A key file of belenios-tool, to take over."
)
@_GROUP
@_MINIMUM
@no_passphrase_option
@passphrase_options
@settings_options
@with_settings
def key(
    settings: Settings,
    folder: Path,
    exchange: Path,
    *,
    sender: str,
    known: Path | None,
    name: str,
    minimum: int,
    passphrase: PassphraseSource,
) -> None:
    """Make the key of a trustee without whom there will be no result."""
    from smartid.services.voting.groups.named import named  # noqa: PLC0415
    from smartid.services.voting.trustees.exchange import Kind, put  # noqa: PLC0415
    from smartid.services.voting.trustees.keys import MAX_KEY_FILE, TrusteeKey  # noqa: PLC0415

    if not sender.isidentifier():
        raise WrongUsage("A name is letters, digits and _, and begins with a letter.")
    group = named(name)
    imported = None
    if known is not None:
        with known.open("rb") as file:
            imported = TrusteeKey.from_text(file.read(MAX_KEY_FILE).decode("ascii", "replace"), group)
    trustee = _begin(folder, minimum, passphrase)
    with trustee.alone():
        made = trustee.adopt(imported) if imported else trustee.make_key(group)
    _tell(settings, put(exchange, sender, Kind.MANDATORY, made))


@command.command("certificate")
@_FOLDER
@_EXCHANGE
@click.option("--size", type=click.IntRange(1, 100), required=True, help="Trustees in the group.")
@click.option("--threshold", type=click.IntRange(1, 100), required=True, help="How many of them suffice.")
@click.option("--index", type=click.IntRange(1, 100), required=True, help="Number of this trustee, from 1.")
@_GROUP
@_MINIMUM
@no_passphrase_option
@passphrase_options
@settings_options
@with_settings
def certificate(
    settings: Settings,
    folder: Path,
    exchange: Path,
    *,
    size: int,
    threshold: int,
    index: int,
    name: str,
    minimum: int,
    passphrase: PassphraseSource,
) -> None:
    """Round 1: take a seat in a group of trustees of whom some suffice."""
    from smartid.services.voting.groups.named import named  # noqa: PLC0415
    from smartid.services.voting.trustees.exchange import Kind, put  # noqa: PLC0415
    from smartid.services.voting.trustees.published import Context  # noqa: PLC0415

    if not index <= size >= threshold:
        raise WrongUsage("Neither the threshold nor the index is larger than the size.")
    group = named(name)
    context = Context(group=name, size=size, threshold=threshold, index=index)
    trustee = _begin(folder, minimum, passphrase)
    with trustee.alone():
        made = trustee.certificate(group, context)
    _tell(settings, put(exchange, str(index), Kind.CERTIFICATE, made))


@command.command("polynomial")
@_FOLDER
@_EXCHANGE
@passphrase_options
@settings_options
@with_settings
def polynomial(settings: Settings, folder: Path, exchange: Path, *, passphrase: PassphraseSource) -> None:
    """Round 2, when all certificates are there: draw this trustee's secret polynomial.

    Prints a fingerprint of the certificates. All trustees read it to each other over the telephone: a
    different one means that somebody exchanged certificates on the way.
    """
    from smartid.services.voting.trustees.exchange import Kind, gather, put  # noqa: PLC0415

    trustee = _open(folder, passphrase)
    with trustee.alone():
        context = trustee.context
        made = trustee.polynomial(gather(exchange, Kind.CERTIFICATE, context.size))
        seen = trustee.certificates_seen
    _tell(settings, put(exchange, str(context.index), Kind.POLYNOMIAL, made), fingerprint=seen)


@command.command("receive")
@_FOLDER
@_EXCHANGE
@passphrase_options
@settings_options
@with_settings
def receive(settings: Settings, folder: Path, exchange: Path, *, passphrase: PassphraseSource) -> None:
    """Round 3, when all polynomials are there: check what the others sent, and make the key of it."""
    from smartid.services.voting.trustees.exchange import Kind, gather, put  # noqa: PLC0415

    trustee = _open(folder, passphrase)
    with trustee.alone():
        context = trustee.context
        rounds = [gather(exchange, kind, context.size) for kind in (Kind.CERTIFICATE, Kind.POLYNOMIAL)]
        made = trustee.receive(*rounds)
    _tell(settings, put(exchange, str(context.index), Kind.KEY, made))


@command.command("assemble")
@_EXCHANGE
@_GROUP
@settings_options
@with_settings
def assemble(settings: Settings, exchange: Path, *, name: str) -> None:
    """Put the record of all trustees together: EXCHANGE/trustees.json. Anybody can do this.

    --group counts only where all trustees are mandatory.
    """
    from smartid.services.voting.trustees.exchange import RECORD, put_together  # noqa: PLC0415

    record = put_together(exchange, group=name)
    _tell(settings, exchange / RECORD, trustees=len(record.owners))


@command.command("check")
@_FOLDER
@click.argument("record", type=_FILE, metavar="TRUSTEES")
@passphrase_options
@settings_options
@with_settings
def check(settings: Settings, folder: Path, record: Path, *, passphrase: PassphraseSource) -> None:
    """Check a record of trustees, and that this trustee is in it with its own key. Prints its number."""
    from smartid.services.voting.trustees.exchange import read_record  # noqa: PLC0415

    trustee = _open(folder, passphrase)
    owner = trustee.owner(read_record(record, trustee.group))
    if settings.as_json:
        print_json({"owner": owner})
    else:
        say(f"The record holds. This is trustee {owner}.")


@command.command("decrypt")
@_FOLDER
@click.argument("board", type=_FILE, metavar="BOARD")
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path), metavar="SHARE")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes.")
@passphrase_options
@settings_options
@with_settings
def decrypt(
    settings: Settings, folder: Path, board: Path, output: Path, *, workers: int, passphrase: PassphraseSource
) -> None:
    """Verify a closed board, add its ballots up, and write this trustee's share of the result to SHARE.

    What binds the share to this sum goes to SHARE.binding: send both.

    Refused: fewer ballots than the trustee's minimum, and a second, different tally of the same election.
    """
    from smartid.services.voting.trustees.exchange import write_share  # noqa: PLC0415
    from smartid.services.voting.trustees.shares import decrypt_share  # noqa: PLC0415

    trustee = _open(folder, passphrase)
    with growing_bar("Ballots") as progress:
        made = decrypt_share(trustee, board, workers=workers, progress=progress)
    write_share(output, made)
    _tell(settings, output, owner=made.owner)


@command.command("show")
@_FOLDER
@passphrase_options
@settings_options
@with_settings
def show(settings: Settings, folder: Path, *, passphrase: PassphraseSource) -> None:
    """Show what a trustee has published, and how few ballots it decrypts. No secret is shown."""
    trustee = _open(folder, passphrase)
    found = {"minimum": trustee.minimum, "published": list(trustee.published)}
    if settings.as_json:
        print_json(found)
        return
    published = ", ".join(trustee.published) or "nothing"
    print_table([("Minimum", f"{trustee.minimum} ballots"), ("Published", published)])


def _begin(folder: Path, minimum: int, passphrase: PassphraseSource) -> TrusteeFolder:
    """Open the folder of a trustee; make it when there is none."""
    from smartid.services.voting.trustees.safe import SECRETS, TrusteeFolder  # noqa: PLC0415

    if (folder / SECRETS).exists():
        return _open(folder, passphrase)
    if not folder.exists():
        TrusteeFolder.create(folder, minimum=minimum)
    return TrusteeFolder.open(folder, passphrase=passphrase.new())


def _open(folder: Path, passphrase: PassphraseSource) -> TrusteeFolder:
    from smartid.services.voting.trustees.keys import is_sealed  # noqa: PLC0415
    from smartid.services.voting.trustees.safe import SECRETS, TrusteeFolder  # noqa: PLC0415

    path = folder / SECRETS
    sealed = path.exists() and is_sealed(path)
    return TrusteeFolder.open(folder, passphrase=passphrase.known() if sealed else b"")


def _tell(settings: Settings, path: Path, **facts: object) -> None:
    if settings.as_json:
        print_json({"file": str(path), **facts})
        return
    say(f"Written: {path}")
    for name, value in facts.items():
        say(f"{name.capitalize()}: {value}")
