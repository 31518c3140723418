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
    CardRemoved,
    EncodingError,
    NoCard,
    NoReader,
    NoService,
    TransportError,
)
from smartid.iso7816.apdu import ResponseAPDU
from smartid.transport import pcsc_pinpad as part10
from smartid.transport.base import PINPadRequest, Reader, ReaderEvent
from smartid.transport.pcsc_errors import (
    CARD_GONE,
    PROTO_MISMATCH,
    RESET_CARD,
    SHARING_VIOLATION,
    SUCCESS,
    TOO_LONG,
    check,
    error_of,
)
from smartid.transport.pcsc_readers import (
    Slot,
    Watcher,
    changes,
    choose,
    context_of,
    establish,
    look,
)
from smartid.transport.scard import SCard
from smartid.transport.tpdu import to_tpdu

FRAME = 65_535
"""Largest command APDU that is tried, in bytes: the length fields of readers and drivers have 16 bits, and
some wrap around instead of refusing."""
_SHARED, _EXCLUSIVE = 2, 1
_T0, _T1 = 1, 2
_LEAVE, _RESET = 0, 1
_BACK_OFF = (0.05, 0.1, 0.2, 0.4, 0.6, 0.7)
"""Pauses between tries while another program holds the reader: two seconds in all."""
_REMOVAL_SECONDS = 0.6
"""Services look for cards every 0.2 to 0.4 s; after this a pulled card has been noticed."""


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
        return NoService("pyscard is not installed.", remedy="Install it: pip install 'smartid[pcsc]'")
    return NoService(
        f"A package named smartcard is installed and it is not a working pyscard ({reason}).",
        remedy="Mend it: pip uninstall smartcard pyscard, then pip install 'smartid[pcsc]'",
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

    def __init__(
        self, scard: SCard, reader: str, *, exclusive: bool, pause: Callable[[float], object] = time.sleep
    ) -> None:
        """Open ``reader``, named exactly; use :meth:`connect`."""
        self._scard = scard
        self._reader = reader
        self._mode = _EXCLUSIVE if exclusive else _SHARED
        self._pause = pause
        self._depth = 0
        self._features: dict[int, int] | None = None
        self._context: int | None = establish(scard)
        try:
            self._card, self._protocol = self._open()
            self._atr = self._status_atr()
        except TransportError:
            self._release()
            raise

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
        return cls(service, reader.name, exclusive=exclusive, pause=pause)

    def _open(self) -> tuple[int, int]:
        """Card handle and protocol; each protocol alone when the reader cannot choose."""
        for protocols in (_T0 | _T1, _T1, _T0):
            code, card, protocol = self._patiently(
                lambda wanted=protocols: self._scard.SCardConnect(  # type: ignore[misc]
                    self._context or 0, self._reader, self._mode, wanted
                )
            )
            if code != PROTO_MISMATCH:
                break
        check(code, reader=self._reader)
        return card, protocol

    def _patiently(self, call: Callable[[], tuple[int, int, int]]) -> tuple[int, int, int]:
        """Try again while another program holds the reader. Nothing has been sent then."""
        for seconds in _BACK_OFF:
            result = call()
            if result[0] != SHARING_VIOLATION:
                return result
            self._pause(seconds)
        return call()

    def _status_atr(self) -> bytes:
        code, _, _, _, atr = self._scard.SCardStatus(self._card)
        check(code, reader=self._reader)
        return bytes(atr)

    @property
    def atr(self) -> bytes:
        """Answer To Reset of the card."""
        return self._atr

    @property
    def name(self) -> str:
        """Name of the reader."""
        return self._reader

    @property
    def protocol(self) -> int:
        """Transmission protocol: 0 or 1."""
        return 0 if self._protocol == _T0 else 1

    @property
    def max_apdu(self) -> int | None:
        """Largest APDU of the reader in bytes; 65,535 when it does not tell (PC/SC part 10, 2.6.14)."""
        code = self._feature(part10.GET_TLV_PROPERTIES)
        if code is None:
            return FRAME
        try:
            return min(part10.parse_max_apdu(self._control(code, b"")) or FRAME, FRAME)
        except EncodingError:
            return FRAME

    @property
    def has_pin_pad(self) -> bool:
        """Whether the reader has keys and can put a PIN into VERIFY."""
        return self._feature(part10.VERIFY_PIN_DIRECT) is not None

    def _feature(self, tag: int) -> int | None:
        """Control code of a feature of part 10. A reader that answers nonsense has none."""
        if self._features is None:
            function = self._scard.SCARD_CTL_CODE(part10.GET_FEATURE_REQUEST)
            code, raw = self._scard.SCardControl(self._handle(), function, [])
            try:
                self._features = part10.parse_features(bytes(raw)) if code == SUCCESS else {}
            except EncodingError:
                self._features = {}
        return self._features.get(tag)

    def _control(self, function: int, data: bytes) -> bytes:
        code, answer = self._scard.SCardControl(self._handle(), function, list(data))
        if code != SUCCESS:
            raise self._failure(code, extended=False)
        return bytes(answer)

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
                f"{self._reader} has no keys for this PIN command.", remedy="Type the PIN here."
            )
        answer = self._control(function, build(request))
        if len(answer) < 2:
            raise self._removed()
        return part10.check_entry(ResponseAPDU.parse(answer))

    def transmit(self, command: bytes) -> bytes:
        """Send one command APDU; the response is data, SW1, SW2.

        Under T=0 the APDU becomes a TPDU (ISO/IEC 7816-3:2006, 12.2): case 1 gets P3 = 00, Le of case 4 is
        left out; SW 61XX and 6CXX are the caller's.

        Raises CardRemoved, APDUTooLong, NoService, ReaderBusy, TransportError.
        """
        if self._protocol == _T0:
            command = to_tpdu(command)
        if len(command) > FRAME:
            raise APDUTooLong(
                f"{self._reader} carries at most {FRAME} bytes, the command has {len(command)}."
            )
        code, response = self._scard.SCardTransmit(self._handle(), self._protocol, list(command))
        if code == SUCCESS and len(response) >= 2:
            return bytes(response)
        if code == SUCCESS:  # what pcsc-lite answers when the card died in mid-command
            raise self._removed()
        raise self._failure(code, extended=len(command) > 5 and command[4] == 0)

    def _handle(self) -> int:
        if self._context is None:
            raise TransportError("This connection to the card is closed.", remedy="Connect again.")
        return self._card

    def _failure(self, code: int, *, extended: bool) -> TransportError:
        """The error for a failed call, after what can be mended has been mended."""
        if code == RESET_CARD:
            self._reconnect(_LEAVE)
            return error_of(code, reader=self._reader)
        if code in CARD_GONE:
            return self._removed()
        if code in TOO_LONG:
            if not self._still_there():
                return self._removed()
            if extended:
                return APDUTooLong(f"{self._reader} cannot carry an APDU of this length.")
        return error_of(code, reader=self._reader)

    def _removed(self) -> CardRemoved:
        return CardRemoved(f"{self._reader}: the card was taken out or lost power in the middle of its work.")

    def _still_there(self) -> bool:
        """Whether the card stays for as long as the service needs to notice that it left."""
        slot = self._slot()
        if slot is None or not slot.occupied:
            return False
        self._scard.SCardGetStatusChange(
            self._context or 0, int(_REMOVAL_SECONDS * 1000), [(self._reader, slot.state)]
        )
        later = self._slot()
        return later is not None and later.occupied and later.state >> 16 == slot.state >> 16

    def _slot(self) -> Slot | None:
        slots = look(self._scard, self._context or 0)
        return next((slot for slot in slots if slot.reader.name == self._reader), None)

    def _reconnect(self, initialization: int) -> None:
        """Take up the card again. Raises what keeps it from that."""
        code, protocol = self._scard.SCardReconnect(self._handle(), self._mode, _T0 | _T1, initialization)
        if code != SUCCESS:
            raise error_of(code, reader=self._reader)
        self._protocol = protocol
        self._atr = self._status_atr()

    def reset(self) -> None:
        """Warm reset: nothing is selected or verified afterwards. Raises CardRemoved, TransportError."""
        self._reconnect(_RESET)

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """Keep other programs off the card for the block. The outermost block counts.

        Raises CardRemoved, also when another program has reset the card since the last block.
        """
        if not self._depth:
            code = self._scard.SCardBeginTransaction(self._handle())
            if code != SUCCESS:
                raise self._failure(code, extended=False)
        self._depth += 1
        try:
            yield self
        finally:
            self._depth -= 1
            if not self._depth and self._context is not None:
                # A failure here means that card or service are gone, and the transaction with them.
                self._scard.SCardEndTransaction(self._card, _LEAVE)

    def close(self) -> None:
        """Leave the card as it is and let go of it. Closing twice does nothing."""
        if self._context is not None:
            self._scard.SCardDisconnect(self._card, _LEAVE)
        self._release()

    def _release(self) -> None:
        if self._context is not None:
            self._scard.SCardReleaseContext(self._context)
            self._context = None
