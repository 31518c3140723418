"""Two OpenID providers on one PostgreSQL, and on one Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from smartid.auth.redis_store import RedisStore
from smartid.auth.sql_store import SQLStore
from tests.peers.servers import Server
from tests.unit.oidc.two_providers import OpenStore, TwoProviders

pytestmark = pytest.mark.peers_heavy

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed (pip install 'psycopg[binary]')")
redis = pytest.importorskip("redis", reason="redis is not installed (pip install redis)")


class TestPostgreSQL(TwoProviders):
    @pytest.fixture
    def open_store(self, postgres_service: Server) -> Iterator[OpenStore]:
        with psycopg.connect(postgres_service.url) as connection:
            connection.execute("DROP TABLE IF EXISTS smartid_expiring")
        with ExitStack() as stack:
            yield lambda clock: stack.enter_context(closing(SQLStore.open(postgres_service.url, clock=clock)))


class TestRedis(TwoProviders):
    @pytest.fixture
    def open_store(self, redis_service: Server) -> OpenStore:
        redis.Redis.from_url(redis_service.url).flushdb()
        return lambda _clock: RedisStore.open(redis_service.url)
