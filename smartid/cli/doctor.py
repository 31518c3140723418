"""``smartid doctor``: what is missing on this machine, and the command that mends it."""

from __future__ import annotations

import click

from smartid.cli.checkup import check_up
from smartid.cli.errors import ABSENT, NO
from smartid.cli.finding import Finding, State
from smartid.cli.output import print_json, say, shown
from smartid.cli.settings import Settings, settings_options, with_settings

_MARKS = {State.WELL: ("✓", "green"), State.NOTE: ("!", "yellow"), State.PROBLEM: ("✗", "red")}


@click.command()
@settings_options
@with_settings
def command(settings: Settings) -> int:
    """Check the PC/SC service, pyscard, readers, the card, the clock, trust store, terminal and agent.

    Exit status: 0 when there is no problem (a note is none); 3 when service, pyscard, reader or card is
    missing; 1 for any other problem.
    """
    found = list(check_up(settings))
    if settings.as_json:
        well = not any(finding.state is State.PROBLEM for finding in found)
        print_json({"well": well, "checks": [finding.as_dict() for finding in found]})
    else:
        for finding in found:
            _print(finding)
    problems = [finding for finding in found if finding.state is State.PROBLEM]
    if any(finding.absence for finding in problems):
        return ABSENT
    return NO if problems else 0


def _print(finding: Finding) -> None:
    mark, colour = _MARKS[finding.state]
    say(f"{click.style(mark, fg=colour)} {finding.name}: {shown(finding.detail)}")
    if finding.remedy:
        say(f"    {shown(finding.remedy)}")
