"""``smartid service``: the services of the card, their far sides, their books and receipts."""

from __future__ import annotations

import click

from smartid.cli.group import LazyGroup
from smartid.cli.settings import settings_options

COMMANDS = {
    "demo": ("smartid.cli.service_demo", "Run a service against its far side, with faults if you like."),
    "fuel": ("smartid.cli.service_fuel", "Show the rules of the fuel quota; price a fill."),
    "ledger": ("smartid.cli.service_ledger", "Verify a ledger, and show what is in it."),
    "purse": ("smartid.cli.service_purse", "Read the purse on a card: balance, history."),
    "receipt": ("smartid.cli.service_receipt", "Verify, show or print a receipt."),
    "simulate": ("smartid.cli.service_simulate", "Run a far side in the foreground: switch, acquirer, bank."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, no_args_is_help=False)
@settings_options
def command() -> None:
    """Services of the card: electronic purse, purchase, cash machine, fuel card.

    What stands behind them here are simulators; nothing of it reaches a bank.
    """
