"""Real readers, through the PC/SC service of the machine (PC/SC parts 5 and 10; pcsc-lite on Linux).

This module alone knows pyscard, and only its thin layer ``smartcard.scard``.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import Self, cast

from smartid.errors import (
    APDUTooLong,
    EncodingError,
    NoCard,
    NoReader,
    NoService,
    TransportError,
)
from smartid.iso7816.apdu import ResponseAPDU
from smartid.transport import pcsc_pinpad as part10
from smartid.transport.base import PINPadRequest, Reader, ReaderEvent
from smartid.transport.pcsc_card import RESET, T0, OpenCard
from smartid.transport.pcsc_readers import Watcher, changes, choose, context_of, look
from smartid.transport.scard import SCard
from smartid.transport.tpdu import to_tpdu

FRAME = 65_535
"""Largest command APDU that is tried, in bytes: the length fields of readers and drivers have 16 bits, and
some wrap around instead of refusing."""


def load_scard() -> SCard:
    """The module ``smartcard.scard`` of pyscard.

    Raises NoService when it is missing, and when the other project named ``smartcard`` stands in its place.
    """
    try:
        return cast("SCard", importlib.import_module("smartcard.scard"))
    except ImportError as error:
        raise _missing_pyscard(str(error)) from None


def _missing_pyscard(reason: str) -> NoService:
    if importlib.util.find_spec("smartcard") is None:
        return NoService("pyscard is not installed.", remedy="Install it: pip install pyscard")
    return NoService(
        f"A package named smartcard is installed and it is not a working pyscard ({reason}).",
        remedy="Mend it: pip uninstall smartcard pyscard, then pip install pyscard",
    )


def readers(*, scard: SCard | None = None) -> tuple[Reader, ...]:
    """All readers, each with the card in it. Raises NoService."""
    service = scard or load_scard()
    with context_of(service) as context:
        return tuple(slot.reader for slot in look(service, context))


def watch(
    *, stop: Event | None = None, timeout: float | None = None, scard: SCard | None = None
) -> Iterator[ReaderEvent]:
    """Each insertion, removal, new reader and lost reader from now on.

    stop     ends the watch when it is set, within a quarter of a second
    timeout  seconds after which the watch ends

    It goes on when the service is restarted. Raises NoService when there is none at the start.
    """
    return changes(Watcher(scard or load_scard()), stop, timeout)


def wait_for_card(reader: str | None, timeout: timedelta, *, scard: SCard | None = None) -> Reader:
    """The reader that holds a card, as soon as one does.

    reader   part of a reader's name in any case, None for any reader; it may be plugged in meanwhile

    Raises NoService, NoReader or NoCard when ``timeout`` has passed.
    """
    watcher = Watcher(scard or load_scard())
    end = time.monotonic() + timeout.total_seconds()
    try:
        while True:
            try:
                return choose(watcher.slots, reader)
            except (NoReader, NoCard):
                rest = end - time.monotonic()
                if rest <= 0:
                    raise
            watcher.wait(rest)
    finally:
        watcher.close()


class PCSCTransport:
    """A card in a reader, shared with other programs; a transaction keeps them off for a while.

    Nothing is ever sent a second time here. When another program resets the card, the next command raises
    CardRemoved and is not sent; the transport is usable again, and the caller knows that nothing is selected
    or verified any more.

    pcsc-lite makes a command, or the begin of a transaction, wait while another program is in a transaction
    of its own, for as long as that lasts.
    """

    def __init__(self, card: OpenCard) -> None:
        """Speak to a card that is open already; see :meth:`connect`."""
        self._card = card
        self._depth = 0
        self._features: dict[int, int] | None = None

    @classmethod
    def connect(
        cls,
        name: str | None = None,
        *,
        exclusive: bool = False,
        scard: SCard | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> Self:
        """The card in the reader whose name contains ``name`` in any case; None takes any reader with a card.

        exclusive  keep all other programs off the card until ``close``
        scard      stands in for pyscard
        pause      waits for a number of seconds

        Raises NoService, NoReader, NoCard, ReaderBusy (after two seconds), CardRemoved.
        """
        service = scard or load_scard()
        with context_of(service) as context:
            reader = choose(look(service, context), name)
        return cls(OpenCard(service, reader.name, exclusive=exclusive, pause=pause))

    @property
    def atr(self) -> bytes:
        """Answer To Reset of the card."""
        return self._card.atr

    @property
    def name(self) -> str:
        """Name of the reader."""
        return self._card.reader

    @property
    def protocol(self) -> int:
        """Transmission protocol: 0 or 1."""
        return 0 if self._card.protocol == T0 else 1

    @property
    def max_apdu(self) -> int | None:
        """Largest APDU of the reader in bytes (PC/SC part 10); 65,535 when it does not tell."""
        function = self._feature(part10.GET_TLV_PROPERTIES)
        if function is None:
            return FRAME
        try:
            return min(part10.parse_max_apdu(self._card.control(function, b"")) or FRAME, FRAME)
        except EncodingError:
            return FRAME

    @property
    def has_pin_pad(self) -> bool:
        """Whether the reader has keys and can put a PIN into VERIFY."""
        return self._feature(part10.VERIFY_PIN_DIRECT) is not None

    def _feature(self, tag: int) -> int | None:
        """Control code of a feature of part 10. A reader that answers nonsense has none."""
        if self._features is None:
            try:
                self._features = part10.parse_features(self._card.features(part10.GET_FEATURE_REQUEST))
            except EncodingError:
                self._features = {}
        return self._features.get(tag)

    def enter_pin(self, request: PINPadRequest) -> ResponseAPDU:
        """Let the holder type on the reader's keys.

        Raises PINEntryCancelled, PINFormatError (wrong length, or two different new PINs), CardRemoved,
        TransportError.
        """
        build = part10.modify_structure if request.new_pin else part10.verify_structure
        tag = part10.MODIFY_PIN_DIRECT if request.new_pin else part10.VERIFY_PIN_DIRECT
        function = self._feature(tag)
        if function is None:
            raise TransportError(
                f"{self.name} has no keys for this PIN command.", remedy="Type the PIN here."
            )
        answer = self._card.control(function, build(request))
        if len(answer) < 2:
            raise self._card.removed()
        return part10.check_entry(ResponseAPDU.parse(answer))

    def transmit(self, command: bytes) -> bytes:
        """Send one command APDU; the response is data, SW1, SW2.

        Under T=0 the APDU becomes a TPDU (ISO/IEC 7816-3:2006, 12.2): case 1 gets P3 = 00, Le of case 4 is
        left out; SW 61XX and 6CXX are the caller's.

        Raises CardRemoved, APDUTooLong, NoService, ReaderBusy, TransportError.
        """
        if self._card.protocol == T0:
            command = to_tpdu(command)
        if len(command) > FRAME:
            raise APDUTooLong(f"{self.name} carries at most {FRAME} bytes, the command has {len(command)}.")
        return self._card.transmit(command)

    def reset(self) -> None:
        """Warm reset: nothing is selected or verified afterwards. Raises CardRemoved, TransportError."""
        self._card.reconnect(RESET)

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """Keep other programs off the card for the block. The outermost block counts.

        Raises CardRemoved, also when another program has reset the card since the last block.
        """
        if not self._depth:
            self._card.begin()
        self._depth += 1
        try:
            yield self
        finally:
            self._depth -= 1
            if not self._depth:
                self._card.end()

    def close(self) -> None:
        """Leave the card as it is and let go of it. Closing twice does nothing."""
        self._card.close()
