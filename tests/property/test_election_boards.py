"""Boards with bytes changed, cut, added: the verification ends in a named error, or in the same report."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.verify.report import ElectionReport
from smartid.services.voting.verify.verify import verify_archive
from tests.unit.services.voting.elections import BLANK, World
from tests.unit.services.voting.forge import Step, with_record, written

WORLD = World(voters=1)
BALLOT = WORLD.ballot(0, [1, 0, 0], BLANK)
STEPS = (WORLD.setup, BALLOT, *WORLD.counted((BALLOT,), [[1, 0, 0], [1, 0, 0]]))
BOARD = written(STEPS)
RECORDS = [(place, number) for place, step in enumerate(STEPS) for number in range(len(step.records))]


def verified(data: bytes) -> ElectionReport | None:
    """Give the report, None for a named error; anything else goes up."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "board.bel"
        path.write_bytes(data)
        try:
            return verify_archive(path)
        except (EncodingError, ElectionInvalid):
            return None


@given(st.integers(0, len(BOARD) - 1), st.integers(1, 255))
@settings(max_examples=40, deadline=None)
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    """Every byte of an archive is fixed by what it says: there is none that may change."""
    data = bytearray(BOARD)
    data[place] ^= change
    assert verified(bytes(data)) is None


@given(st.integers(0, len(BOARD)), st.binary(max_size=2000))
@settings(max_examples=25, deadline=None)
@example(len(BOARD), bytes(1024))
@example(len(BOARD), bytes(512))
def test_bytes_between_others_are_noticed(place: int, added: bytes) -> None:
    found = verified(BOARD[:place] + added + BOARD[place:])
    assert found is None or not added


@given(st.integers(0, len(BOARD) - 1), st.integers(1, 4000))
@settings(max_examples=25, deadline=None)
def test_a_hole_is_noticed(place: int, size: int) -> None:
    """Cut at the end, whole events may be missing: that is an earlier copy."""
    found = verified(BOARD[:place] + BOARD[place + size :])
    assert found is None or (found.result is None and place + size >= len(BOARD))


@given(st.sampled_from(RECORDS), st.data())
@settings(max_examples=25, deadline=None)
def test_a_changed_record_is_noticed(record: tuple[int, int], data: st.DataObject) -> None:
    """The chain is written anew around the record, so that the record itself is judged."""
    place, number = record
    content = bytearray(STEPS[place].records[number])
    at = data.draw(st.integers(0, len(content) - 1))
    change = data.draw(st.binary(max_size=4))
    content[at : at + data.draw(st.integers(0, 4))] = change
    if content != STEPS[place].records[number]:
        report = verified(written(with_record(STEPS, place, bytes(content), number)))
        assert report is None, content


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from(RECORDS), st.data(), values)
@settings(max_examples=25, deadline=None)
def test_another_value_anywhere_in_a_record_is_noticed(
    record: tuple[int, int], data: st.DataObject, value: object
) -> None:
    place, number = record
    content = json.loads(STEPS[place].records[number])
    changed = json.dumps(_with(content, data, value), ensure_ascii=False, separators=(",", ":"))
    try:
        encoded = changed.encode()
    except UnicodeEncodeError:
        return
    if encoded != STEPS[place].records[number]:
        assert verified(written(with_record(STEPS, place, encoded, number))) is None


def _with(content: Any, data: st.DataObject, value: object) -> Any:
    """Put the value somewhere in the content."""
    if not isinstance(content, list | dict) or not content or data.draw(st.booleans()):
        return value
    keys = range(len(content)) if isinstance(content, list) else list(content)
    key = data.draw(st.sampled_from(keys))
    copy = content.copy()
    copy[key] = _with(content[key], data, value)
    return copy


@given(st.lists(st.sampled_from(STEPS), max_size=8))
@settings(max_examples=40, deadline=None)
@example([STEPS[0], STEPS[2]])
def test_events_in_any_order_are_noticed(steps: list[Step]) -> None:
    """Good are the election as far as it came, and one that ended before anybody voted."""
    good = bool(steps) and tuple(steps) in {STEPS[: len(steps)], (STEPS[0], STEPS[2])}
    assert (verified(written(steps)) is not None) == good
