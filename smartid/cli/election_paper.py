"""``smartid election paper``: somebody votes on paper, so nothing of theirs counts electronically."""

from __future__ import annotations

from pathlib import Path

import click

from smartid.cli.election_folder import folder_argument, now, opened, policy_for, read_number
from smartid.cli.output import print_json, tell
from smartid.cli.settings import Settings, settings_options, with_settings


@click.command()
@folder_argument
@click.argument("national_number", metavar="[NATIONAL_NUMBER]", required=False)
@settings_options
@with_settings
def command(settings: Settings, folder: Path, national_number: str | None) -> None:
    """Enter that the holder of NATIONAL_NUMBER votes on paper in the election of DIR.

    No ballot of theirs counts, cast before or tried afterwards. The polling place has seen the person.
    Without NATIONAL_NUMBER it is asked for; arguments can be seen by other users of the machine.
    """
    from smartid.services.voting.polling import open_box  # noqa: PLC0415

    place = opened(folder)
    typed: str = national_number or click.prompt("شمارهٔ ملی · National number", err=True)
    person = read_number(typed)
    with open_box(place, policy_for(place, None)) as box:
        box.box.paper(person, now())
    if settings.as_json:
        print_json({"paper": True})
        return
    tell("رأی کاغذی ثبت شد؛ رأی الکترونیکی این شخص شمرده نمی‌شود.")
    tell("Entered. No electronic ballot of this person will count.")
