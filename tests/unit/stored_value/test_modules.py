"""Security modules: their counter lasts before an order leaves, and their batch has an end."""

from __future__ import annotations

import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError, Refused
from smartid.mockcard.faults import Moment
from smartid.stored_value import exchanges
from smartid.stored_value.model import MAX_COUNTER, PURSE_AID, Line
from smartid.stored_value.module_file import MAX_BYTES, ROOM, SECTOR, FileStore
from smartid.stored_value.module_state import MAX_UNRESOLVED, MemoryStore, ModuleState
from smartid.stored_value.modules import BatchLimits
from tests.stored_value_world import NOON, merchant, purse


class Refusing:
    """A disk that is full."""

    def load(self) -> bytes | None:
        return None

    def save(self, data: bytes) -> None:
        raise OSError("no space")


def test_no_order_leaves_before_its_number_lasts() -> None:
    world = purse(1000)
    with pytest.raises(OSError, match="no space"):
        world.debit(1, module=merchant(store=Refusing()))
    assert world.balance() == 1000


def test_a_module_goes_on_where_it_was_and_knows_its_open_order(tmp_path: Path) -> None:
    world, store = purse(1000), FileStore(tmp_path / "module.json")
    first = merchant(store=store)
    record = world.debit(1, module=first)
    assert merchant(store=store).last_record == record
    world.torn(exchanges.debit(PURSE_AID, first, [Line(1, 2)], NOON), 3, Moment.AFTER_COMMIT)
    second = merchant(store=store)
    assert second.pending == first.pending is not None
    resumed = world.run(exchanges.resume(PURSE_AID, second))
    assert resumed is not None
    assert (resumed.module_counter, resumed.total) == (2, 2)
    assert world.debit(3, module=merchant(store=store)).module_counter == 3


def test_an_order_that_nobody_resumed_is_reported() -> None:
    world = purse(1000)
    world.torn(exchanges.debit(PURSE_AID, world.module, [Line(1, 2)], NOON), 3, Moment.AFTER_COMMIT)
    world.torn(exchanges.debit(PURSE_AID, world.module, [Line(1, 2)], NOON), 3, Moment.BEFORE_COMMIT)
    world.debit(1)
    report = world.module.report()
    assert (report.counter, report.unresolved, report.unused) == (3, (1, 2), ())
    world.module.acknowledge(2)
    assert world.module.report().unresolved == ()
    for wrong in (1, 4):
        with pytest.raises(ValueError, match="between"):
            world.module.acknowledge(wrong)


def test_an_unused_number_stays_settled_after_its_collection() -> None:
    world = purse(1000)
    world.torn(exchanges.debit(PURSE_AID, world.module, [Line(1, 2)], NOON), 3, Moment.BEFORE_COMMIT)
    assert world.run(exchanges.resume(PURSE_AID, world.module)) is None
    world.module.acknowledge(1)
    assert world.module.pending is None
    world.torn(exchanges.debit(PURSE_AID, world.module, [Line(1, 2)], NOON), 3, Moment.AFTER_COMMIT)
    world.module.acknowledge(2)
    assert world.module.pending is not None  # whoever collects does not settle what the card has to say


def test_a_batch_is_full_by_number_or_by_sum() -> None:
    world = purse(1000)
    module = merchant(limits=BatchLimits(count=2, total=100))
    paid = world.debit(60, module=module)
    with pytest.raises(Refused) as caught:
        world.debit(41, module=module)
    assert caught.value.reason == "module_batch_full"
    world.give_back(paid, 60, module=module)  # a return is always possible
    with pytest.raises(Refused):
        world.debit(1, module=module)
    module.acknowledge(2)
    assert world.debit(100, module=module).module_counter == 3


def test_the_counter_of_a_module_ends() -> None:
    store = MemoryStore()
    store.save(ModuleState(counter=MAX_COUNTER).dump())
    with pytest.raises(Refused, match="at its end"):
        purse(10).debit(1, module=merchant(store=store, limits=BatchLimits(count=MAX_COUNTER + 1)))


