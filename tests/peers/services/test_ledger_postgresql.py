"""The ledger in a real PostgreSQL: the same rules as in SQLite, and a server that dies."""

from __future__ import annotations

import itertools
from urllib.parse import quote

import pytest
from hypothesis import settings

from smartid.errors import LedgerBroken, StoreUnavailable
from smartid.services.ledger import open_book
from smartid.services.ledger.values import Outcome
from tests.peers.servers import Server, postgres_server
from tests.services.ledger import crashes
from tests.services.ledger.random_ledger import RandomLedger
from tests.services.ledger.rules import ACCOUNTS, BookRules, move

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
pytestmark = pytest.mark.peers_heavy
_NUMBERS = itertools.count()


def new_address(server: Server) -> str:
    schema = f"ledger_{next(_NUMBERS)}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return f"{server.url}&options={quote(f'-csearch_path={schema}')}"


@pytest.fixture
def address(postgres_service: Server) -> str:
    return new_address(postgres_service)


class TestPostgreSQL(BookRules):
    pass


def test_random_histories(postgres_service: Server) -> None:
    class RandomPostgreSQL(RandomLedger):
        def address(self) -> str:
            return new_address(postgres_service)

    case = RandomPostgreSQL.TestCase
    case.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)
    case().runTest()


@pytest.mark.parametrize("way", ["single", "entry", "submit", "batch"])
def test_a_program_is_killed(address: str, way: str) -> None:
    crashes.check_kill(address, way, seed=1)


def test_programs_share_a_database(address: str) -> None:
    running = [crashes.start(address, "submit", seed, 0, 6) for seed in (1, 1, 2)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.read().split() == [str(n) for n in range(6)]
        process.stdout.close()
        assert process.wait() == 0
    with open_book(address) as book:
        crashes.check_whole(book)
        crashes.check_groups(book, 1, 5, 50)


@pytest.mark.timeout(600)
def test_many_random_groups_with_kills(address: str) -> None:
    assert crashes.check_many(address, batches=150, kills=5, seed=6) >= 140_000
    with psycopg.connect(address) as connection:
        wrong = connection.execute(
            """WITH settled AS (SELECT * FROM smartid_transfer WHERE kind IN (0, 2))
            SELECT count(*) FROM smartid_account a
            WHERE a.debits <> (SELECT coalesce(sum(amount), 0) FROM settled WHERE debit = a.number)
            OR a.credits <> (SELECT coalesce(sum(amount), 0) FROM settled WHERE credit = a.number)"""
        ).fetchone()
    assert wrong == (0,)


def test_a_connection_that_was_cut(address: str) -> None:
    with open_book(address) as book:
        book.run(lambda entry: entry.open_account(*ACCOUNTS))

        def cut(entry: object) -> None:
            entry.post(move(1, "bank", "purse/1", 5))
            with psycopg.connect(address, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    " AND state = 'idle in transaction' AND query NOT LIKE '%REPEATABLE READ%'"
                )

        with pytest.raises(StoreUnavailable, match="The book gives no answer"):
            book.run(cut)
        assert book.balance("purse/1").posted == 0
        assert book.post([(move(1, "bank", "purse/1", 5),)]) == [Outcome.POSTED]
        book.verify()


def test_a_server_that_is_gone() -> None:
    with postgres_server() as server:
        book = open_book(server.url)
        book.run(lambda entry: entry.open_account(*ACCOUNTS))
    with pytest.raises(StoreUnavailable):
        book.post([(move(1, "bank", "purse/1", 5),)])
    with pytest.raises(StoreUnavailable):
        book.balance("bank")
    with pytest.raises(StoreUnavailable):
        open_book(server.url)
    book.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE smartid_transfer SET amount = 1",
        "DELETE FROM smartid_transfer",
        "TRUNCATE smartid_block",
        "DELETE FROM smartid_account",
        "UPDATE smartid_account SET unit = 'ml'",
    ],
)
def test_what_was_appended_stays(address: str, statement: str) -> None:
    with open_book(address) as book:
        book.run(lambda entry: entry.open_account(*ACCOUNTS))
        book.post([(move(1, "bank", "purse/1", 5),)])
    with psycopg.connect(address, autocommit=True) as connection:
        with pytest.raises(psycopg.Error, match="append-only"):
            connection.execute(statement)
        with pytest.raises(psycopg.Error, match="check constraint"):
            connection.execute("UPDATE smartid_account SET debits = 6 WHERE name = 'purse/1'")


def test_what_was_changed_is_found(address: str) -> None:
    with open_book(address) as book:
        book.run(lambda entry: entry.open_account(*ACCOUNTS))
        book.post([(move(1, "bank", "purse/1", 5),)])
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("ALTER TABLE smartid_transfer DISABLE TRIGGER ALL")
            connection.execute("UPDATE smartid_transfer SET note = 'x'")
        with pytest.raises(LedgerBroken, match="at block 2"):
            book.verify()
