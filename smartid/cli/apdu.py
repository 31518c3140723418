"""``smartid apdu``: raw commands and what the answers mean."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from smartid.cli.errors import CARD, WrongUsage
from smartid.cli.output import print_json, say, shown
from smartid.cli.settings import Settings, settings_options, with_settings
from smartid.cli.source import open_transport
from smartid.errors import CardRemoved, EncodingError, NoCard
from smartid.iso7816 import commands, tlv
from smartid.iso7816.apdu import CommandAPDU, ResponseAPDU
from smartid.iso7816.status import Category

if TYPE_CHECKING:
    from smartid.transport.base import Transport

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_SPACES = str.maketrans("", "", " \t:-")
_REFUSED = (Category.EXECUTION_ERROR, Category.CHECKING_ERROR, Category.INVALID)
_DEPTH = 8
_LONGEST_INPUT = 1 << 20


@click.command()
@click.argument("apdus", nargs=-1, required=True, metavar="HEX...")
@click.option(
    "--allow-pin",
    is_flag=True,
    help="Send commands that carry a PIN; a wrong one spends a try, the last one blocks the PIN.",
)
@settings_options
@with_settings
def command(settings: Settings, *, apdus: tuple[str, ...], allow_pin: bool) -> int:
    """Send raw commands, one each argument, and explain the answers.

    Spaces, colons and dashes between the bytes do not matter; arguments of a single byte each make one
    command: smartid apdu 00 A4 04 00. Give - to read commands from standard input, one on each line; a PIN
    belongs there, because arguments are seen by every user of the machine.

    Exit status 4 when the card refuses one of the commands.
    """
    todo = [parse(text) for text in _texts(apdus)]
    if any(one.carries_secret for one in todo) and not allow_pin:
        raise WrongUsage(
            "This command carries a PIN and may spend a try.",
            remedy="Nothing was sent. `smartid pin verify` guards the last try; --allow-pin sends it anyway.",
        )
    with open_transport(settings) as (pipe, name):
        answers = _send(pipe, todo)
        atr = pipe.atr
    turns = list(zip(todo, answers, strict=True))
    if settings.as_json:
        exchanges = [_document(one, answer) for one, answer in turns]
        print_json({"reader": name, "atr": atr.hex().upper(), "exchanges": exchanges})
    else:
        for one, answer in turns:
            _print(one, answer)
    return CARD if any(answer.status.category in _REFUSED for answer in answers) else 0


def _send(pipe: Transport, todo: Sequence[CommandAPDU]) -> list[ResponseAPDU]:
    """Send the commands in one transaction; a reset before its end forgets a PIN that was presented."""
    with pipe.transaction():
        try:
            return [ResponseAPDU.parse(pipe.transmit(one.encode())) for one in todo]
        finally:
            reset = getattr(pipe, "reset", None)
            if reset and any(one.carries_secret for one in todo):
                with suppress(NoCard, CardRemoved):  # a card that is gone has forgotten already
                    reset()


def _texts(arguments: Sequence[str]) -> list[str]:
    if arguments == ("-",):
        raw = sys.stdin.buffer.read(_LONGEST_INPUT + 1)
        if len(raw) > _LONGEST_INPUT:
            raise WrongUsage(f"Standard input holds more than {_LONGEST_INPUT} bytes of commands.")
        lines = raw.decode("ascii", errors="replace").splitlines()
        return [line for line in lines if line.strip()]
    if len(arguments) > 1 and all(len(text) == 2 for text in arguments):
        return ["".join(arguments)]
    return list(arguments)


def parse(text: str) -> CommandAPDU:
    """A command from hexadecimal digits. Raises WrongUsage, which shows none of them: they may hold a PIN."""
    digits = text.translate(_SPACES)
    if not _HEX.fullmatch(digits):
        raise WrongUsage("A command is written in hexadecimal digits, two for each byte.")
    try:
        return CommandAPDU.parse(bytes.fromhex(digits))
    except EncodingError as error:
        raise WrongUsage(f"This is no command APDU: at byte {error.offset}, {error.expected}.") from None


def _hidden(one: CommandAPDU) -> str:
    if one.carries_secret:
        return f"{one.header} ({len(one.data)} bytes hidden)"
    return one.encode().hex(" ").upper()


def _document(one: CommandAPDU, answer: ResponseAPDU) -> dict[str, object]:
    return {
        "command": _hidden(one),
        "name": commands.name(one),
        "sw": f"{answer.sw:04X}",
        "meaning": answer.status.meaning,
        "data": answer.data.hex().upper(),
        "objects": [_object(item) for item in _parsed(answer.data)],
    }


def _object(item: tlv.TLV, depth: int = 1) -> dict[str, object]:
    document: dict[str, object] = {"tag": f"{item.tag:02X}"}
    inner = _parsed(item.value) if item.constructed and depth < _DEPTH else ()
    if inner:
        return document | {"objects": [_object(child, depth + 1) for child in inner]}
    return document | {"value": item.value.hex().upper()}


def _parsed(data: bytes) -> tuple[tlv.TLV, ...]:
    """The data objects, none when the bytes are something else."""
    try:
        return tlv.parse(data)
    except EncodingError:
        return ()


def _print(one: CommandAPDU, answer: ResponseAPDU) -> None:
    say(f"> {_hidden(one)}")
    say(f"  {commands.name(one)}")
    say(f"< {answer.status}")
    objects = _parsed(answer.data)
    lines = _tree(objects) if objects else _dump(answer.data)
    for line in lines:
        say(f"    {line}")


def _tree(objects: tuple[tlv.TLV, ...], depth: int = 0) -> Iterator[str]:
    for item in objects:
        inner = _parsed(item.value) if item.constructed and depth < _DEPTH else ()
        head = f"{'  ' * depth}{item.tag:02X} [{len(item.value)}]"
        yield head if inner else f"{head} {item.value.hex().upper()}{_text(item.value)}"
        yield from _tree(inner, depth + 1)


def _text(value: bytes) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return f"  {shown(text)}" if len(text) > 1 and text.isprintable() else ""


def _dump(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), 16):
        block = data[at : at + 16]
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in block)
        yield f"{at:04X}  {block.hex(' ').upper():47}  {letters}"
