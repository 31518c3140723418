"""Collection: what came before, what was spent twice, what was forged, what is missing, what is late."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from smartid.errors import EncodingError, Refused
from smartid.services.ledger import open_book
from smartid.services.ledger.book import Book
from smartid.services.ledger.values import Account, Guard, Transfer, transfer_id
from smartid.services.spine.collection import Collected, Collector
from smartid.services.spine.states import State

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHOP = Account(name="shop", unit="IRR", guard=Guard.NONE)


def record(card: str, number: int, module_number: int, amount: int = 100, **more: Any) -> bytes:
    members = {
        "card": card,
        "number": number,
        "module": "m",
        "module_number": module_number,
        "amount": amount,
    }
    return json.dumps({"time": int(NOW.timestamp()), "proof": "good", **members, **more}).encode()


def read(raw: bytes) -> Collected:
    if not raw.startswith(b"{"):
        raise EncodingError("record", offset=0, expected="an object")
    members = json.loads(raw)
    if members["proof"] != "good":
        raise Refused("No.", reason=members["proof"])
    card, id_ = f"float/{members['card']}", transfer_id("test", members["card"], members["number"])
    note = transfer_id(raw).hex()

    def moved(payee: str) -> Transfer:
        return Transfer(id=id_, debit=card, credit=payee, amount=members["amount"], note=note)

    return Collected(
        id=id_,
        series=(
            (f"card/{members['card']}", members["number"]),
            (f"module/{members['module']}", members["module_number"]),
        ),
        postings=(moved("shop"),),
        late=lambda: (moved("late"),),
        accounts=(
            SHOP,
            Account(name="late", unit="IRR", guard=Guard.NONE),
            Account(name=card, unit="IRR", guard=Guard.NONE),
        ),
        time=members["time"],
        evidence={"amount": members["amount"]},
    )


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_book(f"sqlite:///{tmp_path}/book.db") as found:
        yield found


@pytest.fixture
def collector(book: Book) -> Collector:
    return Collector(book, read, name="test", window=timedelta(days=30))


def test_a_record_is_posted_once_however_often_it_comes(book: Book, collector: Collector) -> None:
    records = [record("a", 1, 1), record("b", 1, 2), record("a", 2, 3)]
    first = collector.collect([*records, records[0]], NOW)
    assert first.states == [State.ACCEPTED, State.ACCEPTED, State.ACCEPTED, State.DUPLICATE]
    again = collector.collect(reversed(records), NOW)
    assert (again.accepted, again.duplicates) == (0, 3)
    assert not first.alarms
    assert not again.alarms
    assert not first.gaps
    assert book.balance("shop").posted == 300


def test_two_records_under_one_number_of_a_card_are_a_double_spend(book: Book, collector: Collector) -> None:
    collector.collect([record("a", 1, 1, 100)], NOW)
    report = collector.collect([record("a", 1, 2, 700)], NOW)
    [alarm] = report.double_spends
    assert (alarm.kind, alarm.series, alarm.number) == ("double spend", "card/a", 1)
    assert alarm.evidence["first_amount"] == 100
    assert alarm.record == record("a", 1, 2, 700)
    assert book.balance("shop").posted == 100
    collector.collect([record("a", 1, 2, 700)], NOW)
    assert len(collector.alarms("double spend")) == 1
    assert not report.gaps


@pytest.mark.parametrize("together", [True, False])
def test_two_cards_under_one_number_of_a_module_are_reported(collector: Collector, together: bool) -> None:
    records = [record("a", 1, 1), record("b", 1, 1)]
    batches = [records] if together else [records[:1], records[1:]]
    found = [alarm for batch in batches for alarm in collector.collect(batch, NOW).double_spends]
    assert [(alarm.kind, alarm.series, alarm.number) for alarm in found] == [
        ("number used twice", "module/m", 1)
    ]
    assert found[0].record == records[1]
    assert not collector.collect(records[:1], NOW).alarms


def test_forged_and_refused_records_move_nothing_and_use_no_number(book: Book, collector: Collector) -> None:
    bad = [b"\x00\x01", record("a", 1, 1, proof="bad_proof"), record("a", 1, 1, proof="card_revoked")]
    report = collector.collect([*bad, record("a", 1, 1)], NOW)
    assert report.states == [State.FORGED, State.FORGED, State.FORGED, State.ACCEPTED]
    assert [alarm.record for alarm in report.forged] == bad[:2]
    assert [alarm.reason for alarm in report.refused] == ["card_revoked"]
    collector.collect(bad, NOW)
    assert len(collector.alarms("forged")) == 2
    assert book.balance("shop").posted == 100


def test_a_missing_number_is_a_gap_until_it_comes(collector: Collector) -> None:
    report = collector.collect([record("a", 1, 1), record("a", 4, 4)], NOW)
    assert [(gap.series, gap.first, gap.last) for gap in report.gaps] == [
        ("card/a", 2, 3),
        ("module/m", 2, 3),
    ]
    later = NOW + timedelta(days=3)
    assert len(collector.gaps(later, older_than=timedelta(days=2))) == 2
    assert not collector.gaps(later, older_than=timedelta(days=4))
    report = collector.collect([record("a", 3, 3)], later)
    assert sorted(report.closed) == [("card/a", 3), ("module/m", 3)]
    assert [(gap.first, gap.last, gap.since) for gap in collector.gaps(later)] == [(2, 2, NOW)] * 2
    collector.collect([record("a", 2, 2)], later)
    assert not collector.gaps(later)


def test_a_number_that_was_used_online_is_not_missed(collector: Collector) -> None:
    collector.note([("card/a", 1), ("module/m", 1)], NOW)
    assert not collector.collect([record("a", 2, 2)], NOW).gaps


def test_late_is_what_was_not_taken_in_time(book: Book, collector: Collector) -> None:
    collector.collect([record("a", 1, 1)], NOW)
    later = NOW + timedelta(days=31)
    report = collector.collect([record("a", 1, 1), record("a", 2, 2)], later)
    assert report.states == [State.DUPLICATE, State.LATE]
    assert (book.balance("shop").posted, book.balance("late").posted) == (100, 100)
    assert collector.collect([record("a", 2, 2)], later).states == [State.DUPLICATE]
    assert not collector.alarms()


def test_a_collection_that_ended_half_way_is_repeated_without_alarm(book: Book) -> None:
    class Cut(Exception):
        """The program ended here."""

    class Half:
        """Ends after what was posted, before it was written down."""

        def __getattr__(self, name: str) -> Any:
            return getattr(book, name)

        def run(self, work: Any) -> Any:
            if done:
                raise Cut
            return book.run(work)

        def post(self, postings: Any) -> Any:
            outcomes = book.post(postings)
            if any(outcome.value == "posted" for outcome in outcomes):
                done.append(True)
            return outcomes

    done: list[bool] = []
    half: Any = Half()
    records = [record("a", 1, 1), record("b", 1, 2), record("c", 1, 2)]
    with pytest.raises(Cut):
        Collector(half, read, name="test").collect(records, NOW)
    assert done
    report = Collector(book, read, name="test").collect(records, NOW)
    assert report.duplicates == 3
    assert [alarm.series for alarm in report.double_spends] == ["module/m"]
    assert not report.gaps


@pytest.mark.parametrize("seed", range(2))
def test_replayed_reordered_and_dropped_batches_raise_exactly_the_injected_alarms(
    book: Book, collector: Collector, seed: int
) -> None:
    chance = Random(seed)
    numbers = dict.fromkeys("abcdef", 0)
    good = []
    for module_number in range(1, 301):
        card = chance.choice("abcdef")
        numbers[card] += 1
        good.append(record(card, numbers[card], module_number, chance.randrange(1, 1000)))
    dropped = set(chance.sample(range(250), 5))
    doubles = [
        record("a", number, 300 + number, 5000) for number in chance.sample(range(1, numbers["a"] - 9), 3)
    ]
    forged = [record("b", 9, 9, proof="bad_proof"), record("c", 9, 9, 1, proof="bad_proof")]
    stream = [raw for place, raw in enumerate(good) if place not in dropped]
    stream += chance.sample(stream, 40) + forged
    chance.shuffle(stream)
    for start in range(0, len(stream), 50):
        collector.collect(stream[start : start + 50], NOW)
    collector.collect(doubles, NOW)
    for start in range(0, len(stream), 70):
        collector.collect(stream[start : start + 70], NOW)

    missing = [json.loads(good[place]) for place in sorted(dropped)]
    gaps = [gap for gap in collector.gaps(NOW) if gap.first <= 300]
    in_module = {n for gap in gaps if gap.series == "module/m" for n in range(gap.first, gap.last + 1)}
    in_cards = {(gap.series, n) for gap in gaps for n in range(gap.first, gap.last + 1)} - {
        ("module/m", n) for n in in_module
    }
    assert in_module & set(range(1, 301)) == {item["module_number"] for item in missing}
    assert in_cards == {
        (f"card/{item['card']}", item["number"])
        for item in missing
        if item["number"] < max(_numbers(stream, item["card"]))
    }
    spent = [alarm for alarm in collector.alarms() if alarm.kind == "double spend"]
    dropped_numbers = {(item["card"], item["number"]) for item in missing}
    clash = [raw for raw in doubles if ("a", json.loads(raw)["number"]) not in dropped_numbers]
    assert sorted(alarm.record for alarm in spent) == sorted(clash)
    assert sorted(alarm.record for alarm in collector.alarms("forged")) == sorted(forged)
    assert len(collector.alarms()) == len(clash) + len(forged)


def _numbers(stream: list[bytes], card: str) -> list[int]:
    members = [json.loads(raw) for raw in stream]
    return [item["number"] for item in members if item["card"] == card and item["proof"] == "good"]


def test_gaps_are_those_of_a_plain_set(book: Book, collector: Collector) -> None:
    chance = Random(7)
    numbers = list(range(1, 400))
    chance.shuffle(numbers)
    seen: set[int] = set()
    for start in range(0, 390, 39):
        batch = numbers[start : start + 39]
        collector.note([("card/x", number) for number in batch], NOW)
        seen.update(batch)
        gaps = {n for gap in collector.gaps(NOW) for n in range(gap.first, gap.last + 1)}
        assert gaps == set(range(1, max(seen))) - seen


def test_a_late_record_that_is_taken_up_again_in_time_is_no_double_spend(book: Book) -> None:
    """The window was made longer, or the clock of the office was put right; the record comes again."""
    raw, later = record("a", 1, 1), NOW + timedelta(days=31)
    assert Collector(book, read, name="test").collect([raw], later).states == [State.LATE]
    wider = Collector(book, read, name="test", window=timedelta(days=60))
    assert wider.collect([raw], later).states == [State.DUPLICATE]
    assert not wider.alarms()
    assert (book.balance("shop").posted, book.balance("late").posted) == (0, 100)


def test_a_record_of_a_module_that_was_sold_is_no_double_spend(book: Book, collector: Collector) -> None:
    raw = record("a", 1, 1)
    collector.collect([raw], NOW)

    def sold(data: bytes) -> Collected:
        found = read(data)
        found.postings = tuple(replace(each, credit="late") for each in found.postings)
        return found

    assert Collector(book, sold, name="test").collect([raw], NOW).states == [State.DUPLICATE]
    assert not collector.alarms()
    assert book.balance("shop").posted == 100
