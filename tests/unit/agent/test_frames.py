"""The length is a limit to check, not an order to obey."""

from __future__ import annotations

import io
import json
import os
import struct

import pytest

from smartid.agent.failures import RequestFailed
from smartid.agent.frames import MAX_MESSAGE, read_frame, write_frame


def reader(data: bytes):
    return io.BytesIO(data).read


def framed(body: bytes) -> bytes:
    return struct.pack("=I", len(body)) + body


@pytest.mark.parametrize("size", [5, 6, 4096, MAX_MESSAGE])
def test_lengths_within_bounds_are_read_to_the_last_byte(size: int) -> None:
    body = b"x" * size
    assert read_frame(reader(framed(body) + b"rest")) == body


@pytest.mark.parametrize("size", [0, 4, MAX_MESSAGE + 1, 1 << 31, 0xFFFFFFFF])
def test_a_length_out_of_bounds_is_refused_before_anything_is_read(size: int) -> None:
    asked: list[int] = []
    stream = io.BytesIO(struct.pack("=I", size) + bytes(16))

    def read(count: int) -> bytes:
        asked.append(count)
        return stream.read(count)

    with pytest.raises(RequestFailed, match=f"not {size}"):
        read_frame(read)
    assert asked == [4]


def test_an_end_before_the_message_is_no_error() -> None:
    assert read_frame(reader(b"")) is None


@pytest.mark.parametrize("cut", range(1, 4 + 20))
def test_an_end_within_the_message_is_one(cut: int) -> None:
    with pytest.raises(RequestFailed, match="ended"):
        read_frame(reader(framed(b"x" * 20)[:cut]))


def test_a_slow_writer_is_waited_for_byte_by_byte() -> None:
    stream = io.BytesIO(framed(b'{"a":1}'))
    assert read_frame(lambda _size: stream.read(1)) == b'{"a":1}'


def test_what_is_written_is_one_frame_in_the_byte_order_of_the_machine() -> None:
    read_end, write_end = os.pipe()
    write_frame(write_end, {"message_fa": "سلام", "n": 1})
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stream:
        data = stream.read()
    (length,) = struct.unpack("=I", data[:4])
    assert length == len(data) - 4
    assert json.loads(data[4:]) == {"message_fa": "سلام", "n": 1}
