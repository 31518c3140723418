"""``smartid demo``: the tour."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.interrupt import orderly_end
from smartid.cli.narrator import Narrator
from smartid.cli.output import print_json
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.tour import tour


@click.command()
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Leave the cards and the trust anchors in DIR, which is empty or new.",
)
@click.option(
    "--lang", type=click.Choice(["en", "fa"]), default="en", show_default=True, help="Narrate in Persian."
)
@click.option("--in-process", is_flag=True, help="Without PC/SC: speak to the mock cards by calling them.")
@settings_options
@with_settings
def command(settings: Settings, *, keep: Path | None, lang: str, in_process: bool) -> None:
    """Take the tour: mock cards through the real PC/SC stack.

    A private PC/SC service is started, cards are made and plugged in, one is read and verified, answers a
    challenge and signs, a wrong PIN is counted, and a copied card is caught. Nothing is left running or lying
    about, also after Ctrl-C.
    """
    narrator = Narrator(persian=lang == "fa", silent=settings.as_json)
    with orderly_end(), _folder(keep) as folder:
        tour(narrator, folder, in_process=in_process)
    narrator.end(keep)
    if settings.as_json:
        print_json(narrator.document())


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        folder = Path(tempfile.mkdtemp(prefix="smartid-demo-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)
        return
    keep.mkdir(parents=True, exist_ok=True)
    if any(keep.iterdir()):
        raise WrongUsage(f"{keep} is not empty.", remedy="Name a new folder.")
    yield keep
