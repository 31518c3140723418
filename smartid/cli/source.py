"""From ``--reader`` to a card: PC/SC, a mock card in this process, or a recorded trace."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from smartid.cli.errors import WrongUsage
from smartid.cli.settings import Settings

if TYPE_CHECKING:
    from smartid.card.card import Card
    from smartid.transport.base import Transport
    from smartid.transport.trace import Trace

MOCK, TRACE = "mock:", "trace:"


def is_file(reader: str | None) -> bool:
    """Whether a card is to come from a file and not from PC/SC."""
    return bool(reader) and str(reader).startswith((MOCK, TRACE))


def file_of(name: str, prefix: str = "") -> Path:
    """The file of a reader such as ``mock:FILE.card``. Raises WrongUsage when it is not there."""
    text = name.removeprefix(prefix)
    try:
        if text and Path(text).is_file():
            return Path(text)
    except (OSError, ValueError):
        pass
    raise WrongUsage(f"There is no file {text!r}.", remedy="`smartid mock new CITIZEN` makes a mock card.")


def open_transport(settings: Settings) -> tuple[Transport, str]:
    """A byte pipe to the card, and the name of its reader. The caller closes it.

    Raises WrongUsage, NoService, NoReader, NoCard, ReaderBusy, EncodingError.
    """
    reader = settings.reader
    if reader and reader.startswith(MOCK):
        from smartid.mockcard.card import MockCard  # noqa: PLC0415

        return MockCard.open(file_of(reader, MOCK)).insert(), reader
    if reader and reader.startswith(TRACE):
        from smartid.transport.trace import PlayingTransport  # noqa: PLC0415

        return PlayingTransport(_load(reader)), reader
    from smartid.transport.pcsc import PCSCTransport  # noqa: PLC0415

    pipe = PCSCTransport.connect(reader)
    return pipe, pipe.name


def _load(reader: str) -> Trace:
    from smartid.transport.trace import Trace  # noqa: PLC0415

    return Trace.load(file_of(reader, TRACE))


def open_card(
    settings: Settings, *, through: Callable[[Transport], Transport] | None = None
) -> Card:
    """The card that ``--reader`` names, known by a profile. The caller closes it.

    through  wraps the byte pipe before anything is sent, for a recording

    Raises what ``open_transport`` raises, and UnsupportedCard.
    """
    from smartid.card.card import Card  # noqa: PLC0415
    from smartid.card.connect import identify  # noqa: PLC0415

    pipe, name = open_transport(settings)
    try:
        if through:
            pipe = through(pipe)
        return Card(pipe, identify(pipe), reader=name, random=_random(settings.reader))
    except BaseException:
        pipe.close()
        raise


def _random(reader: str | None) -> Callable[[int], bytes]:
    """Random bytes; for a trace, the challenge that was recorded, or its strict order could not be played."""
    if not reader or not reader.startswith(TRACE):
        return os.urandom
    challenges = [
        bytes.fromhex(turn.command[10:26])
        for turn in _load(reader).turns
        if turn.command.startswith("00880000") and "x" not in turn.command and len(turn.command) >= 26
    ]
    return lambda size: (challenges[0] if challenges else bytes(size))[:size]
