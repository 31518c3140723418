"""``smartid extend``: raise the level of signatures that are there, or renew their archive time stamps."""

from __future__ import annotations

from pathlib import Path

import click

from smartid.cli.errors import WrongUsage
from smartid.cli.means import Means, means_options, progress
from smartid.cli.output import print_json, say, shown
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.errors import EncodingError
from smartid.signing.form import Level

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level if level is not Level.B]),
    required=True,
    help="Level to reach: T adds a time stamp, LT revocation data, LTA one more time stamp over all of it.",
)
@click.option("--content", type=_FILE, metavar="FILE", help="What a detached signature is about.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT",
    help="File for the result; with --force and without this, FILE itself is replaced.",
)
@click.option("--force", is_flag=True, help="Replace an existing file.")
@means_options
@settings_options
@with_settings
def command(
    settings: Settings,
    *,
    file: Path,
    level: str,
    content: Path | None,
    output: Path | None,
    force: bool,
    means: Means,
) -> None:
    """Raise the signatures in FILE, CMS or PDF, to a level. No card and no PIN are needed.

    Nothing that was signed changes. With --level LTA an archive time stamp is renewed before its algorithms
    age. Without --content, the content of a detached X.p7s is the file X beside it.
    """
    path = output or file
    if path.exists() and not force:
        raise WrongUsage(f"{path} exists.", remedy="Name another file with -o OUT, or give --force.")
    wanted = Level(level)
    means.require(wanted, stamped=True)
    _write(path, _extended(file, wanted, content or _beside(file), means))
    if settings.as_json:
        print_json({"document": str(file), "output": str(path), "level": level})
        return
    say(f"Raised to level {level}.")
    say(f"Written: {shown(str(path))}")


def _beside(file: Path) -> Path | None:
    """The content of ``X.p7s``: the file ``X`` in the same folder, and never anything else."""
    path = file.with_suffix("")
    return path if file.suffix.lower() == ".p7s" and path.is_file() else None


def _extended(file: Path, level: Level, content: Path | None, means: Means) -> bytes:
    from smartid.signing.cades.extend import extend  # noqa: PLC0415
    from smartid.signing.content import Content  # noqa: PLC0415

    try:
        return extend(
            Content(file).read(),
            level,
            time_stamper=means.time_stamper(),
            policy=means.policy(level),
            content=Content(content) if content else None,
            progress=progress,
        )
    except EncodingError as error:
        raise WrongUsage(f"{file}: {error.message}") from error


def _write(path: Path, data: bytes) -> None:
    from smartid.files import write_whole  # noqa: PLC0415

    write_whole(path, data)
