"""The one seam at the wire."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from smartid.iso7816.apdu import CommandAPDU, ResponseAPDU


class Transport(Protocol):
    """A byte pipe to one card: PC/SC, a mock card, a played trace.

    All members raise children of TransportError, and nothing else, when the wire fails.
    """

    @property
    def atr(self) -> bytes:
        """The Answer To Reset of the card."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Send one command APDU, return the response APDU (data, SW1, SW2)."""
        ...

    def transaction(self) -> AbstractContextManager[object]:
        """Keep other programs off the card while the block runs. Blocks may be nested."""
        ...

    def close(self) -> None:
        """Let go of the card. Closing twice does nothing."""
        ...


@runtime_checkable
class LimitedTransport(Protocol):
    """A transport that knows how long an APDU may be."""

    @property
    def max_apdu(self) -> int | None:
        """Largest command or response APDU in bytes; None when the reader does not tell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PINPadRequest:
    """What a reader needs to ask for PINs on its own keys and put them into a command (PC/SC part 10, 2.5).

    command     the command with the PIN block(s) filled with padding only
    min_digits  shortest PIN
    max_digits  longest PIN
    block_size  length of one PIN block in bytes
    encoding    "ascii" or "bcd", "iso9564-2" for the 2X first byte
    new_pin     the command changes a PIN: the reader asks for the new one twice
    old_pin     the command also carries the old PIN or the PUK first
    timeout     seconds to wait for a key
    """

    command: CommandAPDU
    min_digits: int
    max_digits: int
    block_size: int
    encoding: str = "ascii"
    new_pin: bool = False
    old_pin: bool = False
    timeout: int = 30


@runtime_checkable
class PINPad(Protocol):
    """A transport whose reader has its own keys."""

    @property
    def has_pin_pad(self) -> bool:
        """Whether this reader can take a PIN itself."""
        ...

    def enter_pin(self, request: PINPadRequest) -> ResponseAPDU:
        """Let the holder type the PIN(s) on the reader; the card's answer.

        Raises PINEntryCancelled on cancel or time-out, CardRemoved, TransportError.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A PC/SC reader and what is in it.

    name  as PC/SC names it
    atr   Answer To Reset of the card inside, None when it is empty
    mute  a card is inside and does not answer
    busy  another program holds the card exclusively
    """

    name: str
    atr: bytes | None = None
    mute: bool = False
    busy: bool = False


class Happening(Enum):
    """What changed at a reader."""

    INSERTED = "inserted"
    REMOVED = "removed"
    READER_ADDED = "reader added"
    READER_REMOVED = "reader removed"


@dataclass(frozen=True, slots=True)
class ReaderEvent:
    """One change, with the reader as it is now."""

    happening: Happening
    reader: Reader
