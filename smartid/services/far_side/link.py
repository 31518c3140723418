"""The client's end of a far side: one connection, many requests under way, late replies told apart."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from types import TracebackType
from typing import Self

from smartid.errors import GatewayUnavailable, Refused
from smartid.services.far_side.server import LOOPBACK, frame, read_frame
from smartid.services.reasons import Reason

RETRY_AFTER = 1.0


class Link:
    """A connection to a far side, made when it is needed and again after it was lost. Thread-safe.

    key   gives the same value for a request and for its reply, such as (message class, trace number)
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
        self._waiting: dict[Hashable, Future[bytes]] = {}
        self._socket: socket.socket | None = None

    def request(self, message: bytes, timeout: float = 2.0) -> bytes:
        """Send a message and wait for its reply, at most ``timeout`` seconds.

        Raises GatewayUnavailable when none came: the far side may have acted all the same.
        Raises Refused (in_progress) when a request of this key is under way.
        """
        key, answer = self._key(message), Future[bytes]()
        with self._lock:
            if key in self._waiting:
                raise Refused("A message of this number is under way.", reason=Reason.IN_PROGRESS)
            self._send(frame(message), timeout)
            self._waiting[key] = answer
        try:
            return answer.result(timeout)
        except NotInTime:
            raise GatewayUnavailable("No answer in time.", retry_after=RETRY_AFTER) from None
        finally:
            with self._lock:
                self._waiting.pop(key, None)

    def close(self) -> None:
        """Close the connection; who waits gets GatewayUnavailable."""
        with self._lock:
            self._hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, data: bytes, timeout: float) -> None:
        try:
            if self._socket is None:
                self._socket = self._connect(timeout)
            self._socket.sendall(data)
        except OSError as error:
            self._hang_up()
            raise GatewayUnavailable("The other side does not answer.", retry_after=RETRY_AFTER) from error

    def _connect(self, timeout: float) -> socket.socket:
        line = socket.create_connection(self._address, timeout)
        line.settimeout(None)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._listen, args=(line,), daemon=True).start()
        return line

    def _listen(self, line: socket.socket) -> None:
        try:
            with line.makefile("rb") as stream:
                while message := read_frame(stream):
                    self._hand_over(message)
        except OSError:
            pass  # hung up, by whomever
        finally:
            with self._lock:
                if self._socket is line:
                    self._hang_up()

    def _hand_over(self, message: bytes) -> None:
        with self._lock:
            waiting = self._waiting.pop(self._key(message), None)
        if waiting is None:
            self._late(message)
        else:
            waiting.set_result(message)

    def _hang_up(self) -> None:
        """Close, and tell who waits. The lock is held."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer.set_exception(GatewayUnavailable("The connection was lost.", retry_after=RETRY_AFTER))
