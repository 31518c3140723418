"""The client's end of a far side: one connection, many requests under way, late replies told apart."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from smartid.errors import EncodingError, GatewayUnavailable, Refused
from smartid.services.far_side.server import LOOPBACK, frame, read_frame
from smartid.services.reasons import Reason

RETRY_AFTER = 1.0


class Link:
    """A connection to a far side, made when it is needed and again after it was lost. Thread-safe.

    key   gives the same value for a request and for its reply, such as (message class, trace number); after a
          reply for which it raises EncodingError the connection is given up
    late  is handed replies that nobody waits for: late ones, second ones. A thread of the link calls it
    """

    def __init__(
        self,
        port: int,
        *,
        key: Callable[[bytes], Hashable],
        late: Callable[[bytes], None] = lambda _: None,
        host: str = LOOPBACK,
    ) -> None:
        self._address = (host, port)
        self._key = key
        self._late = late
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._waiting: dict[Hashable, _Waiting] = {}
        self._line: socket.socket | None = None

    def request(self, message: bytes, timeout: float = 2.0) -> bytes:
        """Send a message and wait for its reply, at most ``timeout`` seconds.

        Raises GatewayUnavailable when none came: the far side may have acted all the same.
        Raises Refused (in_progress) when a request of this key is under way.
        """
        key, data = self._key(message), frame(message)
        with self._sending:
            waiting = self._expect(key, self._connected(timeout))
            _send(waiting.line, data, timeout)
        try:
            return waiting.answer.result(timeout)
        except NotInTime:
            raise GatewayUnavailable("No answer in time.", retry_after=RETRY_AFTER) from None
        finally:
            with self._lock:
                if self._waiting.get(key) is waiting:
                    del self._waiting[key]

    def close(self) -> None:
        """Close the connection; who waits gets GatewayUnavailable."""
        with self._lock:
            line = self._line
        if line is not None:
            self._hang_up(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _expect(self, key: Hashable, line: socket.socket) -> _Waiting:
        waiting = _Waiting(line)
        with self._lock:
            if key in self._waiting:
                raise Refused("A message of this number is under way.", reason=Reason.IN_PROGRESS)
            self._waiting[key] = waiting
        return waiting

    def _connected(self, timeout: float) -> socket.socket:
        """Give the connection, made anew when there is none. Raises GatewayUnavailable."""
        with self._lock:
            if self._line is not None:
                return self._line
        try:
            line = socket.create_connection(self._address, timeout)
        except OSError as error:
            raise GatewayUnavailable("The other side does not answer.", retry_after=RETRY_AFTER) from error
        line.settimeout(None)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._line = line
        threading.Thread(target=self._listen, args=(line,), daemon=True).start()
        return line

    def _listen(self, line: socket.socket) -> None:
        try:
            with line.makefile("rb") as stream:
                while message := read_frame(stream):
                    self._hand_over(message)
        except (OSError, EncodingError):
            pass  # hung up, by whomever, or the far side talks nonsense
        finally:
            self._hang_up(line)
            line.close()

    def _hand_over(self, message: bytes) -> None:
        with self._lock:
            waiting = self._waiting.pop(self._key(message), None)
        if waiting is None:
            self._late(message)
        else:
            waiting.answer.set_result(message)

    def _hang_up(self, line: socket.socket) -> None:
        """End a connection, and tell those who wait at it."""
        with self._lock:
            if self._line is line:
                self._line = None
            lost = [key for key, waiting in self._waiting.items() if waiting.line is line]
            answers = [self._waiting.pop(key).answer for key in lost]
        _shut(line)
        for answer in answers:
            answer.set_exception(GatewayUnavailable("The connection was lost.", retry_after=RETRY_AFTER))


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """Somebody who waits for a reply, and the connection over which it would come."""

    line: socket.socket
    answer: Future[bytes] = field(default_factory=Future)


def _send(line: socket.socket, data: bytes, timeout: float) -> None:
    """Send, and hang up when that fails: the listening thread then tells those who wait."""
    seconds = int(timeout)
    limit = struct.pack("@ll", seconds, int((timeout - seconds) * 1e6))
    try:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        line.sendall(data)
    except OSError:
        _shut(line)


def _shut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was quicker
        line.shutdown(socket.SHUT_RDWR)
