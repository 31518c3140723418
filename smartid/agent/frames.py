"""Messages between browser and host: a length and JSON, over pipes.

Native messaging, as Chromium and Firefox speak it::

    offset  length  content
    0       4       length n of the message, in the byte order of this machine
    4       n       one JSON object in UTF-8
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Mapping
from typing import Any

from smartid.agent.failures import RequestFailed
from smartid.agent.reasons import AgentReason

MIN_MESSAGE, MAX_MESSAGE = 5, 8192
"""Lengths of a request in bytes (Web eID)."""
_HEADER = struct.Struct("=I")


def read_frame(read: Callable[[int], bytes]) -> bytes | None:
    """Read one message; None when the stream ends before it begins.

    read  gives at least one and at most so many bytes, or none at the end

    Raises RequestFailed for a length out of bounds and for a stream that ends within the message.
    """
    header = _exactly(read, _HEADER.size)
    if not header:
        return None
    if len(header) < _HEADER.size:
        raise _broken("the stream ended within the length of a message")
    (length,) = _HEADER.unpack(header)
    if not MIN_MESSAGE <= length <= MAX_MESSAGE:
        raise _broken(f"a message has {MIN_MESSAGE} to {MAX_MESSAGE} bytes, not {length}")
    body = _exactly(read, length)
    if len(body) < length:
        raise _broken(f"the stream ended after {len(body)} of {length} bytes")
    return body


def write_frame(descriptor: int, message: Mapping[str, Any]) -> None:
    """Write one message. Raises BrokenPipeError when the browser went away."""
    body = json.dumps(message).encode("ascii")
    rest = memoryview(_HEADER.pack(len(body)) + body)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    """So many bytes, or fewer when the stream ends before."""
    data = bytearray()
    while len(data) < size:
        part = read(size - len(data))
        if not part:
            break
        data += part
    return bytes(data)


def _broken(what: str) -> RequestFailed:
    return RequestFailed(AgentReason.INVALID_ARGUMENT, f"Native messaging: {what}.")
