"""``smartid election``: hold an election with cards, count it, and verify anybody's."""

from __future__ import annotations

import click

from smartid.cli.group import LazyGroup
from smartid.cli.settings import settings_options

COMMANDS = {
    "new": ("smartid.cli.election_new", "Make the trustees' keys and the election record."),
    "trustee": ("smartid.cli.election_trustee", "Hold a trustee's key; take part in a key ceremony."),
    "register": ("smartid.cli.election_register", "Register to vote with a card."),
    "freeze": ("smartid.cli.election_freeze", "End registration: freeze the list of voters, open the board."),
    "vote": ("smartid.cli.election_vote", "Fill in a ballot, audit it or cast it, and get a receipt."),
    "paper": (
        "smartid.cli.election_paper",
        "Enter that somebody votes on paper: their ballot will not count.",
    ),
    "close": ("smartid.cli.election_close", "End the vote."),
    "tally": ("smartid.cli.election_tally", "Let the trustees decrypt the sums, and publish the result."),
    "verify": ("smartid.cli.election_verify", "Verify an election from its archive, as any stranger can."),
    "audit": ("smartid.cli.election_audit", "Compare the cards' signatures with the board."),
    "check": ("smartid.cli.election_check", "Look for a ballot on a board by its tracker."),
    "index": ("smartid.cli.election_index", "Sign an index of constituencies, each with its own archive."),
    "demo": ("smartid.cli.election_demo", "Hold a whole small election with mock cards."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, no_args_is_help=False)
@settings_options
def command() -> None:
    """Elections that anyone can verify, with the national card as the right to vote.

    A prototype to try and to criticise, not for binding elections: it does not protect from coercion, nor
    from malware on the voter's device.
    """
