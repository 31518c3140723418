"""``smartid election index``: one signed list of constituencies, each with an archive of its own."""

from __future__ import annotations

from pathlib import Path

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.output import print_json, tell
from smartid.cli.progress import steps_bar
from smartid.cli.settings import Settings, settings_options, with_settings


@click.command()
@click.argument("index", metavar="INDEX", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("boards", metavar="NAME=ARCHIVE...", nargs=-1, required=True)
@click.option("--title", required=True, help="How the whole election is called.")
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Private key that signs, as smartid service receipt key makes it.",
)
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes to verify with."
)
@settings_options
@with_settings
def command(
    settings: Settings, index: Path, *, boards: tuple[str, ...], title: str, key_file: Path, workers: int
) -> None:
    """Verify archives, one for each constituency NAME, and sign the list of them in INDEX (*.json).

    The archives lie beside the index. Whoever verifies needs the folder and the public key:
    smartid election verify INDEX --key FILE.
    """
    from smartid.files import write_whole  # noqa: PLC0415
    from smartid.services.journal.keys import load_key  # noqa: PLC0415
    from smartid.services.voting.verify.shards import Shard, make_index  # noqa: PLC0415
    from smartid.services.voting.verify.verify import verify_archive  # noqa: PLC0415

    key, found = load_key(key_file), [_board(index, one) for one in boards]
    shards = []
    with steps_bar("Archives", len(found)) as progress:
        for done, (name, path) in enumerate(found, 1):
            shards.append(Shard.of(name, path, verify_archive(path, workers=workers)))
            progress(done)
    write_whole(index, make_index(title, shards, key), mode=0o644)
    if settings.as_json:
        print_json({"index": str(index), "shards": [shard.as_dict() for shard in shards]})
        return
    tell(f"{len(shards)} archives, signed: {index}")


def _board(index: Path, given: str) -> tuple[str, Path]:
    name, separator, text = given.partition("=")
    path = Path(text)
    if not separator or not name or not path.is_file():
        raise WrongUsage(f"{given!r} is not NAME=ARCHIVE.")
    if path.resolve().parent != index.resolve().parent:
        raise WrongUsage(f"{path} does not lie beside {index}.", remedy="Copy the archives beside the index.")
    return name, path
