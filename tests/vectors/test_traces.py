"""Conversations with foreign test cards, recorded by others (web-eid/libelectronic-id, tests/mock)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from smartid.transport.trace import PlayingTransport, Trace

FOLDER = Path(os.environ.get("SMARTID_VECTORS", Path(__file__).parents[3] / "shared" / "vectors")) / "traces"


def test_foreign_traces_survive_reading_byte_for_byte_and_play() -> None:
    files = sorted(FOLDER.glob("*.trace"))
    if not files:
        pytest.skip("the foreign vectors are absent; set SMARTID_VECTORS to their folder")
    for file in files:
        lines = [line for line in file.read_text().split("\n") if line and not line.startswith("#")]
        trace = Trace.load(file)
        assert trace.format() == "\n".join(lines) + "\n"
        player = PlayingTransport(trace)
        for command, answer in zip(lines[1::2], lines[2::2], strict=True):
            assert player.transmit(bytes.fromhex(command[2:])) == bytes.fromhex(answer[2:])
        assert player.finished
