from __future__ import annotations

from datetime import timedelta

import pytest

from smartid.auth.memory_store import MemoryStore
from tests.unit.auth.stores import MINUTE, SECOND, Clock, StoreContract


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> MemoryStore:
    return MemoryStore(clock=clock)


class TestMemoryStore(StoreContract):
    pass


def size(store: MemoryStore) -> int:
    return int(repr(store).removeprefix("MemoryStore(").partition(" ")[0])


def test_a_flood_of_nonces_pushes_out_nonces_and_never_a_session(clock: Clock) -> None:
    store = MemoryStore(clock=clock, capacity=3)
    for number in range(3):
        store.put(f"session:{number}", b"s", timedelta(hours=8))
    for number in range(10):
        store.put(f"nonce:{number}", b"n", MINUTE)
        clock.advance(SECOND)
    assert all(store.get(f"session:{number}") for number in range(3))
    assert [bool(store.get(f"nonce:{number}")) for number in range(10)] == [False] * 7 + [True] * 3


def test_what_ends_first_goes_first(clock: Clock) -> None:
    store = MemoryStore(clock=clock, capacity=2)
    store.put("session:long", b"", timedelta(hours=8))
    store.put("session:short", b"", MINUTE)
    store.put("session:new", b"", timedelta(hours=1))
    assert [store.get(f"session:{name}") for name in ("long", "short", "new")] == [b"", None, b""]


def test_what_has_expired_leaves_when_something_comes(store: MemoryStore, clock: Clock) -> None:
    for number in range(100):
        store.put(f"nonce:{number}", b"", MINUTE)
    clock.advance(2 * MINUTE)
    store.put("nonce:new", b"", MINUTE)
    assert size(store) == 1


def test_replacing_and_taking_leaves_no_litter(store: MemoryStore) -> None:
    for number in range(10_000):
        store.put("session:same", b"", timedelta(hours=8))
        store.put(f"session:{number}", b"", timedelta(hours=8))
        store.take(f"session:{number}")
    assert size(store) == 1
    (kind,) = store._kinds.values()
    assert len(kind.ends) < 100


def test_asking_for_what_never_was_keeps_nothing(store: MemoryStore) -> None:
    for number in range(10):
        store.get(f"kind{number}:a")
        store.take(f"kind{number}:a")
    assert not store._kinds


def test_it_shows_nothing_of_what_it_holds(store: MemoryStore) -> None:
    store.put("session:secret", b"secret", MINUTE)
    assert repr(store) == "MemoryStore(1 entries)"
