"""Nonces and sessions in SQLite."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from smartid.auth import databases, pool, sql_store
from smartid.auth.databases import sqlite
from smartid.auth.sql_store import SQLStore
from smartid.errors import ExtraMissing, StoreUnavailable
from tests.unit.auth.racing import race
from tests.unit.auth.stores import KEY, MINUTE, VALUE, Clock, StoreContract, at_once


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "the logins.db"


@pytest.fixture
def store(file: Path, clock: Clock) -> Iterator[SQLStore]:
    store = SQLStore(sqlite(file), clock=clock)
    yield store
    store.close()


class TestSQLStore(StoreContract):
    pass


def rows(file: Path) -> int:
    connection = sqlite3.connect(file)
    try:
        number: int = connection.execute("SELECT count(*) FROM smartid_expiring").fetchone()[0]
        return number
    finally:
        connection.close()


def test_of_several_processes_one_gets_it(file: Path) -> None:
    url = f"sqlite:///{file}"
    store = SQLStore.open(url)
    race(store, url)
    store.close()


def test_several_that_begin_at_once_make_one_database(file: Path) -> None:
    for number in range(10):
        database = sqlite(file.with_name(f"{number}.db"))
        stores = at_once(lambda database=database: SQLStore(database))
        stores[0].put(KEY, VALUE, MINUTE)
        assert all(store.get(KEY) == VALUE for store in stores)
        for store in stores:
            store.close()


def test_what_was_put_is_there_at_the_next_start(store: SQLStore, file: Path, clock: Clock) -> None:
    store.put(KEY, VALUE, MINUTE)
    again = SQLStore(sqlite(file), clock=clock)
    assert again.get(KEY) == VALUE
    again.close()


def test_nobody_else_may_read_the_file(store: SQLStore, file: Path) -> None:
    store.put(KEY, VALUE, MINUTE)
    assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}


def test_a_counter_that_is_got_shows_its_number(store: SQLStore) -> None:
    store.count("rate:a", MINUTE)
    store.count("rate:a", MINUTE)
    assert store.get("rate:a") == b"2"
    assert store.take("rate:a") == b"2"
    assert store.count("rate:a", MINUTE) == 1


def test_text_that_a_database_would_refuse_is_a_key_like_any_other(store: SQLStore) -> None:
    for key in ("code:\0", "code:\udfff", "code:'; DROP TABLE smartid_expiring --"):
        store.put(key, key.encode("utf-8", "replace"), MINUTE)
        assert store.take(key) == key.encode("utf-8", "replace")


def test_expired_rows_are_swept_out_in_batches(
    store: SQLStore, file: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_store, "SWEEP_AT_MOST", 10)
    for number in range(25):
        store.put(f"nonce:{number}", b"", MINUTE)
    clock.advance(2 * MINUTE)
    left = []
    for _ in range(4):
        store.put("session:a", b"", timedelta(hours=8))
        left.append(rows(file) - 1)
    assert left == [15, 5, 0, 0]


def test_between_sweeps_nobody_looks_for_what_expired(store: SQLStore, file: Path, clock: Clock) -> None:
    store.put("session:a", b"", timedelta(hours=8))
    store.put("nonce:a", b"", timedelta(seconds=1))
    clock.advance(timedelta(seconds=2))
    store.put("session:b", b"", timedelta(hours=8))
    assert rows(file) == 3
    clock.advance(sql_store.SWEEP_EVERY)
    store.put("session:c", b"", timedelta(hours=8))
    assert rows(file) == 3


def test_a_folder_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open database file") as error:
        SQLStore(sqlite(tmp_path / "nowhere" / "a.db"))
    assert "may write there" in error.value.remedy


def test_a_file_that_is_no_database_is_refused(file: Path) -> None:
    file.write_bytes(b"no database at all, but long enough to be one" * 40)
    with pytest.raises(StoreUnavailable, match="not a database"):
        SQLStore(sqlite(file))


def test_a_writer_that_never_ends_is_not_waited_for_for_ever(
    file: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "BUSY", 0.05)
    store = SQLStore(sqlite(file), clock=clock)
    store.put(KEY, VALUE, MINUTE)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.take(KEY)
    assert store.get(KEY) == VALUE, "readers go on"
    other.close()
    assert store.take(KEY) == VALUE
    store.close()


def test_more_threads_than_connections_wait_for_one(
    file: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "CONNECTIONS", 1)
    monkeypatch.setattr(pool, "WAIT", 0.05)
    inside, go_on = Event(), Event()

    class Slow(sqlite3.Connection):
        def execute(self, statement: str, parameters: object = (), /) -> sqlite3.Cursor:
            if statement.startswith("DELETE"):
                inside.set()
                assert go_on.wait(20)
            return super().execute(statement, parameters)  # type: ignore[arg-type]

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(file, isolation_level=None, check_same_thread=False, factory=Slow)

    store = SQLStore(replace(sqlite(file), connect=connect), clock=clock)
    slow = Thread(target=store.take, args=[KEY])
    slow.start()
    assert inside.wait(20)
    with pytest.raises(StoreUnavailable, match="all 1 connections were busy"):
        store.get(KEY)
    go_on.set()
    slow.join()
    assert store.get(KEY) is None
    store.close()


def test_a_forked_child_opens_connections_of_its_own(file: Path, clock: Clock) -> None:
    opened: list[int] = []
    database = sqlite(file)

    def connect() -> databases.Connection:
        opened.append(os.getpid())
        return database.connect()

    store = SQLStore(replace(database, connect=connect), clock=clock)
    store.put(KEY, VALUE, MINUTE)
    child = os.fork()
    if child == 0:
        right = store.get(KEY) == VALUE and opened[-1] == os.getpid()
        os._exit(0 if right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.take(KEY) == VALUE
    assert opened == [os.getpid()]
    store.close()


@pytest.mark.parametrize(
    "url", ["", "sqlite:", "sqlite:///", "sqlite://host/file", "mysql://host/db", "logins.db"]
)
def test_another_kind_of_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="begins with sqlite:/// or postgresql://"):
        SQLStore.open(url)


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ExtraMissing, match=r"smartid\[postgres\]"):
        SQLStore.open("postgresql://localhost/logins")
