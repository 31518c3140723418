"""A card in the virtual PC/SC reader of vsmartcard (vpcd): the card dials the reader over TCP.

Every message, both ways, is a length of 2 bytes (big-endian) and that many bytes. From the reader, a message
of 1 byte is a control and a longer one a command APDU::

    00  power off     01  power on     02  reset     04  tell the ATR (the only one that is answered)
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Thread
from typing import Protocol, Self

from smartid.errors import NoReader, TransportError

POWER_OFF, POWER_ON, RESET, GET_ATR = 0x00, 0x01, 0x02, 0x04
_CHUNK = 1 << 16
_CALL_SECONDS = 1.0
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class PluggableCard(Protocol):
    """What vpcd needs of a card."""

    @property
    def atr(self) -> bytes:
        """Answer To Reset."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Response APDU for a command APDU."""
        ...

    def reset(self) -> None:
        """Power off and on."""
        ...

    def close(self) -> None:
        """Pull the card out."""
        ...


class VpcdPlug:
    """The wire between a card and one slot of the virtual reader.

    ``run`` serves here until the reader goes away or ``stop`` is called; ``with`` serves in a thread
    of its own. A lost connection is not dialled again: make another plug.
    """

    def __init__(
        self, card: PluggableCard, *, host: str = "127.0.0.1", port: int, timeout: float = 10.0
    ) -> None:
        self._card = card
        self._thread: Thread | None = None
        self._socket = _dial(host, port, timeout)

    def run(self) -> None:
        """Answer the reader until it hangs up, the card is pulled out, or ``stop`` is called."""
        # A reader that hangs up in the middle, and a card that leaves: both end the connection.
        with suppress(OSError, TransportError), closing(self._socket), closing(self._card):
            for message in _frames(self._socket):
                answer = self._answer(message)
                if answer is not None:
                    self._socket.sendall(len(answer).to_bytes(2, "big") + answer)

    def _answer(self, message: bytes) -> bytes | None:
        if len(message) > 1:
            return self._card.transmit(message)
        if message[0] == GET_ATR:
            return self._card.atr
        if message[0] in (POWER_OFF, POWER_ON, RESET):
            self._card.reset()
        return None

    def start(self) -> None:
        """Serve in a thread until ``stop``."""
        self._thread = Thread(target=self.run, name="smartid vpcd", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Pull the card out and wait until the thread is done. Stopping twice does nothing."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread:
            self._thread.join()
            self._thread = None
        self._socket.close()

    @property
    def connected(self) -> bool:
        """Whether the card still is in the reader."""
        return self._socket.fileno() >= 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def plug(card: PluggableCard, *, host: str = "127.0.0.1", port: int) -> VpcdPlug:
    """Put a card in the virtual reader at ``port`` for the length of a ``with`` block.

    Raises NoReader when nothing listens there.
    """
    return VpcdPlug(card, host=host, port=port)


def _dial(host: str, port: int, timeout: float) -> socket.socket:
    try:
        connection = _connect(host, port, timeout)
    except OSError as error:
        raise NoReader(
            f"No virtual reader listens at {host}:{port}: {error.strerror or error}.",
            remedy="Start pcscd with vpcd (Debian: vsmartcard-vpcd), or use: smartid mock serve FILE.card",
        ) from None
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _connect(host: str, port: int, timeout: float) -> socket.socket:
    """Connect within ``timeout`` seconds.

    A slot takes one caller at a time; while it still holds the last card, the kernel drops a call and repeats
    it ever more rarely. Calling anew each second gets in sooner.
    """
    while True:
        try:
            return socket.create_connection((host, port), min(timeout, _CALL_SECONDS))
        except TimeoutError:
            timeout -= _CALL_SECONDS
            if timeout <= 0:
                raise


def _frames(connection: socket.socket) -> Iterator[bytes]:
    """Messages until the other side hangs up; empty ones are skipped.

    vpcd sends length and body apart, and waits between them for an acknowledgement that Linux likes to hold
    back for 40 ms. Asking for quick ones before and after each receive makes the reader 400 times faster.
    """
    buffer = b""
    while True:
        _acknowledge_at_once(connection)
        received = connection.recv(_CHUNK)
        _acknowledge_at_once(connection)
        if not received:
            return
        buffer += received
        while len(buffer) >= 2 and len(buffer) >= (end := 2 + int.from_bytes(buffer[:2], "big")):
            message, buffer = buffer[2:end], buffer[end:]
            if message:
                yield message


def _acknowledge_at_once(connection: socket.socket) -> None:
    if _QUICKACK is not None:
        connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
