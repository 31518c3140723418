from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smartid.errors import Refused
from smartid.services.ledger.book import Book, Entry
from smartid.services.ledger.opening import open_book
from smartid.services.reasons import Reason
from smartid.services.spine.resume import Did, Intent, Intents, by_counter
from tests.unit.services.spine.world import World, refused

WRITTEN = datetime(2026, 11, 23, 12, tzinfo=UTC)
INTENT = Intent(id="case-1", service="purse", card="0a0b", counter=41, written=WRITTEN, plan={"debit": 500})


@dataclass(frozen=True)
class Proof:
    card: str
    counter: int


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_book(f"sqlite:///{tmp_path}/intents.db") as opened:
        yield opened


@pytest.mark.parametrize(
    ("counter", "did"),
    [(41, Did.NOT_COMMITTED), (42, Did.COMMITTED), (40, Did.UNDECIDED), (43, Did.UNDECIDED)],
)
def test_the_card_says_what_it_did(book: Book, counter: int, did: Did) -> None:
    intents = Intents(book, "purse")
    intents.write(INTENT)
    acted: list[tuple[str, Did]] = []

    def act(entry: Entry, intent: Intent, outcome: Did) -> None:
        acted.append((intent.id, outcome))

    assert intents.resume(Proof("ffff", counter), by_counter, act) is None
    assert Intents(book, "purse").resume(Proof("0a0b", counter), by_counter, act) is did
    assert intents.resume(Proof("0a0b", counter), by_counter, act) is None
    assert acted == [("case-1", did)]
    assert intents.open_for("0a0b") is None


def test_a_torn_card_is_asked_before_it_is_used_again(book: Book) -> None:
    intents = Intents(book, "purse")
    intents.write(INTENT)
    intents.write(INTENT)
    assert intents.open_for("0a0b") == INTENT
    assert intents.all_open() == [INTENT]
    with refused(Reason.IN_PROGRESS):
        intents.write(replace(INTENT, id="case-2"))
    book.run(lambda entry: intents.close(entry, INTENT, Did.COMMITTED))
    with refused(Reason.WRONG_STATE):
        book.run(lambda entry: intents.close(entry, INTENT, Did.COMMITTED))
    intents.write(replace(INTENT, id="case-2"))


def test_an_intent_stays_open_when_what_follows_fails(book: Book) -> None:
    intents = Intents(book, "purse")
    intents.write(INTENT)

    def fail(entry: Entry, intent: Intent, outcome: Did) -> None:
        raise Refused("The account is empty.", reason=Reason.INSUFFICIENT)

    with refused(Reason.INSUFFICIENT):
        intents.resume(Proof("0a0b", 42), by_counter, fail)
    assert intents.open_for("0a0b") == INTENT


@pytest.mark.parametrize(("counter", "money"), [(7, (1_000_000, 0)), (8, (999_900, 100))])
def test_a_case_follows_its_card(pool: World, counter: int, money: tuple[int, int]) -> None:
    case = pool.desk.reserve(pool.authorized(), key="k1")
    intents = Intents(pool.book, "pool")
    intents.write(replace(INTENT, id=case.id, service="pool", counter=7))

    def act(entry: Entry, intent: Intent, did: Did) -> None:
        if did is Did.COMMITTED:
            pool.desk.complete_in(entry, intent.id)
        else:
            pool.desk.void_in(entry, intent.id, why="the card was torn before it paid")

    intents.resume(Proof("0a0b", counter), by_counter, act)
    assert pool.money() == money
