"""A card of a few lines behind vpcd, to prove the reader and nothing else.

Messages both ways are two bytes of length and the body; a body of one byte from vpcd is a control: 0 off,
1 on, 2 reset, 4 get ATR (the only one that is answered).
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading

ATR_T1 = bytes.fromhex("3B80800101")
ATR_T0 = bytes.fromhex("3B021450")
DIE, GET, PUT, ECHO, CHALLENGE, READ = 0xDE, 0x10, 0x11, 0xEC, 0x84, 0xB0


def dial(port: int, *, tries: int = 10) -> socket.socket:
    """Connect to a slot. While it holds the last card the kernel drops our call: call again soon."""
    for _ in range(tries):
        with contextlib.suppress(TimeoutError):
            connection = socket.create_connection(("127.0.0.1", port), timeout=1.0)
            connection.settimeout(None)
            return connection
    raise TimeoutError(f"the slot at port {port} takes no card")


class StandIn:
    """Dials ``port`` and answers in a thread until closed.

    INS DE hangs up in mid-command; 10 and 11 get and set one byte; EC returns the command; 84 is GET
    CHALLENGE; B0 returns Ne bytes; anything else is 9000.
    """

    def __init__(self, port: int, atr: bytes = ATR_T1) -> None:
        self.atr = atr
        self.log: list[bytes] = []
        self.resets = 0
        self.value = 0
        self._socket = dial(port)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Pull the card."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            # vpcd writes length and body apart without TCP_NODELAY: a late acknowledgement costs 40 ms.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            piece = self._socket.recv(size - len(data))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            if not piece:
                raise ConnectionError
            data += piece
        return data

    def _run(self) -> None:
        with contextlib.suppress(OSError), self._socket:
            while True:
                message = self._receive(int.from_bytes(self._receive(2), "big"))
                answer = self._answer(message)
                if answer:
                    self._socket.sendall(len(answer).to_bytes(2, "big") + answer)

    def _answer(self, message: bytes) -> bytes:
        if len(message) == 1:
            self.resets += message == b"\x02"
            return self.atr if message == b"\x04" else b""
        self.log.append(message)
        return self._data(message) + b"\x90\x00"

    def _data(self, command: bytes) -> bytes:
        match command[1]:
            case 0xDE:
                raise ConnectionError
            case 0x10:
                return bytes((self.value,))
            case 0x11:
                self.value = command[5]
            case 0xEC:
                return command
            case 0x84:
                return os.urandom(command[4])
            case 0xB0:
                size = int.from_bytes(command[5:7], "big") if len(command) == 7 else command[4]
                return bytes(size)
        return b""
