"""What every ``ExpiringStore`` keeps, as tests: a class that inherits from ``StoreContract`` runs them all.

It brings two fixtures: ``store``, an empty store, and ``clock``, whose ``advance`` lets time pass for it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TypeVar

import pytest

from smartid.auth.store import MAX_KEY, MAX_VALUE, ExpiringStore

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
KEY, VALUE = "nonce:a", b"\x00one\xff"
THREADS = 8

T = TypeVar("T")


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, now: datetime = datetime(2027, 3, 1, 12, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, time: timedelta) -> None:
        self.now += time


def at_once(work: Callable[[], T]) -> list[T]:
    """Do the same in several threads that start together."""
    start = Barrier(THREADS)

    def run() -> T:
        start.wait(10)
        return work()

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(THREADS)]]


class StoreContract:
    def test_it_gives_what_was_put_as_often_as_it_is_asked(self, store: ExpiringStore) -> None:
        store.put(KEY, VALUE, MINUTE)
        assert [store.get(KEY), store.get(KEY)] == [VALUE, VALUE]

    def test_it_has_nothing_that_was_not_put(self, store: ExpiringStore) -> None:
        store.put(KEY, VALUE, MINUTE)
        assert store.get("nonce:b") is None
        assert store.take("session:a") is None

    def test_an_empty_value_is_a_value(self, store: ExpiringStore) -> None:
        store.put(KEY, b"", MINUTE)
        assert store.get(KEY) == b""
        assert store.take(KEY) == b""

    def test_put_takes_the_place_of_what_was_there_and_of_its_time(
        self, store: ExpiringStore, clock: Clock
    ) -> None:
        store.put(KEY, b"old", 3 * SECOND)
        store.put(KEY, b"new", MINUTE)
        clock.advance(4 * SECOND)
        assert store.get(KEY) == b"new"

    def test_a_shorter_time_replaces_a_longer_one(self, store: ExpiringStore, clock: Clock) -> None:
        store.put(KEY, b"old", MINUTE)
        store.put(KEY, b"new", 2 * SECOND)
        clock.advance(3 * SECOND)
        assert store.get(KEY) is None

    def test_what_was_taken_is_gone(self, store: ExpiringStore) -> None:
        store.put(KEY, VALUE, MINUTE)
        assert [store.take(KEY), store.take(KEY), store.get(KEY)] == [VALUE, None, None]

    def test_what_expired_is_as_good_as_never_put(self, store: ExpiringStore, clock: Clock) -> None:
        for key in ("code:got", "code:taken", "code:added"):
            store.put(key, VALUE, 2 * SECOND)
        clock.advance(3 * SECOND)
        assert store.get("code:got") is None
        assert store.take("code:taken") is None
        assert store.add("code:added", b"again", MINUTE)
        assert store.get("code:added") == b"again"

    def test_it_is_there_until_its_time_is_over(self, store: ExpiringStore, clock: Clock) -> None:
        store.put(KEY, VALUE, MINUTE)
        clock.advance(SECOND)
        assert store.get(KEY) == VALUE

    @pytest.mark.parametrize("lifetime", [timedelta(0), -SECOND])
    def test_without_a_lifetime_nothing_is_kept(self, store: ExpiringStore, lifetime: timedelta) -> None:
        store.put(KEY, b"old", MINUTE)
        store.put(KEY, VALUE, lifetime)
        assert store.get(KEY) is None

    def test_add_keeps_the_first(self, store: ExpiringStore) -> None:
        assert store.add(KEY, b"first", MINUTE)
        assert not store.add(KEY, b"second", MINUTE)
        assert store.get(KEY) == b"first"
        store.take(KEY)
        assert store.add(KEY, b"third", MINUTE)

    def test_a_counter_counts_until_its_window_is_over(self, store: ExpiringStore, clock: Clock) -> None:
        assert [store.count("rate:a", 3 * SECOND) for _ in range(3)] == [1, 2, 3]
        assert store.count("rate:b", 3 * SECOND) == 1
        clock.advance(2 * SECOND)
        assert store.count("rate:a", 3 * SECOND) == 4
        clock.advance(2 * SECOND)
        assert store.count("rate:a", 3 * SECOND) == 1

    def test_of_many_who_take_at_once_one_gets_it(self, store: ExpiringStore) -> None:
        for number in range(20):
            store.put(f"nonce:{number}", VALUE, MINUTE)
            taken = at_once(lambda key=f"nonce:{number}": store.take(key))
            assert (taken.count(VALUE), taken.count(None)) == (1, THREADS - 1)

    def test_of_many_who_add_at_once_one_does(self, store: ExpiringStore) -> None:
        for number in range(20):
            added = at_once(lambda key=f"jti:{number}": store.add(key, VALUE, MINUTE))
            assert added.count(True) == 1

    def test_nobody_is_counted_twice(self, store: ExpiringStore) -> None:
        counted = at_once(lambda: [store.count("rate:all", MINUTE) for _ in range(20)])
        assert sorted(number for numbers in counted for number in numbers) == list(range(1, 20 * THREADS + 1))

    def test_the_longest_key_and_value_fit_and_longer_ones_are_refused(self, store: ExpiringStore) -> None:
        key, value = "k" * MAX_KEY, bytes(MAX_VALUE)
        store.put(key, value, MINUTE)
        assert store.get(key) == value
        for refused in (
            lambda: store.put("k" * (MAX_KEY + 1), b"", MINUTE),
            lambda: store.put("", b"", MINUTE),
            lambda: store.put(KEY, bytes(MAX_VALUE + 1), MINUTE),
            lambda: store.add("k" * (MAX_KEY + 1), b"", MINUTE),
            lambda: store.add(KEY, bytes(MAX_VALUE + 1), MINUTE),
            lambda: store.count("k" * (MAX_KEY + 1), MINUTE),
        ):
            with pytest.raises(ValueError, match="at most|1 to"):
                refused()

    def test_keys_are_told_apart_to_the_letter(self, store: ExpiringStore) -> None:
        keys = ["session:Aa", "session:aa", "session:aa ", "session:%", "session:_a", "session:کارت"]
        for number, key in enumerate(keys):
            store.put(key, b"%d" % number, MINUTE)
        assert [store.get(key) for key in keys] == [b"%d" % number for number in range(len(keys))]
