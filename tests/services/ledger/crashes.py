"""Programs that post are killed; what they said was done is done, and nothing is half done."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

from smartid.services.ledger import open_book
from smartid.services.ledger.book import Book
from smartid.services.ledger.values import Outcome
from tests.services.ledger import poster

ROOT = Path(__file__).parents[3]


def start(url: str, way: str, seed: int, first: int, count: int) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tests.services.ledger.poster",
        url,
        way,
        str(seed),
        str(first),
        str(count),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)


def kill_after(process: subprocess.Popen[str], lines: int, chance: random.Random) -> list[int]:
    """Kill at some moment after so many lines, and give the batches that it said were done."""
    said = []
    while len(said) < lines and (line := process.stdout.readline()):
        said.append(int(line))
    for _ in range(chance.randrange(40_000)):
        pass  # a moment that nobody chose
    process.kill()
    rest = process.stdout.read().splitlines(keepends=True)
    process.stdout.close()
    process.wait()
    return said + [int(line) for line in rest if line.endswith("\n")]


def check_whole(book: Book) -> None:
    """Nothing is half done: chain and balances fit, and no value came or went."""
    book.verify()
    assert all(given == taken for given, taken in book.totals().values())
    assert sum(balance.posted for _, balance in book.balances()) == 0
    assert all(balance.available >= 0 for name, balance in book.balances("purse/"))


def check_groups(book: Book, seed: int, number: int, size: int) -> None:
    for group in poster.batch(seed, number, size):
        there = book.run(lambda entry, group=group: [entry.transfer(each.id) is not None for each in group])
        assert all(there) or not any(there)


def check_kill(url: str, way: str, seed: int) -> None:
    """One program, one kill."""
    chance = random.Random(seed)
    size = poster.SIZES[way]
    said = kill_after(start(url, way, seed, 0, 10**9), chance.randrange(1, 12), chance)
    with open_book(url) as book:
        check_whole(book)
        if way == "entry":
            for number in said:
                assert book.run(lambda entry, number=number: entry.load("batch", str(number))) is not None
            kept = book.run(lambda entry: entry.find("batch", limit=10**6))
            assert sorted(each.content["receipt"] for each in kept) == list(range(1, len(kept) + 1))
            assert book.balance("purse/0").posted == len(kept)
            assert len(kept) - len(said) in {0, 1}
            return
        # What was posted answers "exists" when it is asked for again; a batch that was begun is whole groups.
        before = book.head()
        for number in said:
            groups = poster.batch(seed, number, size)
            first = [group for group in groups if group[0].debit == "bank"]
            assert set(book.post(first)) <= {Outcome.EXISTS}
        assert book.head() == before
        check_groups(book, seed, said[-1] + 1, min(size, 50))


def check_many(url: str, *, batches: int, kills: int, seed: int) -> int:
    """Post many random batches of a thousand, killed now and then; gives how many groups were asked for."""
    chance = random.Random(seed)
    done, asked = 0, 0
    for _ in range(kills):
        said = kill_after(
            start(url, "batch", seed, done, batches), chance.randrange(1, batches // kills), chance
        )
        asked += 1000 * len(said)
        done = said[-1] + 1
        with open_book(url) as book:
            assert book.balances("purse/")
    process = start(url, "batch", seed, done, max(0, batches - done))
    assert process.stdout is not None
    asked += 1000 * len(process.stdout.read().split())
    process.stdout.close()
    assert process.wait() == 0
    with open_book(url) as book:
        check_whole(book)
    return asked
