"""From ``--reader`` to a card: PC/SC, a mock card in this process, or a recorded trace."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from smartid.cli.errors import WrongUsage
from smartid.cli.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from smartid.card.card import Card
    from smartid.transport.base import Transport
    from smartid.transport.trace import Trace

_INTERNAL_AUTHENTICATE = "88"
MOCK, TRACE = "mock:", "trace:"
_REMEDIES = {
    MOCK: "`smartid mock new CITIZEN` makes a mock card.",
    TRACE: "`smartid trace record FILE` makes a trace.",
}


def is_file(reader: str | None) -> bool:
    """Whether a card is to come from a file and not from PC/SC."""
    return bool(reader) and str(reader).startswith((MOCK, TRACE))


def is_trace(reader: str | None) -> bool:
    """Whether a card is to come from a recording."""
    return bool(reader) and str(reader).startswith(TRACE)


def file_of(name: str, prefix: str) -> Path:
    """The file that is named, with or without the prefix of a reader such as ``mock:FILE.card``.

    Raises WrongUsage, with the remedy for this prefix, when it is not there.
    """
    from pathlib import Path  # noqa: PLC0415 - PC/SC does without

    text = name.removeprefix(prefix)
    if not text:
        raise WrongUsage(f"A file belongs after {prefix!r}.", remedy=_REMEDIES[prefix])
    try:
        if Path(text).is_file():
            return Path(text)
        there = Path(text).exists()
    except (OSError, ValueError):
        there = False
    what = f"{text!r} is no file." if there else f"There is no file {text!r}."
    raise WrongUsage(what, remedy=_REMEDIES[prefix])


@contextmanager
def open_transport(settings: Settings) -> Iterator[tuple[Transport, str]]:
    """Lend a byte pipe to the card, and the name of its reader.

    Raises WrongUsage, NoService, NoReader, NoCard, ReaderBusy, EncodingError.
    """
    reader = settings.reader
    if reader and reader.startswith(MOCK):
        from smartid.mockcard.card import MockCard  # noqa: PLC0415

        with MockCard.open(file_of(reader, MOCK)) as mock:
            yield mock.insert(), reader
    elif reader and reader.startswith(TRACE):
        from smartid.transport.trace import PlayingTransport  # noqa: PLC0415

        yield PlayingTransport(_load(reader)), reader
    else:
        from datetime import timedelta  # noqa: PLC0415

        from smartid.transport import pcsc  # noqa: PLC0415

        if settings.wait:
            reader = pcsc.wait_for_card(reader, timedelta(seconds=settings.wait)).name
        with closing(pcsc.PCSCTransport.connect(reader)) as pipe:
            yield pipe, pipe.name


def _load(reader: str) -> Trace:
    from smartid.transport.trace import Trace  # noqa: PLC0415

    return Trace.load(file_of(reader, TRACE))


@contextmanager
def open_card(
    settings: Settings, *, through: Callable[[Transport], Transport] | None = None
) -> Iterator[Card]:
    """Lend the card that ``--reader`` names, known by a profile.

    through  wraps the byte pipe before anything is sent, for a recording

    Raises what ``open_transport`` raises, and UnsupportedCard.
    """
    from smartid.card.card import Card  # noqa: PLC0415
    from smartid.card.identify import identify  # noqa: PLC0415

    with open_transport(settings) as (pipe, name), closing(through(pipe) if through else pipe) as used:
        yield Card(used, identify(used), reader=name, random=_random(settings.reader))


def _random(reader: str | None) -> Callable[[int], bytes]:
    """Random bytes; for a trace, the challenge that was recorded, or its strict order could not be played."""
    if not reader or not is_trace(reader):
        return os.urandom
    from smartid.iso7816.apdu import CommandAPDU  # noqa: PLC0415

    sent = (turn.command for turn in _load(reader).turns if turn.command[2:4] == _INTERNAL_AUTHENTICATE)
    challenges = [CommandAPDU.parse(bytes.fromhex(digits)).data for digits in sent if "x" not in digits]
    return lambda size: (challenges[0] if challenges else bytes(size))[:size]
