"""Our board writes the archives of belenios-tool byte for byte, and reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartid.services.voting.board.board import Board
from smartid.services.voting.board.prefix import find_event, first_difference, is_prefix
from smartid.services.voting.values import EventType
from tests.peers.voting import tool
from tests.peers.voting.boards import Board as Parts
from tests.peers.voting.forgeries import Finished
from tests.unit.services.voting.forge import Step, sha, stored

pytestmark = pytest.mark.peers_heavy


def started(parts: Parts, path: Path) -> Board:
    """Start a board of ours from what the program wrote."""
    election, trustees, credentials = parts.steps[0].records
    return Board.create(
        path, election=election, trustees=trustees, credentials=credentials, timestamp=parts.time
    )


def add(board: Board, step: Step) -> None:
    """Put an event of the program on a board of ours."""
    *before, payload = stored(step) or (None,)
    board.append(EventType(step.type), payload, [record for record in before if record is not None])


def test_every_byte_of_an_archive_comes_out_the_same(finished: Finished, folder: Path) -> None:
    path = folder / f"{finished.uuid}.bel"
    with started(finished.board, path) as board:
        for step in finished.board.steps[1:]:
            add(board, step)
    assert path.read_bytes() == finished.board.encode()
    assert tool.verify(folder).accepted


def test_an_archive_of_the_program_is_a_board_of_ours(finished: Finished, folder: Path) -> None:
    path = folder / f"{finished.uuid}.bel"
    path.write_bytes(finished.board.encode())
    with Board.open(path) as board:
        assert [event.type for event, _ in board.events()] == [step.type for step in finished.board.steps]
        height, ballot = 3, finished.board.ballots()[2]
        assert board.height_of(sha(ballot)) == height
        assert board.record(sha(ballot)) == ballot
        digest = dict(enumerate(digest for _, digest in board.events()))[height]
    assert find_event(path, height, digest)
    assert not find_event(path, height, sha(b"another"))


def test_the_program_reads_the_board_after_every_event(finished: Finished, folder: Path) -> None:
    with started(finished.board, folder / f"{finished.uuid}.bel") as board:
        for step in finished.board.steps[1:]:
            assert tool.verify(folder).accepted, step.type
            add(board, step)


@pytest.mark.parametrize("kept", [1, 3, 5])
def test_both_say_whether_a_board_goes_on_where_a_copy_ended(
    finished: Finished, tmp_path: Path, kept: int
) -> None:
    name = f"{finished.uuid}.bel"
    earlier, later, rewritten = (tmp_path / part for part in ("earlier", "later", "rewritten"))
    for place in (earlier, later, rewritten):
        place.mkdir()
    whole = finished.board
    (earlier / name).write_bytes(whole.without(*range(kept, len(whole.steps))).encode())
    (later / name).write_bytes(whole.encode())
    assert tool.verify_diff(earlier, later).accepted
    assert is_prefix(earlier / name, later / name)
    assert not tool.verify_diff(later, earlier).accepted
    assert not is_prefix(later / name, earlier / name)
    (rewritten / name).write_bytes(whole.without(1).encode())
    if kept > 1:
        assert not tool.verify_diff(earlier, rewritten).accepted
        assert first_difference(earlier / name, rewritten / name) is not None
