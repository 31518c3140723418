"""``smartid pin``: state of PINs, and verifying, changing and unblocking them."""

from __future__ import annotations

from collections.abc import Callable

import click

from smartid.card.card import Card
from smartid.card.pin import PINStatus
from smartid.cli.errors import WrongUsage
from smartid.cli.group import Group
from smartid.cli.output import print_json, print_table, say
from smartid.cli.pins import PINSource, pin_options
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import open_card


def no_pin_here(_context: click.Context, parameter: click.Parameter, value: object) -> object:
    """Refuse a PIN among the arguments, and repeat none of them: they may be one."""
    words = value if isinstance(value, tuple) else (value,)
    if any(isinstance(word, str) and word.isdigit() for word in words):
        raise WrongUsage(
            "A PIN is never an argument: every user of this machine can see arguments.",
            remedy="Type it when it is asked for, or pass it with --pin-fd N.",
        )
    if parameter.name == "rest" and any(words):
        raise WrongUsage("This command takes one name of a PIN and nothing else.")
    return value


def _on_one_pin(function: Callable[..., None]) -> Callable[..., object]:
    """Give a command the name of a PIN as its only argument, the source of PINs, and the settings."""
    wrapped = pin_options(settings_options(with_settings(function)))
    rest = click.argument("rest", nargs=-1, metavar="", callback=no_pin_here, expose_value=False)
    return click.argument("name", required=False, callback=no_pin_here)(rest(wrapped))


@click.group(cls=Group, no_args_is_help=False)
@settings_options
def command() -> None:
    """Ask for the state of PINs; verify, change or unblock one.

    A PIN is asked on the terminal, typed on the reader (--pin-pad) or read from a file descriptor (--pin-fd);
    it is never an argument. The last try is refused unless --last-try.
    """


@command.command()
@click.argument("name", required=False)
@settings_options
@with_settings
def status(settings: Settings, name: str | None) -> None:
    """Show how many tries each PIN (or the one of NAME) has, without spending one."""
    with open_card(settings) as card:
        states = [card.pin_status(one) for one in ([name] if name else card.pin_names())]
    if settings.as_json:
        print_json({"pins": [_document(state) for state in states]})
    elif states:
        rows = [(state.title_fa, state.title, state.name, _tries(state)) for state in states]
        print_table(rows, ("رمز", "PIN", "Name", "Tries left"))
    else:
        say("Nothing public is known of PINs on this card.")


def _document(state: PINStatus) -> dict[str, object]:
    return {
        "name": state.name,
        "title": state.title,
        "tries_left": state.tries_left,
        "max_tries": state.max_tries,
        "blocked": state.blocked,
        "presented": state.presented,
    }


def _tries(state: PINStatus) -> str:
    if state.blocked:
        return "blocked"
    if state.presented:
        return "presented now"
    return "not told" if state.tries_left is None else f"{state.tries_left} of {state.max_tries}"


@command.command()
@_on_one_pin
def verify(settings: Settings, name: str | None, pins: PINSource) -> None:
    """Present the PIN of NAME (default: the identity PIN) once and forget it again.

    A wrong one spends a try (exit status 1).
    """
    with open_card(settings) as card:
        name = name or _first(card)
        card.verify_pin(name, pins.pin(_title(card, name)))
        _tell(settings, card, name, "is right")


@command.command()
@_on_one_pin
def change(settings: Settings, name: str | None, pins: PINSource) -> None:
    """Change the PIN of NAME (default: the identity PIN).

    With --pin-fd the old and the new one stand on two lines.
    """
    with open_card(settings) as card:
        name = name or _first(card)
        title = _title(card, name)
        card.change_pin(name, pins.pin(title), pins.new_pin(title))
        _tell(settings, card, name, "was changed")


@command.command()
@_on_one_pin
def unblock(settings: Settings, name: str | None, pins: PINSource) -> None:
    """Give the PIN of NAME (default: the identity PIN) new tries and a new value.

    With --pin-fd the PUK and the new PIN stand on two lines.
    """
    with open_card(settings) as card:
        name = name or _first(card)
        card.unblock_pin(name, pins.pin(_puk_title(card, name)), pins.new_pin(_title(card, name)))
        _tell(settings, card, name, "was unblocked")


def _first(card: Card) -> str:
    """The PIN that is meant when none is named."""
    return next(iter(card.pin_names()), "identity")


def _puk_title(card: Card, name: str) -> str:
    spec = card.profile.pin(name)
    return _title(card, spec.unblocked_by) if spec and spec.unblocked_by else "PUK"


def _title(card: Card, name: str) -> str:
    spec = card.profile.pin(name)
    return spec.title if spec else name


def _tell(settings: Settings, card: Card, name: str, what: str) -> None:
    state = card.pin_status(name)
    if settings.as_json:
        print_json(_document(state))
    else:
        say(f"The {state.title} {what}.")
