from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartid.errors import Refused
from smartid.services.ledger.book import Book
from smartid.services.ledger.opening import open_book
from smartid.services.reasons import Reason
from smartid.services.spine import limits
from smartid.services.spine.limits import IRAN, Limit, Period, Place, Rule, distance
from smartid.services.spine.periods import begin_of, end_of
from smartid.services.spine.values import Assurance
from tests.unit.services.spine.world import refused

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEHRAN = Place(latitude=35_689_200, longitude=51_389_000)
MASHHAD = Place(latitude=36_260_500, longitude=59_616_800)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_book(f"sqlite:///{tmp_path}/limits.db") as opened:
        yield opened


def use(book: Book, limit: Limit, amount: int, now: datetime, **more: object) -> None:
    book.run(lambda entry: limits.check(entry, [limit], "pool/visitor", amount, now, **more))


def test_a_sum_opens_again_at_midnight_in_iran(book: Book) -> None:
    limit = Limit(name="day", rule=Rule.SUM, maximum=100)
    use(book, limit, 70, NOON)
    with pytest.raises(Refused) as caught:
        use(book, limit, 31, NOON)
    error = caught.value
    assert (error.reason, error.limit, error.remaining) == (Reason.LIMIT_EXCEEDED, "day", 30)
    assert error.resets_at == datetime(2026, 11, 24, tzinfo=IRAN)
    use(book, limit, 30, datetime(2026, 11, 23, 20, 29, tzinfo=UTC))
    with refused(Reason.LIMIT_EXCEEDED):
        use(book, limit, 1, datetime(2026, 11, 23, 20, 29, 59, tzinfo=UTC))
    use(book, limit, 100, datetime(2026, 11, 23, 20, 30, tzinfo=UTC))


def test_a_month_is_that_of_the_solar_hijri_calendar(book: Book) -> None:
    limit = Limit(name="month", rule=Rule.COUNT, maximum=1, period=Period.MONTH)
    use(book, limit, 5, datetime(2026, 11, 22, 12, tzinfo=UTC))  # 1405/09/01
    with pytest.raises(Refused) as caught:
        use(book, limit, 5, datetime(2026, 12, 21, 12, tzinfo=UTC))  # 1405/09/30
    assert caught.value.resets_at == datetime(2026, 12, 22, tzinfo=IRAN)
    use(book, limit, 5, datetime(2026, 12, 22, 12, tzinfo=UTC))  # 1405/10/01


