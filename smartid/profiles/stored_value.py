"""The two stored-value applications of the national reference card, as they are issued: empty."""

from __future__ import annotations

from smartid.profiles.base import Application, StoredValueSpec
from smartid.stored_value.model import FUEL_AID, PURSE_AID, Kind, OfflineLimits, Slot, Unit

FUEL_SLOTS = 12
"""Tiers and months that a fuel card holds at once."""

PURSE = Application(
    name="purse",
    aid=PURSE_AID,
    title="Purse",
    stored_value=StoredValueSpec(
        kind=Kind.PURSE,
        slots=(Slot(number=1, unit=Unit.IRR, label="IRR", balance=0, maximum=50_000_000),),
        limits=OfflineLimits(count=50, total=50_000_000, per_debit=10_000_000),
    ),
)
FUEL = Application(
    name="fuel",
    aid=FUEL_AID,
    title="Fuel quota",
    stored_value=StoredValueSpec(
        kind=Kind.FUEL,
        slots=tuple(
            Slot(number=number, unit=Unit.ML, label="", balance=0, maximum=0)
            for number in range(1, FUEL_SLOTS + 1)
        ),
        limits=OfflineLimits(count=5, total=250_000, per_debit=100_000),
    ),
)
