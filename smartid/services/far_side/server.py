"""The main loop of a simulator: frames over TCP on the loopback, faults from standard input.

Frame: length of the message in 2 bytes, big-endian, then the message. A connection that sends an empty frame
is closed. Standard output: one line of JSON, ``{"port": 40001}``, when the far side listens, and one line
for each line that was read, ``{"done": true}`` or ``{"done": false, "expected": "…"}``.
The process ends when its standard input does, so it never outlives the program that started it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from smartid.crypto import strict_json
from smartid.errors import EncodingError
from smartid.services.far_side.faults import Fault, Order, Switchboard

Handler = Callable[[bytes], bytes | None]
"""Answers one message; None for no answer. It is called by one thread at a time."""
LOOPBACK = "127.0.0.1"
MAX_FRAME = 0xFFFF
MAX_LINE = 4096
IDLE = 300.0
"""Seconds after which a connection that says nothing, or half a frame, is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How a far side was started.

    database  URL of its own book
    port      0 for any
    seed      of the faults that come by chance; None for none
    """

    database: str
    port: int = 0
    seed: int | None = None


def start(make: Callable[[Arguments, Switchboard], Handler], argv: Sequence[str] | None = None) -> None:
    """Run a far side from its command line: ``--database URL [--port N] [--faults SEED]``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--faults", type=int, metavar="SEED")
    found = parser.parse_args(argv)
    arguments = Arguments(database=found.database, port=found.port, seed=found.faults)
    faults = Switchboard(seed=arguments.seed)
    serve(make(arguments, faults), faults=faults, port=arguments.port)


def serve(handler: Handler, *, faults: Switchboard, port: int = 0) -> None:
    """Answer until standard input ends, or whoever started this is gone."""
    with _Server(handler, faults, port) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with contextlib.suppress(BrokenPipeError):  # whoever started this is gone
            _say({"port": server.server_address[1]})
            _take_orders(faults)
        server.shutdown()
        thread.join()


def read_frame(stream: Any) -> bytes:
    """Read one message from a buffered stream; empty at its end, and for a frame that is cut short."""
    head = stream.read(2)
    if len(head) < 2:
        return b""
    size = int.from_bytes(head, "big")
    body: bytes = stream.read(size)
    return body if len(body) == size else b""


def frame(message: bytes) -> bytes:
    """Put the length ahead of a message. Raises EncodingError for one that is too long or empty."""
    if not 1 <= len(message) <= MAX_FRAME:
        raise EncodingError(
            "message", offset=0, expected=f"1 to {MAX_FRAME} bytes", standard="smartid far side"
        )
    return len(message).to_bytes(2, "big") + message


@dataclass(slots=True)
class _Line:
    """One connection: the replies that are held back until its next request."""

    held: list[bytes] = field(default_factory=list)

    def outcome(self, handler: Handler, faults: Switchboard, message: bytes) -> tuple[list[bytes], bool]:
        """Give what is sent now, and whether the connection stays."""
        late, self.held = self.held, []
        fault = faults.next()
        if fault is Fault.DOWN:
            return [], False
        if fault is Fault.LOSE_REQUEST:
            return late, True
        reply = handler(message)
        if fault is Fault.HANG_UP:
            return [], False
        if reply is None or fault is Fault.LOSE_REPLY:
            return late, True
        if fault is Fault.DELAY_REPLY:
            self.held = [reply]
            return late, True
        return [*late, *([reply] * (2 if fault is Fault.DUPLICATE_REPLY else 1))], True


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: Handler, faults: Switchboard, port: int) -> None:
        super().__init__((LOOPBACK, port), _Connection)
        self.handler = handler
        self.faults = faults
        self.turn = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say on standard error what the handler did not expect; the other connections go on."""
        super().handle_error(request, client_address)


class _Connection(socketserver.StreamRequestHandler):
    server: _Server
    timeout = IDLE
    disable_nagle_algorithm = True

    def handle(self) -> None:
        line = _Line()
        with contextlib.suppress(OSError):  # the client is gone
            while message := read_frame(self.rfile):
                with self.server.turn:
                    replies, stays = line.outcome(self.server.handler, self.server.faults, message)
                self.wfile.write(b"".join(map(frame, replies)))
                if not stays:
                    return


def _take_orders(faults: Switchboard) -> None:
    while text := sys.stdin.readline(MAX_LINE):
        try:
            order = Order.of(strict_json.parse_object(text.encode(), "order"))
        except EncodingError as error:
            _say({"done": False, "expected": error.expected})
            continue
        faults.inject(order.fault, count=order.count, code=order.code)
        _say({"done": True})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def free_port() -> int:
    """Find a port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
