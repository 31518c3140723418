"""Servers that several tests share: one of each for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.servers import Server, postgres_server, redis_server
from tests.peers.voting import tool as belenios
from tests.peers.wallet import Wallet


def pytest_report_header() -> str:
    """Say which program of Belenios elections are compared with: what it checks depends on its version."""
    return f"belenios-tool: {belenios.version() or 'absent'}"


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


@pytest.fixture(scope="session")
def wallet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wallet]:
    """Cards in readers of their own."""
    with Wallet(tmp_path_factory.mktemp("wallet")) as cards:
        yield cards
