"""``smartid service purse``: what the purse on a card says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from smartid.cli.group import Group
from smartid.cli.output import note, print_json, print_table, say
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import open_card
from smartid.identity.persian import to_persian_digits

if TYPE_CHECKING:
    from smartid.stored_value.model import CardState, Record


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """Read the purse on a card: balance and history. Nothing is paid or loaded here."""


@command.command("balance")
@settings_options
@with_settings
def balance(settings: Settings) -> None:
    """Show what is on the card and what it still pays offline."""
    from smartid.stored_value.exchanges import read_state  # noqa: PLC0415
    from smartid.stored_value.model import PURSE_AID  # noqa: PLC0415

    with open_card(settings) as card:
        found = card.run(read_state(PURSE_AID))
    if settings.as_json:
        print_json(_state(found))
        return
    amount = f"{_amount(found):,}"
    say(f"{amount} rials")
    say(f"{to_persian_digits(amount.replace(',', '٬'))} ریال")
    left = max(0, found.limits.count - found.used_count)
    note(f"Payments without a connection that are left: {left}. Then it has to be brought to a kiosk.")
    if found.blocked:
        note("It is blocked and moves no value.")


@command.command("history")
@settings_options
@with_settings
def history(settings: Settings) -> None:
    """Show the last transactions that the card keeps, newest first, at most six."""
    from smartid.stored_value.exchanges import history as read_history  # noqa: PLC0415
    from smartid.stored_value.model import PURSE_AID  # noqa: PLC0415

    with open_card(settings) as card:
        found = [_record(record) for record in card.run(read_history(PURSE_AID))]
    if settings.as_json:
        print_json({"records": found})
    elif found:
        rows = [
            (item["time"], item["verb"], f"{item['amount']:,}", f"{item['balance']:,}", item["module"])
            for item in found
        ]
        print_table(rows, ("time", "what", "rials", "balance after", "module"))
    else:
        say("The card keeps no transaction.")


def _amount(state: CardState) -> int:
    return sum(slot.balance for slot in state.slots)


def _state(state: CardState) -> dict[str, Any]:
    return {
        "card": state.card_id.hex(),
        "balance": _amount(state),
        "unit": "IRR",
        "counter": state.counter,
        "load_counter": state.load_counter,
        "offline": {
            "count": state.limits.count,
            "used_count": state.used_count,
            "total": state.limits.total,
            "used_total": state.used_total,
        },
        "blocked": bool(state.blocked),
    }


def _record(record: Record) -> dict[str, Any]:
    return {
        "verb": record.verb.name.lower(),
        "amount": record.total,
        "balance": record.movements[0].balance,
        "time": record.when.isoformat(),
        "counter": record.counter,
        "module": record.module_id.hex(),
        "module_counter": record.module_counter,
    }
