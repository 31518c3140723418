"""A Python object as a card."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class CardObject(Protocol):
    """Anything that has an ATR and answers command APDUs."""

    @property
    def atr(self) -> bytes:
        """Answer To Reset."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Response APDU for a command APDU."""
        ...


class InProcessTransport:
    """Speak to ``card`` by calling it: a software card in this process, without any reader."""

    def __init__(self, card: CardObject) -> None:
        self._card = card

    @property
    def atr(self) -> bytes:
        """Answer To Reset of the card object."""
        return self._card.atr

    def transmit(self, command: bytes) -> bytes:
        """Hand the command to the card object."""
        return self._card.transmit(command)

    def transaction(self) -> AbstractContextManager[object]:
        """Nobody else can reach the object, so there is nothing to hold."""
        return nullcontext()

    def close(self) -> None:
        """Nothing to let go of."""
