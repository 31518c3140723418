"""How fast the ledger posts durably, beside bare sqlite3 doing the same work in the same run.

The workload is that of a card scheme: CARDS accounts that may not be overdrawn, SHOPS that take, every
transfer with a unique 16-byte identifier, balances kept, full sync. The baseline has three statements a
transfer and neither hash chain nor pending transfers.
"""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

from smartid.services.ledger.book import Book
from smartid.services.ledger.opening import open_book
from smartid.services.ledger.values import Account, Guard, Outcome, Posting, Transfer
from tests.bench.measure import Figure

CARDS, SHOPS = 10_000, 200
SINGLE, GROUPED, BATCHED = 5_000, 20_000, 200_000
"""Promises: durable postings a second, one at a time, with group commit, in batches of ``BATCH``."""
BATCH = 8_000
ROUNDS = 5
POSTGRES = "SMARTID_BENCH_POSTGRES"
"""Address of a PostgreSQL to measure beside; none is measured when it is not set."""


def figures() -> list[Figure]:
    """SQLite, and PostgreSQL where an address is given."""
    with tempfile.TemporaryDirectory() as folder:
        found = _engine("SQLite", f"sqlite:///{folder}/book.db", Bare(Path(folder, "bare.db")), promised=True)
        if address := os.environ.get(POSTGRES):
            found += _engine("PostgreSQL", address, Bare(Path(folder, "bare2.db")), promised=False)
    return found


def _engine(name: str, url: str, bare: Bare, *, promised: bool) -> list[Figure]:
    chance = random.Random(7816)
    with closing(bare), _book(url) as book:
        single = _turns(
            {"ours": lambda part: _one_by_one(book, part), "bare": bare.one_by_one}, chance, size=1_000
        )
        grouped = _turns({"ours": lambda part: _submitted(book, part)}, chance, size=20_000)
        batched = _turns({"ours": lambda part: _batch(book, part), "bare": bare.batch}, chance, size=BATCH)
    rows = (
        ("one at a time", single["ours"], single["bare"], SINGLE),
        ("submitted by many, group commit", grouped["ours"], single["bare"], GROUPED),
        (f"in batches of {BATCH:,}", batched["ours"], batched["bare"], BATCHED),
    )
    return [
        Figure(
            name=f"{name}: durable postings, {how}",
            value=rate,
            unit="/s",
            baseline="bare sqlite3, three statements each" + (", one at a time" if "group" in how else ""),
            baseline_value=base,
            target=f">= {promise:,} a second" if promised else "told, not promised",
            met=rate >= promise or not promised,
        )
        for how, rate, base, promise in rows
    ]


@contextmanager
def _book(url: str) -> Iterator[Book]:
    with open_book(url) as book:
        accounts = [Account(name=f"card/{n}", unit="IRR") for n in range(CARDS)]
        accounts += [Account(name=f"shop/{n}", unit="IRR") for n in range(SHOPS)]
        book.run(
            lambda entry: entry.open_account(Account(name="issuer", unit="IRR", guard=Guard.NONE), *accounts)
        )
        for start in range(0, CARDS, 1_000):
            book.post([(_load(n),) for n in range(start, start + 1_000)])
        yield book


def _load(number: int) -> Transfer:
    return Transfer(id=os.urandom(16), debit="issuer", credit=f"card/{number}", amount=10**9)


def _payments(chance: random.Random, size: int) -> list[Posting]:
    return [
        (
            Transfer(
                id=chance.randbytes(16),
                debit=f"card/{chance.randrange(CARDS)}",
                credit=f"shop/{chance.randrange(SHOPS)}",
                amount=chance.randrange(1, 1000),
            ),
        )
        for _ in range(size)
    ]


def _turns(
    ways: dict[str, Callable[[list[Posting]], None]], chance: random.Random, *, size: int
) -> dict[str, float]:
    """Postings a second: median over rounds in which the ways take turns."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            part = _payments(chance, size)
            start = time.perf_counter()
            way(part)
            rates[name].append(size / (time.perf_counter() - start))
    return {name: median(found) for name, found in rates.items()}


def _one_by_one(book: Book, part: list[Posting]) -> None:
    _require(outcome for posting in part for outcome in book.post([posting]))


def _submitted(book: Book, part: list[Posting]) -> None:
    waiting = [book.submit(posting) for posting in part]
    _require(future.result() for future in waiting)


def _batch(book: Book, part: list[Posting]) -> None:
    _require(book.post(part))


def _require(outcomes: Iterator[Outcome] | Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if outcome is not Outcome.POSTED:
            raise AssertionError(f"a payment was {outcome}")


class Bare:
    """The least that sqlite3 needs for the same workload: three statements a transfer, full sync."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0))"
            "STRICT;"
            "CREATE TABLE transfer (id BLOB PRIMARY KEY, debit INTEGER, credit INTEGER, amount INTEGER)"
            "STRICT;"
        )
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO account VALUES (?, ?)", [(n, 10**9) for n in range(CARDS)])
        self._db.executemany("INSERT INTO account VALUES (?, 0)", [(CARDS + n,) for n in range(SHOPS)])
        self._db.execute("COMMIT")

    def one_by_one(self, part: list[Posting]) -> None:
        """Commit each for itself."""
        for posting in part:
            self.batch([posting])

    def batch(self, part: list[Posting]) -> None:
        """Commit all together."""
        self._db.execute("BEGIN IMMEDIATE")
        for (one,) in part:
            debit, credit = int(one.debit[5:]), CARDS + int(one.credit[5:])
            self._db.execute("INSERT INTO transfer VALUES (?, ?, ?, ?)", (one.id, debit, credit, one.amount))
            self._db.execute("UPDATE account SET balance = balance - ? WHERE id = ?", (one.amount, debit))
            self._db.execute("UPDATE account SET balance = balance + ? WHERE id = ?", (one.amount, credit))
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the database."""
        self._db.close()