def test_wrong_lines_are_the_callers_mistake() -> None:
    world = purse(10)
    for lines in ([], [Line(1, 1)] * 2, [Line(0, 1)], [Line(1, 0)], [Line(1, 1 << 63)], [Line(17, 1)]):
        with pytest.raises(ValueError, match=r"lines|slots"):
            world.run(exchanges.debit(PURSE_AID, world.module, lines, NOON))
    assert world.module.counter == 0
    with pytest.raises(ValueError, match="8 bytes"):
        merchant(b"short")


@given(st.binary(max_size=200) | st.lists(st.none() | st.integers()).map(repr).map(str.encode))
def test_any_bytes_for_a_state_end_in_its_error(data: bytes) -> None:
    with pytest.raises(EncodingError):
        ModuleState.parse(data)


@pytest.mark.parametrize(
    "change",
    [
        ('"counter": 1', '"counter": -1'),
        ('"counter": 1', '"counter": true'),
        ('"unused": []', '"unused": 5'),
        ('"verb": 2', '"verb": 9'),
        ('"record": "01', '"record": "zz'),
        ('"card_id": "', '"card_id": "00'),
        ("module 1", "module 2"),
    ],
)
def test_a_changed_state_ends_in_its_error(change: tuple[str, str]) -> None:
    world, store = purse(10), MemoryStore()
    world.debit(1, module=merchant(store=store))
    text = (store.load() or b"").decode()
    assert ModuleState.parse(text.encode()).dump() == text.encode()
    assert change[0] in text
    with pytest.raises(EncodingError):
        ModuleState.parse(text.replace(*change, 1).encode())


def test_a_state_file_far_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "module.bin"
    path.write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(EncodingError):
        FileStore(path).load()
    assert FileStore(tmp_path / "none").load() is None


def test_the_newest_state_is_there_however_often_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "module.bin"
    store = FileStore(path)
    for number in range(30):
        store.save(bytes((number,)) * (1 + number * 1500))
        assert FileStore(path).load() == bytes((number,)) * (1 + number * 1500)
    assert path.stat().st_size >= ROOM
    store.save(b"x" * (ROOM - SECTOR))
    assert FileStore(path).load() == b"x" * (ROOM - SECTOR)
    with pytest.raises(OSError, match="too long"):
        store.save(b"x" * ROOM)


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 9, 20, 599])
def test_a_torn_frame_was_never_promised(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "module.bin"
    FileStore(path).save(b"first")
    store = FileStore(path)
    store.load()
    store.save(b"\xa5" * 600)
    whole = path.read_bytes()
    torn = whole[: SECTOR + kept] + bytes(len(whole) - SECTOR - kept)
    path.write_bytes(torn)
    again = FileStore(path)
    assert again.load() == b"first"
    again.save(b"third")
    assert FileStore(path).load() == b"third"


def test_a_damaged_frame_is_no_torn_one(tmp_path: Path) -> None:
    """Going back to an older state would give a number twice."""
    path = tmp_path / "module.bin"
    store = FileStore(path)
    for data in (b"first", b"second", b"third"):
        store.save(data)
    whole = path.read_bytes()
    for at in [*range(12), *range(SECTOR, SECTOR + 12)]:
        path.write_bytes(whole[:at] + bytes((whole[at] ^ 0x41,)) + whole[at + 1 :])
        with pytest.raises(EncodingError):
            FileStore(path).load()
    at = 2 * SECTOR
    path.write_bytes(whole[:at] + bytes((whole[at] ^ 0x41,)) + whole[at + 1 :])
    assert FileStore(path).load() == b"second"


@given(st.binary(max_size=100))
def test_any_file_is_read_or_ends_in_its_error(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "module.bin"
        path.write_bytes(data)
        with contextlib.suppress(EncodingError):
            FileStore(path).load()


def test_torn_loads_do_not_use_up_the_issuer() -> None:
    world = purse(1000)
    for _ in range(MAX_UNRESOLVED + 2):
        world.torn(exchanges.load(PURSE_AID, world.host, [Line(1, 2)], NOON), 3, Moment.BEFORE_COMMIT)
    assert world.run(exchanges.load(PURSE_AID, world.host, [Line(1, 2)], NOON)).total == 2
    assert len(world.host.report().unresolved) == MAX_UNRESOLVED
