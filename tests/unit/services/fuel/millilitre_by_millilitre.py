"""A second calculator of the split, made of dates and a loop, with no table and no period arithmetic.

It knows the rules by heart, has its own calendar (jdatetime) and its own clock (fixed offsets). Fuel flows
drop by drop: each drop comes from the cheapest bucket that is not empty, the oldest of equals first.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import jdatetime

DROP = 100
Held = dict[tuple[str, int], int]
EDGES = [
    datetime(2020, 3, 19, 20, 30, tzinfo=UTC),
    datetime(2022, 3, 20, 20, 30, tzinfo=UTC),
    datetime(2025, 3, 20, 20, 30, tzinfo=UTC),
    datetime(2025, 12, 12, 20, 30, tzinfo=UTC),
    datetime(2025, 12, 21, 20, 30, tzinfo=UTC),
    datetime(2026, 3, 20, 20, 30, tzinfo=UTC),
]
"""Moments at which a rule or a month changes: midnights in Tehran, written in UTC."""


def in_tehran(when: datetime) -> datetime:
    """Iran's clocks were an hour ahead from 22 March (21 in leap years) to 21 September until 2022."""
    local = when.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=3, minutes=30)
    leap = local.year % 4 == 0
    first = datetime(local.year, 3, 21 if leap else 22)
    last = datetime(local.year, 9, 20 if leap else 21, 23)
    return local + timedelta(hours=1) if local.year <= 2022 and first <= local < last else local


def expected(when: datetime, held: Held, wanted: int) -> list[tuple[str, int, int, int]] | None:
    """Split a fill; None where it is refused. Volumes are whole drops."""
    local = in_tehran(when)
    jalali = jdatetime.datetime.fromgregorian(datetime=local)
    month = jalali.year * 12 + jalali.month - 1
    reform, covid = local >= datetime(2025, 12, 13), local >= datetime(2020, 3, 20)
    oldest = month - (5 if reform or not covid else 8)
    tank = dict(held)
    poured: dict[tuple[str, int], int] = {}
    for _ in range(wanted // DROP):
        firsts = [
            m for (tier, m), left in tank.items() if tier == "first" and oldest <= m <= month and left > 0
        ]
        if firsts:
            bucket = ("first", min(firsts))
        elif tank.get(("second", month), 0) > 0:
            bucket = ("second", month)
        elif reform:
            bucket = ("open", 0)
        else:
            return None
        if bucket[0] != "open":
            tank[bucket] -= DROP
        poured[bucket] = poured.get(bucket, 0) + DROP
    price = {"first": 15_000, "second": 30_000, "open": 50_000}
    return [(tier, m, amount, price[tier]) for (tier, m), amount in poured.items()]


def random_fills(random: Random, count: int) -> list[tuple[datetime, Held, int]]:
    """Fills of any day of the rules, a third of them within minutes of a change."""
    first, last = datetime(2019, 11, 15, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    fills = []
    for _ in range(count):
        if random.randrange(3):
            when = first + timedelta(seconds=random.randrange(int((last - first).total_seconds())))
        else:
            when = random.choice(EDGES) + timedelta(seconds=random.randrange(-120, 120))
        jalali = jdatetime.datetime.fromgregorian(datetime=in_tehran(when))
        month = jalali.year * 12 + jalali.month - 1
        held = {
            (random.choice(["first", "second"]), month - random.randrange(-1, 12)): DROP
            * random.randrange(400)
            for _ in range(random.randrange(8))
        }
        fills.append((when, held, DROP * random.randrange(1, 1000)))
    return fills
