"""How a fill is split over tiers and months, and what it costs: pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from smartid.errors import EncodingError, Refused
from smartid.services.fuel.periods import label, parse_label
from smartid.services.fuel.policy import FuelPolicy, Version
from smartid.services.reasons import Reason

OPEN = "open"
"""Name of the price beyond all tiers: it has no quota and no month."""
_ML = 1000

_LINE = re.compile(r"([a-z][a-z]{0,15})@([0-9]{4}-[0-9]{2}|-):([0-9]{1,9})\*([0-9]{1,9})")

Bucket = tuple[str, int]
"""A tier's name and a period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A part of a fill at one price.

    millilitres  volume of this part
    price        rials a litre
    period       month whose quota it is; 0 for the open price
    """

    tier: str
    period: int
    millilitres: int
    price: int

    @property
    def amount(self) -> int:
        """Rials, rounded to the nearest (half of one upwards)."""
        return (self.millilitres * self.price + _ML // 2) // _ML

    @property
    def bucket(self) -> Bucket:
        """Tier and month from which it comes."""
        return self.tier, self.period


def valid_buckets(version: Version, period: int) -> list[Bucket]:
    """Name the buckets that may be drawn in ``period``: tier by tier, the oldest month of each first.

    Storage follows the rules of the day of the fill: when they become shorter, older months lapse at once.
    """
    return [
        (tier.name, month)
        for tier in version.tiers
        for month in range(period - tier.storage_months + 1, period + 1)
    ]


def split(
    policy: FuelPolicy, balances: Mapping[Bucket, int], millilitres: int, when: datetime
) -> tuple[Line, ...]:
    """Split a fill: the cheapest tier first, the oldest month first, the rest at the open price.

    balances  millilitres left in each bucket; those that lapsed or are unknown are passed over

    Raises Refused: no_quota (remaining) where there is no open price; invalid_request for no volume.
    """
    if millilitres <= 0:
        raise Refused("A fill has a volume.", reason=Reason.INVALID_REQUEST)
    version = policy.on(when)
    prices = {tier.name: tier.price for tier in version.tiers}
    lines, left = [], millilitres
    for bucket in valid_buckets(version, policy.period(when)):
        take = min(left, max(0, balances.get(bucket, 0)))
        if take:
            lines.append(Line(tier=bucket[0], period=bucket[1], millilitres=take, price=prices[bucket[0]]))
            left -= take
    if left and not version.open_price:
        raise _no_quota(millilitres - left, version)
    if left:
        lines.append(Line(tier=OPEN, period=0, millilitres=left, price=version.open_price))
    return tuple(lines)


def cut(lines: Sequence[Line], millilitres: int) -> tuple[Line, ...]:
    """Keep the first ``millilitres`` of a split: what really flowed. The rest of each line returns."""
    kept, left = [], millilitres
    for line in lines:
        take = min(left, line.millilitres)
        if take:
            kept.append(Line(tier=line.tier, period=line.period, millilitres=take, price=line.price))
            left -= take
    return tuple(kept)


def rest(lines: Sequence[Line], millilitres: int) -> tuple[Line, ...]:
    """Give what ``cut`` leaves: the lines that did not flow."""
    left, returned = millilitres, []
    for line in lines:
        take = min(left, line.millilitres)
        left -= take
        if unused := line.millilitres - take:
            returned.append(Line(tier=line.tier, period=line.period, millilitres=unused, price=line.price))
    return tuple(returned)


def cost(lines: Iterable[Line]) -> int:
    """Give what the driver pays, in rials."""
    return sum(line.amount for line in lines)


def volume(lines: Iterable[Line]) -> int:
    """Give the millilitres of some lines."""
    return sum(line.millilitres for line in lines)


def subsidy(version: Version, lines: Iterable[Line]) -> int:
    """Give what the state pays to bring the price of the pump down to those of the tiers, in rials."""
    return sum((line.millilitres * version.station_price + _ML // 2) // _ML - line.amount for line in lines)


def station_card_line(version: Version, millilitres: int) -> Line:
    """Give the one line of a sale with the station's own card: full price, no quota."""
    if millilitres <= 0:
        raise Refused("A fill has a volume.", reason=Reason.INVALID_REQUEST)
    return Line(tier=OPEN, period=0, millilitres=millilitres, price=version.station_price)


def describe(lines: Iterable[Line]) -> str:
    """Write a split in one word for a transaction: first@1404-09:25000*15000 second@1404-09:5000*30000."""
    return " ".join(
        f"{line.tier}@{label(line.period) if line.period else '-'}:{line.millilitres}*{line.price}"
        for line in lines
    )


def parse_lines(text: str) -> tuple[Line, ...]:
    """Read what ``describe`` writes. Raises EncodingError."""
    return tuple(_parse_line(part) for part in text.split())


def _parse_line(part: str) -> Line:
    found = _LINE.fullmatch(part)
    if found is None:
        raise EncodingError("fuel lines", offset=0, expected="TIER@YYYY-MM:MILLILITRES*PRICE")
    tier, month, millilitres, price = found.groups()
    period = 0 if month == "-" else parse_label(month)
    return Line(tier=tier, period=period, millilitres=int(millilitres), price=int(price))


def _no_quota(available: int, version: Version) -> Refused:
    return Refused(
        f"The quota covers {available} ml; the rules {version.label} sell nothing beyond it.",
        reason=Reason.NO_QUOTA,
        limit=version.tiers[-1].name,
        remaining=available,
        remedy="Fill less, or ask for the station's card.",
    )
