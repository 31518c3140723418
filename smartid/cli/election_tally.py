"""``smartid election tally``: the trustees decrypt the sums, and nothing else."""

from __future__ import annotations

from pathlib import Path

import click

from smartid.cli.election_folder import folder_argument, opened
from smartid.cli.election_show import show_result
from smartid.cli.output import print_json, tell
from smartid.cli.progress import growing_bar
from smartid.cli.settings import Settings, settings_options, with_settings


@click.command()
@folder_argument
@click.option(
    "--share",
    "shares",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Share of a trustee elsewhere, as smartid election trustee decrypt writes it; may be repeated.",
)
@click.option(
    "--sum-only",
    is_flag=True,
    help="Publish the encrypted sum and stop, so that trustees elsewhere can decrypt it.",
)
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes to verify with."
)
@settings_options
@with_settings
def command(
    settings: Settings, folder: Path, *, shares: tuple[Path, ...], sum_only: bool, workers: int
) -> None:
    """Count the election of DIR: encrypted sum, shares of the trustees, result.

    Each trustee verifies the board and adds up the ballots itself, in a process of its own, and decides for
    itself. What is on the board already is not done again.
    """
    from smartid.services.voting.rehearsal import add_shares, count_here, publish_sum  # noqa: PLC0415

    place = opened(folder)
    publish_sum(place, workers=workers)
    add_shares(place, shares)
    if sum_only:
        _tell_sum(settings, place.archive)
        return
    with growing_bar("Trustees") as progress:
        count_here(place, workers=workers, progress=progress)
    _tell(settings, place.archive, folder)


def _tell_sum(settings: Settings, archive: Path) -> None:
    if settings.as_json:
        print_json({"archive": str(archive), "result": None})
        return
    tell(f"The encrypted sum is on the board. Send {archive} to the trustees:")
    tell("  smartid election trustee decrypt …")


def _tell(settings: Settings, archive: Path, folder: Path) -> None:
    from smartid.services.voting.checking import questions_of  # noqa: PLC0415
    from smartid.services.voting.rehearsal import result_on  # noqa: PLC0415

    result = result_on(archive)
    if settings.as_json:
        print_json({"archive": str(archive), "result": [list(counts) for counts in result]})
        return
    show_result(questions_of(archive), result)
    tell("نتیجه روی تابلو است؛ هر کس می‌تواند آن را وارسی کند.")
    tell(f"The result is on the board, for anybody to verify: smartid election verify {folder}")
