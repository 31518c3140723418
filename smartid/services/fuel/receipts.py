"""What the driver takes home: pump price, what the state paid, what was paid, quota used and left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smartid.identity.persian import to_persian_digits
from smartid.services.fuel.policy import Version
from smartid.services.fuel.tiers import OPEN, Line, cost, subsidy, volume

_TIERS_FA = {"first": "سهمیهٔ اول", "second": "سهمیهٔ دوم", OPEN: "نرخ آزاد"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A fill in figures. Millilitres and rials.

    pump_price  rials a litre without any subsidy
    full        what it would have cost at that price; ``subsidy`` + ``paid``
    used, left  quota, before and beyond this fill
    """

    lines: tuple[Line, ...]
    pump_price: int
    full: int
    subsidy: int
    paid: int
    used: int
    left: int

    def as_details(self) -> dict[str, str | int]:
        """Give the members for a receipt."""
        names = ("pump_price", "full", "subsidy", "paid", "used", "left")
        return {name: getattr(self, name) for name in names}


def bill(version: Version, lines: Sequence[Line], quota_before: int) -> Bill:
    """Add up a fill. ``quota_before`` is what the tiers held before it."""
    paid, given = cost(lines), subsidy(version, lines)
    used = volume(line for line in lines if line.tier != OPEN)
    return Bill(
        lines=tuple(lines),
        pump_price=version.station_price,
        full=paid + given,
        subsidy=given,
        paid=paid,
        used=used,
        left=quota_before - used,
    )


def litres(millilitres: int) -> str:
    """Write a volume in litres: 40, 12.5, 0.125."""
    whole, part = divmod(millilitres, 1000)
    return f"{whole}.{part:03d}".rstrip("0") if part else str(whole)


def sentence_fa(lines: Sequence[Line]) -> str:
    """Say in Persian what the driver agrees to."""
    parts = "، ".join(
        f"{litres(line.millilitres)} لیتر {_TIERS_FA.get(line.tier, line.tier)} هر لیتر {line.price:,} ریال"
        for line in lines
    )
    text = f"سوخت‌گیری {litres(volume(lines))} لیتر بنزین به مبلغ {cost(lines):,} ریال: {parts}"
    return to_persian_digits(text.replace(",", "٬").replace(".", "٫"))


def sentence_en(lines: Sequence[Line]) -> str:
    """Say in English what the driver agrees to."""
    parts = ", ".join(
        f"{litres(line.millilitres)} litres {line.tier} tier at {line.price:,} rials" for line in lines
    )
    return f"Fill {litres(volume(lines))} litres of petrol for {cost(lines):,} rials: {parts}"
