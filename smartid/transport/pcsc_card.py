"""One open card of PC/SC: opening it patiently, speaking to it, and saying what went wrong."""

from __future__ import annotations

from collections.abc import Callable

from smartid.errors import APDUTooLong, CardRemoved, TransportError
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
from smartid.transport.pcsc_readers import Slot, establish, look
from smartid.transport.scard import SCard

T0, T1 = 1, 2
LEAVE, RESET = 0, 1
_SHARED, _EXCLUSIVE = 2, 1
_BACK_OFF = (0.05, 0.1, 0.2, 0.4, 0.6, 0.7)
"""Pauses between tries while another program holds the reader: two seconds in all."""
_REMOVAL_SECONDS = 0.6
"""Services look for cards every 0.2 to 0.4 s; after this a pulled card has been noticed."""


class OpenCard:
    """A card handle with its context, from construction to :meth:`close`.

    reader     exact name
    exclusive  keep all other programs off
    pause      waits for a number of seconds

    Raises NoService, NoCard, ReaderBusy, CardRemoved, TransportError.
    """

    def __init__(
        self, scard: SCard, reader: str, *, exclusive: bool, pause: Callable[[float], object]
    ) -> None:
        self._scard = scard
        self._mode = _EXCLUSIVE if exclusive else _SHARED
        self._pause = pause
        self._card = 0
        self._context: int | None = establish(scard)
        self.reader = reader
        self.protocol = T1
        self.atr = b""
        try:
            self._connect()
            self._read_atr()
        except TransportError:
            self.close()
            raise

    def _connect(self) -> None:
        """Connect with the protocol that the reader chooses, or with each alone when it cannot choose."""
        code = PROTO_MISMATCH
        for protocols in (T0 | T1, T1, T0):
            code, self._card, self.protocol = self._connect_patiently(protocols)
            if code != PROTO_MISMATCH:
                break
        check(code, reader=self.reader)

    def _connect_patiently(self, protocols: int) -> tuple[int, int, int]:
        """Try again while another program holds the reader."""
        for seconds in _BACK_OFF:
            answer = self._scard.SCardConnect(self._require(), self.reader, self._mode, protocols)
            if answer[0] != SHARING_VIOLATION:
                return answer
            self._pause(seconds)
        return self._scard.SCardConnect(self._require(), self.reader, self._mode, protocols)

    def _read_atr(self) -> None:
        code, _, _, _, atr = self._scard.SCardStatus(self._card)
        check(code, reader=self.reader)
        self.atr = bytes(atr)

    def _require(self) -> int:
        if self._context is None:
            raise TransportError("This connection to the card is closed.", remedy="Connect again.")
        return self._context

    def transmit(self, command: bytes) -> bytes:
        """Send bytes once, return at least SW1-SW2. Raises as PCSCTransport.transmit does."""
        self._require()
        code, response = self._scard.SCardTransmit(self._card, self.protocol, list(command))
        if code == SUCCESS and len(response) >= 2:
            return bytes(response)
        if code == SUCCESS:  # what pcsc-lite answers when the card died in mid-command
            raise self.removed()
        raise self._failure(code, extended=len(command) > 5 and command[4] == 0)

    def control(self, function: int, data: bytes) -> bytes:
        """Speak to the reader. Raises CardRemoved, TransportError."""
        self._require()
        code, answer = self._scard.SCardControl(self._card, function, list(data))
        if code != SUCCESS:
            raise self._failure(code)
        return bytes(answer)

    def features(self, function_number: int) -> bytes:
        """Answer of the reader to a question that many do not know; empty for those."""
        self._require()
        function = self._scard.SCARD_CTL_CODE(function_number)
        code, answer = self._scard.SCardControl(self._card, function, [])
        return bytes(answer) if code == SUCCESS else b""

    def begin(self) -> None:
        """Begin a transaction. Raises CardRemoved, TransportError."""
        self._require()
        code = self._scard.SCardBeginTransaction(self._card)
        if code != SUCCESS:
            raise self._failure(code)

    def end(self) -> None:
        """End the transaction. It fails only when card or service are gone, and the transaction with them."""
        if self._context is not None:
            self._scard.SCardEndTransaction(self._card, LEAVE)

    def reconnect(self, initialization: int) -> None:
        """Take up the card again, with or without a warm reset. Raises what keeps it from that."""
        self._require()
        code, protocol = self._scard.SCardReconnect(self._card, self._mode, T0 | T1, initialization)
        check(code, reader=self.reader)
        self.protocol = protocol
        self._read_atr()

    def close(self) -> None:
        """Leave the card as it is. Closing twice does nothing."""
        if self._context is not None:
            if self._card:
                self._scard.SCardDisconnect(self._card, LEAVE)
            self._scard.SCardReleaseContext(self._context)
            self._context = None

    def removed(self) -> CardRemoved:
        """The error for a card that is gone."""
        return CardRemoved(f"{self.reader}: the card was taken out or lost power in the middle of its work.")

    def _failure(self, code: int, *, extended: bool = False) -> TransportError:
        """The error for a failed call, after what can be mended has been mended."""
        if code == RESET_CARD:
            self.reconnect(LEAVE)
        elif code in CARD_GONE or (code in TOO_LONG and not self._still_there()):
            return self.removed()
        elif code in TOO_LONG and extended:
            return APDUTooLong(f"{self.reader} cannot carry an APDU of this length.")
        return error_of(code, reader=self.reader)

    def _still_there(self) -> bool:
        """Whether the card stays for as long as the service needs to notice that it left."""
        slot = self._slot()
        if slot is None or not slot.occupied:
            return False
        wait = int(_REMOVAL_SECONDS * 1000)
        self._scard.SCardGetStatusChange(self._require(), wait, [(self.reader, slot.state)])
        later = self._slot()
        return later is not None and later.occupied and later.state >> 16 == slot.state >> 16

    def _slot(self) -> Slot | None:
        slots = look(self._scard, self._require())
        return next((slot for slot in slots if slot.reader.name == self.reader), None)
