"""Two questions in pcsc-lite's own client protocol (winscard_msg.h, protocol 4:4), which need no library.

::

    offset  length  content                       (host byte order)
    0       4       length of what follows the header
    4       4       command: 11 version, 12 states of all readers
    8       12      version only: major, minor, result

The states come back as 16 records of 184 bytes that begin::

    0       128     name of the reader, filled with zeros; empty for no reader
    128     4       number of events so far
    132     4       state, a set of bits; 4 means that a card is in the reader
"""

from __future__ import annotations

import socket
import struct
import time
from pathlib import Path

_VERSION = struct.pack("=IIiiI", 12, 0x11, 4, 4, 0)
_STATES = struct.pack("=II", 0, 0x12)
_RECORD, _RECORDS, _NAME, _STATE = 184, 16, 128, 132
_PRESENT = 0x0004


def reader_states(address: Path, *, seconds: float) -> dict[str, bool]:
    """Whether a card is seen, by name of the reader; the service answers when its readers are up.

    Raises OSError when it does not answer in time.
    """
    deadline = time.monotonic() + seconds
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(seconds)
        client.connect(str(address))
        client.sendall(_VERSION)
        _receive(client, 12, deadline)
        client.sendall(_STATES)
        states = _receive(client, _RECORD * _RECORDS, deadline)
    records = (states[at : at + _RECORD] for at in range(0, len(states), _RECORD))
    return {_text(record): _has_card(record) for record in records if record[0]}


def _text(record: bytes) -> str:
    return record[:_NAME].split(b"\0")[0].decode("utf-8", "replace")


def _has_card(record: bytes) -> bool:
    (state,) = struct.unpack_from("=I", record, _STATE)
    return bool(state & _PRESENT)


def _receive(client: socket.socket, size: int, deadline: float) -> bytes:
    data = b""
    while len(data) < size:
        client.settimeout(max(0.01, deadline - time.monotonic()))
        piece = client.recv(size - len(data))
        if not piece:
            raise ConnectionError("the service closed the connection")
        data += piece
    return data
