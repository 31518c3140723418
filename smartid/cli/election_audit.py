"""``smartid election audit``: the cards' signatures against the board."""

from __future__ import annotations

from pathlib import Path

import click

from smartid.cli.election_folder import folder_argument, opened, policy_for, trust_option
from smartid.cli.output import print_json, print_table, tell
from smartid.cli.progress import growing_bar
from smartid.cli.settings import Settings, settings_options, with_settings


@click.command()
@folder_argument
@trust_option
@settings_options
@with_settings
def command(settings: Settings, folder: Path, *, trust: Path | None) -> None:
    """Audit the election of DIR: every counted ballot rests on the card of one eligible person.

    Reads the restricted logs, and publishes counts and hashes in DIR/audit.json: never who. Exit status 0
    when all of it fits, 1 when something does not.
    """
    from smartid.services.voting.checking import audit_here  # noqa: PLC0415

    place = opened(folder)
    with growing_bar("Ballots") as progress:
        report = audit_here(place, policy_for(place, trust), progress=lambda done: progress(done, None))
    found = report.as_dict()
    if settings.as_json:
        print_json({**found, "file": str(place.audit_file)})
        return
    print_table([(name.replace("_", " "), str(value)) for name, value in found.items()])
    tell("هر برگه بر کارت یک واجد شرایط استوار است؛ گفته نشد که.", fg="green", bold=True)
    tell("Every ballot rests on the card of one eligible person; whose, is not told.", fg="green", bold=True)
    if report.throw_away:
        tell("Cards of the throw-away PKI: worth nothing outside a test.", fg="red", bold=True)
