"""``smartid service receipt``: verify, show and draw receipts, and make the key that signs them."""

from __future__ import annotations

from pathlib import Path

import click

from smartid.cli.errors import NO, WrongUsage
from smartid.cli.group import Group
from smartid.cli.output import note, print_json, print_table, say
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.errors import EncodingError, SignatureInvalid

MAX_FILE = 65536
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW = click.Path(dir_okay=False, path_type=Path)
LANG = click.option(
    "--lang", type=click.Choice(["en", "fa"]), default="fa", show_default=True, help="Persian or English."
)


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """Verify, show or draw a receipt. RECEIPT is the text of its QR code, or a file."""


@command.command("verify")
@click.argument("receipt", metavar="RECEIPT")
@click.option("--key", "key_file", type=FILE, required=True, help="Public key of the journal (PEM).")
@settings_options
@with_settings
def verify(settings: Settings, receipt: str, key_file: Path) -> int:
    """Check a receipt with the journal's public key alone, without any network.

    Exit status 0 when the key signed it, 1 when it did not or when it is no receipt.
    """
    from smartid.services.journal.keys import load_public_key  # noqa: PLC0415
    from smartid.services.journal.receipt import verify_receipt  # noqa: PLC0415

    key = load_public_key(key_file)
    try:
        found = verify_receipt(_given(receipt), key)
    except (EncodingError, SignatureInvalid) as error:
        if not settings.as_json:
            raise SignatureInvalid(f"The receipt is not genuine: {error}") from error
        print_json({"valid": False, "why": str(error)})
        return NO
    if settings.as_json:
        print_json({"valid": True, "receipt": found.as_dict()})
    else:
        say(f"Genuine. {found.id}")
    return 0


@command.command("show")
@click.argument("receipt", metavar="RECEIPT")
@LANG
@settings_options
@with_settings
def show(settings: Settings, receipt: str, *, lang: str) -> None:
    """Show what a receipt says. Nothing is verified."""
    from smartid.services.journal.receipt import parse_receipt  # noqa: PLC0415
    from smartid.services.journal.words import receipt_rows  # noqa: PLC0415

    found = parse_receipt(_given(receipt))
    if settings.as_json:
        print_json(found.as_dict())
        return
    print_table(receipt_rows(found, lang))
    note("Not verified: smartid service receipt verify RECEIPT --key FILE")


@command.command("qr")
@click.argument("receipt", metavar="RECEIPT")
@click.option("-o", "--output", type=NEW, required=True, help="The SVG picture to write.")
@settings_options
@with_settings
def qr(settings: Settings, receipt: str, output: Path) -> None:
    """Draw the QR code of a receipt: it holds the whole proof."""
    from smartid.services.journal.qr import svg  # noqa: PLC0415
    from smartid.services.journal.receipt import parse_receipt  # noqa: PLC0415

    found = parse_receipt(_given(receipt))
    output.write_text(svg(found.qr), encoding="utf-8")
    if settings.as_json:
        print_json({"file": str(output), "text": found.qr})
    else:
        say(str(output))


@command.command("key")
@click.argument("private", metavar="PRIVATE", type=NEW)
@click.argument("public", metavar="PUBLIC", type=NEW)
@settings_options
@with_settings
def key(settings: Settings, private: Path, public: Path) -> None:
    """Make the key of a journal: PRIVATE for its owner only (0600), PUBLIC for those who verify."""
    from smartid.services.journal.keys import key_id, new_key, public_pem  # noqa: PLC0415

    try:
        made = new_key(private).public_key()
    except FileExistsError:
        raise WrongUsage(f"{private} is there already.", remedy="Name a new file.") from None
    public.write_bytes(public_pem(made))
    if settings.as_json:
        print_json({"key": key_id(made), "public": str(public)})
    else:
        say(f"{key_id(made)}  {public}")


def _given(receipt: str) -> bytes:
    """The text of a QR code as it is, else the content of a file. Raises EncodingError, OSError."""
    from smartid.services.journal.proof import PREFIX  # noqa: PLC0415

    if receipt.startswith(PREFIX):
        return receipt.encode(errors="replace")
    with Path(receipt).open("rb") as file:
        return file.read(MAX_FILE + 1)