@pytest.mark.parametrize("day", range(0, 3000, 13))
def test_months_follow_each_other(day: int) -> None:
    moment = datetime(2020, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
    begin, end = begin_of(Period.MONTH, moment), end_of(Period.MONTH, moment)
    assert end is not None
    assert begin <= moment < end
    assert 29 <= (end - begin).days <= 31
    assert begin_of(Period.MONTH, end) == end


def test_a_limit_on_one_transaction_counts_nothing(book: Book) -> None:
    limit = Limit(name="one", rule=Rule.PER_TRANSACTION, maximum=100)
    for _ in range(3):
        use(book, limit, 100, NOON)
    with refused(Reason.LIMIT_EXCEEDED):
        use(book, limit, 101, NOON)
    assert book.run(lambda entry: entry.find(limits.KIND)) == []


def test_a_refused_use_is_not_counted(book: Book) -> None:
    many = [Limit(name="count", rule=Rule.COUNT, maximum=5), Limit(name="sum", rule=Rule.SUM, maximum=10)]
    for _ in range(3):
        with refused(Reason.LIMIT_EXCEEDED):
            book.run(lambda entry: limits.check(entry, many, "pool/visitor", 11, NOON))
    book.run(lambda entry: limits.check(entry, many, "pool/visitor", 10, NOON))


def test_a_look_is_not_counted(book: Book) -> None:
    limit = Limit(name="count", rule=Rule.COUNT, maximum=1)
    for _ in range(3):
        use(book, limit, 1, NOON, record=False)
    use(book, limit, 1, NOON)


def test_a_card_rests_between_two_uses(book: Book) -> None:
    limit = Limit(name="rest", rule=Rule.COOL_DOWN, maximum=600)
    use(book, limit, 1, NOON)
    with pytest.raises(Refused) as caught:
        use(book, limit, 1, NOON + timedelta(seconds=599))
    assert caught.value.reason == Reason.COOL_DOWN
    assert caught.value.resets_at == NOON + timedelta(seconds=600)
    with refused(Reason.COOL_DOWN):
        use(book, limit, 1, NOON - timedelta(hours=1))
    use(book, limit, 1, NOON + timedelta(seconds=600))


def test_nobody_is_in_two_towns_at_once(book: Book) -> None:
    limit = Limit(name="travel", rule=Rule.TRAVEL, maximum=900)
    assert distance(TEHRAN, MASHHAD) == pytest.approx(742, abs=3)  # great circle, from an atlas
    use(book, limit, 1, NOON, place=TEHRAN)
    use(book, limit, 1, NOON, place=TEHRAN)
    with refused(Reason.COOL_DOWN):
        use(book, limit, 1, NOON + timedelta(minutes=30), place=MASHHAD)
    use(book, limit, 1, NOON + timedelta(minutes=50), place=MASHHAD)
    with refused(Reason.COOL_DOWN):
        use(book, limit, 1, NOON + timedelta(minutes=60), place=TEHRAN)


def test_offline_limits_begin_anew_online(book: Book) -> None:
    rules = [
        Limit(name="times", rule=Rule.OFFLINE_COUNT, maximum=2),
        Limit(name="litres", rule=Rule.OFFLINE_SUM, maximum=250),
    ]

    def offline(amount: int) -> None:
        book.run(lambda entry: limits.check(entry, rules, "fuel/car", amount, NOON, offline=True))

    offline(200)
    with refused(Reason.OFFLINE_LIMIT):
        offline(51)
    offline(50)
    with refused(Reason.OFFLINE_LIMIT):
        offline(0)
    book.run(lambda entry: limits.check(entry, rules, "fuel/car", 9999, NOON))
    book.run(lambda entry: limits.went_online(entry, rules, "fuel/car"))
    offline(250)


def test_giving_back_never_makes_more_than_there_was(book: Book) -> None:
    both = [Limit(name="sum", rule=Rule.SUM, maximum=100), Limit(name="count", rule=Rule.COUNT, maximum=1)]
    book.run(lambda entry: limits.give_back(entry, both, "pool/visitor", 50, NOON, whole=True))
    book.run(lambda entry: limits.check(entry, both, "pool/visitor", 100, NOON))
    for _ in range(2):
        book.run(lambda entry: limits.give_back(entry, both, "pool/visitor", 100, NOON, whole=True))
    with refused(Reason.LIMIT_EXCEEDED):
        book.run(lambda entry: limits.check(entry, both, "pool/visitor", 101, NOON))
    book.run(lambda entry: limits.check(entry, both, "pool/visitor", 100, NOON))


def test_which_limits_apply() -> None:
    every = Limit(name="all", rule=Rule.COUNT, maximum=1)
    verb = Limit(name="verb", rule=Rule.COUNT, maximum=1, verbs=("withdraw",))
    typed = Limit(name="typed", rule=Rule.COUNT, maximum=1, assurance=Assurance.TYPED)
    stale = Limit(name="stale", rule=Rule.COUNT, maximum=1, stale=True)
    rules = (every, verb, typed, stale)
    pick = limits.applying
    assert pick(rules, verb="pay", assurance=Assurance.CHIP) == (every,)
    assert pick(rules, verb="withdraw", assurance=Assurance.TYPED) == (every, verb, typed)
    assert pick(rules, verb="pay", assurance=Assurance.CHIP, stale=True) == (every, stale)
