"""A program that adds to a board is killed, again and again: what it said was there is there."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from smartid.services.voting.board.board import Board
from smartid.services.voting.values import EventType

WRITER = """
import sys
from pathlib import Path
from smartid.services.voting.board.board import Board
from smartid.services.voting.values import EventType

with Board.open(Path(sys.argv[1])) as board:
    while True:
        height = board.head.height + 1
        event = board.append(EventType.BALLOT, b'{"ballot":%d,"filling":"%s"}' % (height, b"x" * 5000))
        print(event.height, flush=True)
"""
ROUNDS = 6


def test_nothing_that_was_told_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "board.bel"
    Board.create(path, election=b"{}", trustees=b"[]", credentials=b"[]", timestamp=1).close()
    told = 0
    for round_ in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            lines = [int(writer.stdout.readline()) for _ in range(3 + round_)]
            writer.send_signal(signal.SIGKILL)
            lines += [int(line) for line in writer.stdout if line.endswith("\n")]
        assert lines == list(range(told + 1, told + 1 + len(lines)))
        with Board.open(path) as board:
            assert lines[-1] <= board.head.height <= lines[-1] + 1
            told = board.head.height
            events = list(board.events())
    assert [event.height for event, _ in events] == list(range(told + 1))
    assert {event.type for event, _ in events[1:]} == {EventType.BALLOT}
