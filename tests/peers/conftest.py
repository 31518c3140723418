"""Servers that several tests share: one of each for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.servers import Server, postgres_server, redis_server


@pytest.fixture(scope="session")
def redis_service() -> Iterator[Server]:
    """A Redis of our own."""
    with redis_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_service() -> Iterator[Server]:
    """A PostgreSQL of our own."""
    with postgres_server() as server:
        yield server
