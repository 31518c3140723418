"""The ledger in a real PostgreSQL: the same rules as in SQLite."""

from __future__ import annotations

import itertools
from urllib.parse import quote

import pytest

from tests.peers.servers import Server
from tests.services.ledger.rules import BookRules

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
_NUMBERS = itertools.count()


@pytest.fixture
def address(postgres_service: Server) -> str:
    schema = f"ledger_{next(_NUMBERS)}"
    with psycopg.connect(postgres_service.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return f"{postgres_service.url}&options={quote(f'-csearch_path={schema}')}"


@pytest.mark.peers_heavy
class TestPostgreSQL(BookRules):
    pass
