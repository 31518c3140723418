"""``smartid election freeze``: the end of registration, the beginning of the board."""

from __future__ import annotations

from pathlib import Path

import click

from smartid.cli.election_folder import folder_argument, now, opened, policy_for
from smartid.cli.output import print_json, tell
from smartid.cli.settings import Settings, settings_options, with_settings


@click.command()
@folder_argument
@settings_options
@with_settings
def command(settings: Settings, folder: Path) -> None:
    """Freeze the list of voters of DIR, and open the board with it.

    The list holds credentials and no names, sorted, so that nobody sees who came when.
    """
    from smartid.services.voting.board.board import Board  # noqa: PLC0415
    from smartid.services.voting.preparing import freeze  # noqa: PLC0415

    place = opened(folder)
    path = freeze(place, policy_for(place, None), now())
    with Board.open(path) as board:
        head = board.head_hash
    if settings.as_json:
        print_json({"archive": str(path), "head": head})
        return
    tell("فهرست رأی‌دهندگان بسته شد و تابلوی آرا باز است.")
    tell(f"The list is final, the board is open: {path}")
    tell(f"Its head is {head}. Publish it, and keep a copy of the file.")
    tell(f"Next: smartid --reader NAME election vote {folder}")
