"""The board as it is written and added to, by itself and after crashes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.board.archive import Archive, first_member, header
from smartid.services.voting.board.board import Board
from smartid.services.voting.board.digests import DigestIndex
from smartid.services.voting.board.entries import entries
from smartid.services.voting.board.order import Stage
from smartid.services.voting.board.prefix import find_event, first_difference, is_prefix, require_prefix
from smartid.services.voting.compact import sha256_hex
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.derived import Derived, check_derived
from tests.unit.services.voting.elections import YES, World, save, small
from tests.unit.services.voting.forge import steps_of, with_record, without, written

WORLD = World()
STEPS = small(WORLD)
TIME = 1_795_364_068


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    election, trustees, credentials = WORLD.setup.records
    with Board.create(
        tmp_path / "live.bel",
        election=election,
        trustees=trustees,
        credentials=credentials,
        timestamp=TIME,
    ) as made:
        yield made


def add(board: Board, *steps: int) -> None:
    for place in steps:
        step = STEPS[place]
        match EventType(step.type):
            case EventType.ENCRYPTED_TALLY:
                number, weight = step.numbers
                board.append_tally(step.records[0], num_tallied=number, total_weight=weight)
            case EventType.PARTIAL_DECRYPTION:
                board.append_share(step.numbers[0], step.records[0])
            case type_:
                board.append(type_, *step.records)


def test_a_board_is_the_bytes_of_the_format(board: Board) -> None:
    add(board, *range(1, len(STEPS)))
    assert board.path.read_bytes() == written(STEPS, TIME)
    assert board.stage is Stage.RESULT
    assert steps_of(board.path.read_bytes()) == STEPS


def test_tar_reads_the_archive(board: Board) -> None:
    add(board, 1)
    listed = subprocess.run(["tar", "tvf", board.path], capture_output=True, text=True, check=False)
    names = [line.split()[-1] for line in listed.stdout.splitlines()]
    assert names[0] == "BELENIOS"
    assert [name.partition(".")[2] for name in names[1:]] == [
        *["data.json"] * 4,
        "event.json",
        "data.json",
        "event.json",
    ]


def test_events_and_records_are_found_again(board: Board) -> None:
    add(board, *range(1, len(STEPS)))
    with Board.open(board.path) as again:
        found = list(again.events())
        assert [event.height for event, _ in found] == list(range(len(STEPS)))
        assert found[-1] == (again.head, again.head_hash)
        for step in STEPS:
            for record in step.records:
                assert again.record(sha256_hex(record)) == record
        assert again.height_of(sha256_hex(STEPS[2].records[0])) == 2
        assert again.height_of(sha256_hex(b"")) is None
        with pytest.raises(KeyError):
            again.record(sha256_hex(b""))


def test_what_may_not_follow_is_refused_and_leaves_nothing(board: Board) -> None:
    add(board, 1)
    before = board.path.read_bytes()
    for type_, records, check in (
        (EventType.SETUP, (b"{}",), "event-order"),
        (EventType.RESULT, (b"{}",), "event-order"),
        (EventType.BALLOT, STEPS[1].records, "ballot-repeated"),
        (EventType.BALLOT, (), "event-records"),
        (EventType.END_BALLOTS, (b"{}",), "event-records"),
    ):
        with pytest.raises(ElectionInvalid) as caught:
            board.append(type_, *records)
        assert caught.value.check == check
    assert board.path.read_bytes() == before


def test_a_board_is_never_replaced(board: Board) -> None:
    election, trustees, credentials = WORLD.setup.records
    before = board.path.read_bytes()
    with pytest.raises(FileExistsError):
        Board.create(board.path, election=election, trustees=trustees, credentials=credentials, timestamp=1)
    assert board.path.read_bytes() == before
    assert list(board.path.parent.iterdir()) == [board.path]


def test_a_torn_end_is_cut_off_wherever_it_tore(board: Board) -> None:
    add(board, 1)
    whole = board.path.read_bytes()
    add(board, 2)
    longer = board.path.read_bytes()
    board.close()
    for length in range(len(whole) + 1, len(longer), 509):
        board.path.write_bytes(longer[:length])
        with Board.open(board.path) as found:
            assert found.head.height == 1
        assert board.path.read_bytes() == whole
    board.path.write_bytes(longer)
    with Board.open(board.path) as found:
        assert found.head.height == 2


def test_a_changed_last_event_is_not_taken_for_a_torn_one(board: Board) -> None:
    add(board, 1)
    board.close()
    data = bytearray(board.path.read_bytes())
    data[-513] ^= 1
    board.path.write_bytes(data)
    with pytest.raises(EncodingError):
        Board.open(board.path)
    assert board.path.read_bytes() == bytes(data)


def test_a_failing_disk_leaves_the_board_as_it_was(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    add(board, 1)
    before = board.path.read_bytes()

    def torn(place: int, data: bytes, offset: int) -> int:
        real(place, data[:600], offset)
        raise OSError(28, "No space left on device")

    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", torn)
    with pytest.raises(OSError, match="No space"):
        add(board, 2)
    monkeypatch.undo()
    assert board.path.read_bytes() == before
    add(board, 2)
    assert board.head.height == 2


def test_two_programs_add_to_one_board(board: Board) -> None:
    with Board.open(board.path) as other:
        add(board, 1)
        add(other, 2)
        add(board, 3)
        assert (board.head.height, other.head.height) == (3, 2)
        assert other.height_of(sha256_hex(STEPS[3].records[0])) is None
        with pytest.raises(ElectionInvalid):
            add(other, 3)
        assert other.head == board.head


def test_a_later_copy_goes_on_where_the_earlier_ended(tmp_path: Path) -> None:
    earlier, later = save(tmp_path, STEPS[:3], "earlier.bel"), save(tmp_path, STEPS, "later.bel")
    assert is_prefix(earlier, later)
    assert is_prefix(later, later)
    assert not is_prefix(later, earlier)
    assert first_difference(later, earlier) == earlier.stat().st_size
    shorter = save(tmp_path, without(STEPS, 1), "shorter.bel")
    assert not is_prefix(earlier, shorter)
    with pytest.raises(ElectionInvalid) as caught:
        require_prefix(earlier, shorter)
    assert caught.value.check == "prefix"
    broken = tmp_path / "broken.bel"
    broken.write_bytes(earlier.read_bytes()[:-700])
    with pytest.raises(ElectionInvalid, match="the earlier copy is broken itself") as caught:
        require_prefix(broken, later)
    assert caught.value.check == "prefix"


def test_an_event_is_found_by_its_receipt(tmp_path: Path) -> None:
    path = save(tmp_path, STEPS)
    with path.open("rb") as file:
        entry = list(entries(Archive(file)))[2]
    assert find_event(path, 2, entry.digest) == entry.event
    assert find_event(path, 3, entry.digest) is None
    assert find_event(path, 300, entry.digest) is None


def test_the_count_leaves_revoked_ballots_out(board: Board) -> None:
    path = board.path.with_name("count.bel")
    add(board, 1, 2, 3, 4)
    with pytest.raises(ElectionInvalid):
        board.copy_ballots_without([], path)
    board.append(EventType.END_BALLOTS)
    revoked = [WORLD.secrets[0].public]
    assert board.copy_ballots_without(revoked, path) == 2
    assert path.read_bytes() == written((STEPS[0], STEPS[2], STEPS[4], STEPS[5]), TIME)
    assert check_derived(board.path, path, revoked) == Derived(ballots=4, left_out=2)


@pytest.mark.parametrize(
    ("count", "revoked"),
    [
        ((0, 2, 4, 5), []),
        ((0, 1, 2, 3, 4, 5), [0]),
        ((0, 4, 2, 5), [0]),
        ((0, 2, 5), [0]),
        ((0, 2, 4), [0]),
        ((0, 1, 2, 4, 5), [0]),
    ],
)
def test_another_count_is_refused(tmp_path: Path, count: tuple[int, ...], revoked: list[int]) -> None:
    board = save(tmp_path, STEPS[:6])
    other = save(tmp_path, [STEPS[place] for place in count], "count.bel")
    with pytest.raises(ElectionInvalid) as caught:
        check_derived(board, other, [WORLD.secrets[voter].public for voter in revoked])
    assert caught.value.check == "count"


def test_a_count_of_another_time_or_of_an_open_board_is_refused(tmp_path: Path) -> None:
    closed, count = save(tmp_path, STEPS[:6]), tmp_path / "count.bel"
    count.write_bytes(written(STEPS, 1))
    with pytest.raises(ElectionInvalid, match="same time"):
        check_derived(closed, count, [])
    with pytest.raises(ElectionInvalid, match="EndBallots"):
        check_derived(save(tmp_path, STEPS[:5]), save(tmp_path, STEPS, "count.bel"), [])


def test_a_count_of_other_ballots_is_refused(tmp_path: Path) -> None:
    board = save(tmp_path, STEPS[:6])
    forged = with_record(STEPS[:6], 2, WORLD.ballot(1, [0, 0, 0], YES).records[0])
    with pytest.raises(ElectionInvalid):
        check_derived(board, save(tmp_path, forged, "count.bel"), [])
    with pytest.raises(ElectionInvalid):
        check_derived(board, board, ["00"])


def test_a_header_byte_by_byte() -> None:
    """The bytes of the first header that belenios-tool 2.0 wrote for the time 1795414211."""
    found = header("BELENIOS", 38, 1795414211)
    assert found[:8] + found[100:157] == (
        b"BELENIOS0000644\x000000000\x000000000\x0000000000046\x0015300754303\x00005710\x00 0"
    )
    assert not found[157:].strip(b"\0")
    assert first_member(1795414211)[512:550] == b'{"version":1,"timestamp":"1795414211"}'


def test_digests_are_numbered_once() -> None:
    index = DigestIndex()
    digests = [bytes([n % 256, n // 256]) * 16 for n in range(3000)]
    assert all(map(index.add, digests))
    assert not any(map(index.add, digests))
    assert [index.find(digest) for digest in digests] == list(range(3000))
    assert index.find(bytes(31) + b"x") is None
    assert index[2999] == digests[-1]
