"""npm's iso_8583 reads every message about a fill; network messages are too short for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartid.errors import GatewayUnavailable
from smartid.services.messages.fuel import SPEC
from smartid.services.messages.iso8583 import decode
from tests.peers.iso8583 import read
from tests.unit.services.fuel.test_online import Station

# Fields of 1993 that differ from those of 1987, which are in its own table.
FORMATS = {
    12: ("n", "fixed", 12),
    22: ("an", "fixed", 12),
    24: ("n", "fixed", 3),
    25: ("n", "fixed", 4),
    26: ("n", "fixed", 4),
    30: ("n", "fixed", 24),
    39: ("n", "fixed", 3),
    56: ("ans", "llvar", 35),
}
pytestmark = pytest.mark.peers_heavy


def every_message(folder: Path) -> list[bytes]:
    station, seen = Station(folder), []
    line = station.line

    def listening(raw: bytes) -> bytes:
        seen.append(raw)
        answer = station.simulator.answer(raw)
        assert answer is not None
        seen.append(answer)
        return line(raw)

    station.office = type(station.office)(listening)
    station.desk.complete(station.start(20_000, "a").id, 15_000)
    line.lost = 1
    assert station.deliver().waiting == 1
    station.clock.wait(minutes=30)
    station.deliver()
    line.lost = 1
    with pytest.raises(GatewayUnavailable):
        station.start(10_000, "b")
    line.lost = 1
    station.deliver()
    station.clock.wait(minutes=30)
    station.deliver()
    station.close()
    return seen


def test_the_peer_reads_what_we_write(tmp_path: Path) -> None:
    messages = every_message(tmp_path)
    kinds = set()
    for raw, theirs in zip(messages, read(messages, FORMATS), strict=True):
        ours = decode(SPEC, raw)
        kinds.add(theirs.pop("0"))
        assert {name: value for name, value in ours.items() if name != "t"} == theirs
    assert kinds == {
        *("1100", "1110", "1220", "1221", "1230"),
        *("1420", "1421", "1430"),
    }
