"""Readers of a PC/SC service: their states, and what changed between two looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from smartid.errors import NoCard, NoReader, NoService
from smartid.transport.base import Happening, Reader, ReaderEvent
from smartid.transport.pcsc_errors import (
    NO_READERS_AVAILABLE,
    SERVICE_GONE,
    SUCCESS,
    TIMEOUT,
    UNKNOWN_READER,
    check,
    error_of,
)
from smartid.transport.scard import SCard

PLUG_AND_PLAY = "\\\\?PnP?\\Notification"
"""Pseudo reader whose state changes when a reader comes or goes."""
_SCOPE_SYSTEM = 2
_EMPTY, _PRESENT, _EXCLUSIVE, _MUTE = 0x10, 0x20, 0x80, 0x200
_SLICE_SECONDS = 0.25
"""How long one call waits: ``stop`` is looked at, and Python hears of Ctrl-C, only between two of them."""
_RETRY_SECONDS = 0.5
"""Pause before a service that has ended is asked again."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A reader as PC/SC reported it; ``state`` is dwEventState with the event counter in its upper half."""

    reader: Reader
    state: int

    @property
    def occupied(self) -> bool:
        """Whether a card is inside, also a mute one."""
        return bool(self.state & _PRESENT)


def establish(scard: SCard) -> int:
    """A context. Raises NoService."""
    code, context = scard.SCardEstablishContext(_SCOPE_SYSTEM)
    check(code)
    return context


@contextmanager
def context_of(scard: SCard) -> Iterator[int]:
    """A context for the block. Raises NoService."""
    context = establish(scard)
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)


def look(scard: SCard, context: int) -> tuple[Slot, ...]:
    """All readers and their states, by one status request. Raises NoService."""
    while True:
        code, names = scard.SCardListReaders(context, [])
        if code == NO_READERS_AVAILABLE or (code == SUCCESS and not names):
            return ()
        check(code)
        code, states = scard.SCardGetStatusChange(context, 0, [(name, 0) for name in names])
        if code != UNKNOWN_READER:  # a reader that left between the two calls
            break
    if code == TIMEOUT:
        return ()
    check(code)
    return tuple(_slot(*state) for state in states)


def _slot(name: str, state: int, atr: list[int]) -> Slot:
    present = bool(state & _PRESENT)
    mute = present and (bool(state & _MUTE) or not atr)
    reader = Reader(
        name=name,
        atr=bytes(atr) if present and not mute else None,
        mute=mute,
        busy=bool(state & _EXCLUSIVE),
    )
    return Slot(reader, state)


def differences(old: Sequence[Slot], new: Sequence[Slot]) -> Iterator[ReaderEvent]:
    """What happened between two looks; departures come before arrivals.

    A card that was exchanged for another between the looks is a removal and an insertion: the event counter
    tells it even when both have the same ATR.
    """
    before = {slot.reader.name: slot for slot in old}
    after = {slot.reader.name: slot for slot in new}
    for name, slot in before.items():
        left = after.get(name)
        if slot.occupied and (left is None or not left.occupied or _exchanged(slot, left)):
            yield ReaderEvent(Happening.REMOVED, Reader(name=name))
        if left is None:
            yield ReaderEvent(Happening.READER_REMOVED, Reader(name=name))
    for name, slot in after.items():
        was = before.get(name)
        if was is None:
            yield ReaderEvent(Happening.READER_ADDED, slot.reader)
        if slot.occupied and (was is None or not was.occupied or _exchanged(was, slot)):
            yield ReaderEvent(Happening.INSERTED, slot.reader)


def _exchanged(one: Slot, two: Slot) -> bool:
    return one.state >> 16 != two.state >> 16 or one.reader.atr != two.reader.atr


def choose(slots: Sequence[Slot], name: str | None) -> Reader:
    """The reader to use: it holds a card that answers, and its name contains ``name`` in any case.

    Raises NoReader when no reader fits, NoCard when none of the fitting ones holds a card.
    """
    if not slots:
        raise NoReader("No reader is plugged in.")
    wanted = (name or "").casefold()
    fitting = [slot.reader for slot in slots if wanted in slot.reader.name.casefold()]
    if not fitting:
        known = ", ".join(slot.reader.name for slot in slots)
        raise NoReader(f"No reader has {name!r} in its name; there are: {known}.", remedy="Name one of them.")
    best = min(fitting, key=lambda reader: (reader.atr is None, not reader.mute, reader.busy))
    if best.atr is None and not best.mute:
        where = best.name if len(fitting) == 1 else "any reader"
        raise NoCard(f"There is no card in {where}.")
    return best


class Watcher:
    """Waits for changes. Its context is made anew when the service was restarted."""

    def __init__(self, scard: SCard, *, pause: Callable[[float], object] = time.sleep) -> None:
        self._scard = scard
        self._pause = pause
        self._context: int | None = establish(scard)
        self.slots = look(scard, self._context)

    def close(self) -> None:
        """Let go of the service."""
        if self._context is not None:
            self._scard.SCardReleaseContext(self._context)
            self._context = None

    def wait(self, seconds: float) -> tuple[ReaderEvent, ...]:
        """What changed since the last call, at the latest after ``seconds`` and often sooner.

        While the service is down nothing changes; what changed meanwhile is told when it is back.
        """
        try:
            self._block(seconds)
            new = look(self._scard, self._established())
        except NoService:
            self.close()
            self._pause(min(seconds, _RETRY_SECONDS))
            return ()
        events = tuple(differences(self.slots, new))
        self.slots = new
        return events

    def _established(self) -> int:
        if self._context is None:
            self._context = establish(self._scard)
        return self._context

    def _block(self, seconds: float) -> None:
        if self._context is None:  # the service was away: look at once
            self._established()
            return
        states = [(slot.reader.name, slot.state) for slot in self.slots]
        milliseconds = max(1, int(min(seconds, _SLICE_SECONDS) * 1000))
        code, _ = self._scard.SCardGetStatusChange(self._context, milliseconds, [*states, (PLUG_AND_PLAY, 0)])
        if code in SERVICE_GONE:
            raise error_of(code)
        if code not in (TIMEOUT, UNKNOWN_READER):
            check(code)


def changes(watcher: Watcher, stop: Event | None, timeout: float | None) -> Iterator[ReaderEvent]:
    """Events until ``stop`` is set or ``timeout`` seconds have passed; closes the watcher at the end."""
    end = None if timeout is None else time.monotonic() + timeout
    try:
        while not (stop and stop.is_set()):
            rest = _SLICE_SECONDS if end is None else min(_SLICE_SECONDS, end - time.monotonic())
            if rest <= 0:
                return
            yield from watcher.wait(rest)
    finally:
        watcher.close()
