"""A desk that dies before or after each of its commits, and is opened again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import pytest

from smartid.services.demo.book import crashing
from smartid.services.demo.crash import Crashes, crash_matrix
from smartid.services.journal.journal import verify_chain
from smartid.services.ledger.opening import open_book
from smartid.services.spine import settlement
from smartid.services.spine.desk import Desk
from smartid.services.spine.outbox import Message, Outbox, Repeats, Reply
from smartid.services.spine.states import State, Step
from smartid.services.spine.values import Authorized
from tests.unit.services.spine.world import JOURNAL_KEY, NOW, Clock, Pool, agree, card, desk_of, fund

NUMBER = "0012345679"


@dataclass
class Switch:
    """Keeps its own books: what it was told to take back, by key."""

    taken: dict[str, int] = field(default_factory=dict)

    def __call__(self, message: Message, attempt: int) -> Reply:
        assert attempt == 1 or message.key in self.taken or attempt > 1
        self.taken[message.key] = message.payload["amount"]
        return Reply(content={"code": "00"})


@dataclass
class Place:
    """What survives a crash: a folder, the clock on the wall, the other side, what the client remembers."""

    folder: Path
    url: str = ""
    clock: Clock = field(default_factory=Clock)
    switch: Switch = field(default_factory=Switch)
    authorized: Authorized | None = None


STORIES = ("complete", "part", "void", "suspend", "commit", "refund", "dispute")


def story(desk: Desk, place: Place, name: str) -> None:
    """One operation of a client who repeats everything until he got an answer."""
    if place.authorized is None:
        prepared = desk.prepare(100, desk.holder(card(NUMBER).certificate))
        place.authorized = desk.authorize(prepared, agree(prepared.transaction, card(NUMBER)))
    if name in {"commit", "refund", "dispute"}:
        case = desk.commit(place.authorized, key="k1").case
    else:
        case = desk.reserve(place.authorized, key="k1").id
    if name == "complete":
        desk.complete(case)
    if name == "part":
        desk.complete(case, 30)
    if name == "void":
        desk.void(case, why="closed")
    if name == "suspend" and desk.case(case).state in {State.RESERVED, State.UNKNOWN}:
        message = Message(queue="switch", key=f"{case}/reversal", payload={"amount": 100}, repeat_of=case)
        desk.suspend(case, message=message)
        outbox = Outbox(desk.book, repeats=Repeats())
        outbox.deliver("switch", place.switch, place.clock(), on_reply=_reversed(desk))
    if name == "refund":
        desk.refund(case, 40, key="r1")
        desk.refund(case, 60, key="r2")
    if name == "dispute":
        desk.dispute(case, why="was not there")
        desk.uphold(case)
    desk.settle(NOW.date())


def _reversed(desk: Desk):  # type: ignore[no-untyped-def]
    def on_reply(entry, message, reply):  # type: ignore[no-untyped-def]
        desk.void_in(entry, message.repeat_of, why="reversed")

    return on_reply


ENDS = {
    "complete": (999_900, 100, State.SETTLED),
    "part": (999_970, 30, State.SETTLED),
    "void": (1_000_000, 0, State.VOIDED),
    "suspend": (1_000_000, 0, State.VOIDED),
    "commit": (999_900, 100, State.SETTLED),
    "refund": (1_000_000, 0, State.REFUNDED),
    "dispute": (1_000_000, 0, State.UPHELD),
}


HEAVY = ("part", "void", "dispute")
"""These are told in ``tests/peers/services``."""


@pytest.mark.parametrize("name", sorted(set(STORIES) - set(HEAVY)))
def test_nothing_is_lost_or_done_twice(tmp_path: Path, name: str) -> None:
    survive(tmp_path, name)


def in_its_folder(place: Place) -> str:
    return f"sqlite:///{place.folder}/pool.db"


def survive(folder: Path, name: str, address: Callable[[Place], str] = in_its_folder) -> None:
    """Kill a story at each of its seams; each time in a new database."""

    def fresh() -> Place:
        place = Place(Path(mkdtemp(dir=folder)))
        place.url = address(place)
        with open_book(place.url, clock=place.clock) as book:
            fund(book)
        return place

    def operate(place: Place, crashes: Crashes) -> None:
        with open_book(place.url, clock=place.clock) as book:
            pool = Pool(telling=(Step.COMPLETE, Step.VOID))
            story(desk_of(crashing(book, crashes), place.clock, pool)[0], place, name)

    def recover(place: Place) -> None:
        place.clock.wait(minutes=2)
        operate(place, Crashes())
        operate(place, Crashes())

    def check(place: Place, seam: str) -> None:
        with open_book(place.url, clock=place.clock) as book:
            desk, _ = desk_of(book, place.clock)
            visitors, paid, state = ENDS[name]
            assert book.balance("pool/visitors").available == visitors, seam
            assert book.balance("pool/pool-tehran").posted == paid, seam
            assert book.balance("pool/visitors").pending_debits == 0, seam
            found = desk.find("k1")
            assert found is not None
            assert found.state is state, seam
            items = [
                *settlement.batch_items(book, "pool", NOW.date()),
                *settlement.waiting_items(book, "pool"),
            ]
            assert sum(item.amount for item in items) == paid, seam
            told = book.run(lambda entry: entry.find("outbox/board"))
            assert len(told) == 1, seam
            book.verify()
            from smartid.services.journal.journal import Journal

            receipts = list(Journal(book, JOURNAL_KEY, clock=place.clock).receipts())
            assert verify_chain(iter(receipts), JOURNAL_KEY.public_key()) == len(receipts)
            assert len({(each.case, each.state, each.amount) for each in receipts}) == len(receipts), seam

    seams = crash_matrix(fresh, operate, recover, check)
    assert len(seams) >= 6
