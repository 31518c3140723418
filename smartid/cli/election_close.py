"""``smartid election close``: the end of voting."""

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
    """End the vote in DIR. Closing twice does nothing.

    Where people voted on paper after they had voted with a card, the closed board moves to DIR/board, and the
    archive in DIR is the board without their ballots: the one that is counted.
    """
    from smartid.services.voting.board.board import Board  # noqa: PLC0415
    from smartid.services.voting.polling import open_box  # noqa: PLC0415

    place = opened(folder)
    with open_box(place, policy_for(place, None)) as box:
        box.box.close(now())
    with Board.open(place.archive) as board:
        head, height = board.head_hash, board.head.height
    moved = place.whole_board() != place.archive
    if settings.as_json:
        print_json({"archive": str(place.archive), "head": head, "height": height, "paper": moved})
        return
    tell("رأی‌گیری پایان یافت.")
    tell(f"Voting has ended. The head of the board is {head}: publish it.")
    if moved:
        tell(f"Ballots of people who voted on paper are left out; the whole board is {place.whole_board()}.")
    tell(f"Next: smartid election audit {folder}, and when it agrees: smartid election tally {folder}")
