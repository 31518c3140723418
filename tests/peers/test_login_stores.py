"""Nonces and sessions in PostgreSQL and in Redis, whose own rules decide what is one step."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from smartid.auth.redis_store import RedisStore
from smartid.auth.sql_store import SQLStore
from smartid.errors import ExtraMissing, StoreUnavailable
from tests.peers.servers import Server, postgres_server, redis_server
from tests.unit.auth.racing import race
from tests.unit.auth.stores import KEY, MINUTE, SECOND, VALUE, Clock, StoreContract

pytestmark = pytest.mark.peers_heavy

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed (pip install 'psycopg[binary]')")
redis = pytest.importorskip("redis", reason="redis is not installed (pip install redis)")


def empty(postgres_service: Server) -> None:
    with psycopg.connect(postgres_service.url) as connection:
        connection.execute("DROP TABLE IF EXISTS smartid_expiring")


class TestPostgreSQL(StoreContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def store(self, postgres_service: Server, clock: Clock) -> Iterator[SQLStore]:
        empty(postgres_service)
        store = SQLStore.open(postgres_service.url, clock=clock)
        yield store
        store.close()


def test_of_several_processes_on_postgresql_one_gets_it(postgres_service: Server) -> None:
    empty(postgres_service)
    store = SQLStore.open(postgres_service.url)
    race(store, postgres_service.url)
    store.close()


def test_several_that_begin_at_once_make_one_table(postgres_service: Server) -> None:
    empty(postgres_service)
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(SQLStore.open, [postgres_service.url] * 8))
    stores[0].put(KEY, VALUE, MINUTE)
    assert all(store.get(KEY) == VALUE for store in stores)
    for store in stores:
        store.close()


def test_an_account_that_may_not_make_tables_uses_the_one_that_is_there(postgres_service: Server) -> None:
    empty(postgres_service)
    SQLStore.open(postgres_service.url).close()
    with psycopg.connect(postgres_service.url) as connection:
        connection.execute("DROP ROLE IF EXISTS modest")
        connection.execute("CREATE ROLE modest LOGIN")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON smartid_expiring TO modest")
    store = SQLStore.open(postgres_service.url.replace("smartid@", "modest@"))
    assert store.count("rate:a", MINUTE) == 1
    store.close()
    empty(postgres_service)
    with pytest.raises(StoreUnavailable, match="permission denied"):
        SQLStore.open(postgres_service.url.replace("smartid@", "modest@"))


def test_text_that_postgresql_refuses_is_a_key_like_any_other(postgres_service: Server) -> None:
    store = SQLStore.open(postgres_service.url)
    for key in ("code:\0", "code:\udfff"):
        store.put(key, b"v", MINUTE)
        assert store.take(key) == b"v"
    store.close()


def test_expired_rows_leave_postgresql(postgres_service: Server) -> None:
    empty(postgres_service)
    clock = Clock()
    store = SQLStore.open(postgres_service.url, clock=clock)
    for number in range(5):
        store.put(f"nonce:{number}", b"", MINUTE)
    clock.advance(2 * MINUTE)
    assert [store.sweep(), store.sweep()] == [5, 0]
    store.close()


def test_connections_that_the_server_ended_are_opened_anew(postgres_service: Server) -> None:
    store = SQLStore.open(postgres_service.url)
    store.put(KEY, VALUE, MINUTE)
    with psycopg.connect(postgres_service.url) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert store.take(KEY) == VALUE
    store.close()


def test_a_postgresql_that_is_gone_is_named(postgres_service: Server) -> None:
    with postgres_server() as short_lived:
        store = SQLStore.open(short_lived.url)
        store.put(KEY, VALUE, MINUTE)
    with pytest.raises(StoreUnavailable, match="gives no answer"):
        store.take(KEY)


class Ageing:
    """Makes what a Redis holds older, through its own commands: nobody has to wait."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client

    def advance(self, time: timedelta) -> None:
        for key in self.client.keys("smartid:*"):
            left = self.client.pttl(key)
            assert left > 0, f"{key!r} would stay for ever"
            self.client.pexpire(key, left - round(time / timedelta(milliseconds=1)))


@pytest.fixture
def client(redis_service: Server) -> Iterator[redis.Redis]:
    with contextlib.closing(redis.Redis.from_url(redis_service.url)) as client:
        client.flushall()
        yield client


class TestRedis(StoreContract):
    @pytest.fixture
    def clock(self, client: redis.Redis) -> Ageing:
        return Ageing(client)

    @pytest.fixture
    def store(self, client: redis.Redis) -> RedisStore:
        return RedisStore(client)


def test_of_several_processes_on_redis_one_gets_it(client: redis.Redis, redis_service: Server) -> None:
    store = RedisStore.open(redis_service.url)
    race(store, redis_service.url)
    store.close()


def test_redis_itself_lets_go_of_what_expired(client: redis.Redis) -> None:
    RedisStore(client).put(KEY, VALUE, timedelta(milliseconds=5))
    while client.exists(f"smartid:{KEY}"):
        pass  # milliseconds; the time limit of every test ends it otherwise
    assert RedisStore(client).get(KEY) is None


def test_a_counter_ends_even_if_whoever_began_it_died(client: redis.Redis) -> None:
    store = RedisStore(client)
    store.count("rate:a", 3 * SECOND)
    assert 0 < client.pttl("smartid:rate:a") <= 3000
    store.count("rate:a", MINUTE)
    assert client.pttl("smartid:rate:a") <= 3000, "a later call does not lengthen the window"


def test_prefixes_keep_two_sites_apart(client: redis.Redis) -> None:
    one, two = RedisStore(client, prefix="one:"), RedisStore(client, prefix="two:")
    one.put(KEY, b"1", MINUTE)
    assert two.take(KEY) is None
    assert one.take(KEY) == b"1"


def test_a_client_that_decodes_is_refused(redis_service: Server) -> None:
    with contextlib.closing(redis.Redis.from_url(redis_service.url, decode_responses=True)) as client:
        with pytest.raises(ValueError, match="must not decode"):
            RedisStore(client)


def test_a_redis_that_is_gone_is_named() -> None:
    with redis_server() as short_lived:
        store = RedisStore.open(short_lived.url)
        store.put(KEY, VALUE, MINUTE)
    with pytest.raises(StoreUnavailable, match="gives no answer"):
        store.take(KEY)
    store.close()


def test_a_redis_that_is_not_there_is_named(tmp_path: Path) -> None:
    store = RedisStore.open(f"unix://{tmp_path}/nothing")
    with pytest.raises(StoreUnavailable, match="gives no answer"):
        store.get(KEY)
    store.close()


def test_a_missing_client_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ExtraMissing, match=r"smartid\[redis\]"):
        RedisStore.open("redis://localhost")
