"""The accounts of the fuel service, and the transfers between them.

By vehicle V, tier T, month P, card C (hexadecimal number of the chip), in millilitres::

    fuel/V/T/allocated    what was ever allocated (below zero)
    fuel/V/T/P            quota in the account
    fuel/V/T/P/on/C       quota on the chip, as far as the records that came home tell
    fuel/V/T/P/returned   taken and not drawn, as the chip has proved: on its way to the account
    fuel/V/T/drawn        what flowed
    fuel/V/T/expired      what lapsed
    fuel/V/open/sold      beyond all tiers, below zero, to fuel/V/open/drawn

and by station S and day D::

    fuel/S/D/ml/T         what the station gave out           from fuel/dispensed
    fuel/S/D/paid         rials that drivers paid             from fuel/drivers
    fuel/S/D/subsidy      rials that the state owes           from fuel/state
    fuel/S/D/fills/K      fills by kind, "own" or "station"   from fuel/fills

So for every vehicle and tier: allocated = drawn + returned + expired + what remains.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from smartid.services.fuel.periods import label
from smartid.services.fuel.tiers import OPEN, Bucket, Line
from smartid.services.ledger.values import Account, Guard, Transfer, transfer_id

ML, IRR, FILL = "ml", "IRR", "fill"
DISPENSED = Account(name="fuel/dispensed", unit=ML, guard=Guard.NONE)
DRIVERS = Account(name="fuel/drivers", unit=IRR, guard=Guard.NONE)
STATE = Account(name="fuel/state", unit=IRR, guard=Guard.NONE)
FILLS = Account(name="fuel/fills", unit=FILL, guard=Guard.NONE)
COMMON = (DISPENSED, DRIVERS, STATE, FILLS)
OWN, STATION = "own", "station"
"""Kinds of a fill: with the driver's card, with the station's."""


@dataclass(frozen=True, slots=True)
class Quota:
    """Names of a vehicle's accounts."""

    vehicle: str

    def allocated(self, tier: str) -> str:
        """Where allocations come from."""
        return f"fuel/{self.vehicle}/{tier}/{'sold' if tier == OPEN else 'allocated'}"

    def drawn(self, tier: str) -> str:
        """Where litres go that flowed."""
        return f"fuel/{self.vehicle}/{tier}/drawn"

    def expired(self, tier: str) -> str:
        """Where litres go that lapsed."""
        return f"fuel/{self.vehicle}/{tier}/expired"

    def bucket(self, bucket: Bucket) -> str:
        """Quota in the account; for the open price, what was sold beyond all tiers."""
        tier, period = bucket
        return self.allocated(tier) if tier == OPEN else f"fuel/{self.vehicle}/{tier}/{label(period)}"

    def on_card(self, bucket: Bucket, card: str) -> str:
        """Quota on a chip."""
        return self.bucket(bucket) if bucket[0] == OPEN else f"{self.bucket(bucket)}/on/{card}"

    def returned(self, bucket: Bucket) -> str:
        """Taken and not drawn."""
        return f"{self.bucket(bucket)}/returned"

    def open(self, buckets: Iterable[Bucket], card: str = "") -> list[Account]:
        """Give the accounts that allocations to and draws from some buckets need."""
        accounts: dict[str, Account] = {}
        for bucket in buckets:
            for account in self._of(bucket, card):
                accounts[account.name] = account
        return list(accounts.values())

    def _of(self, bucket: Bucket, card: str) -> list[Account]:
        tier = bucket[0]
        source = Account(name=self.allocated(tier), unit=ML, guard=Guard.NONE)
        drawn = Account(name=self.drawn(tier), unit=ML)
        if tier == OPEN:
            return [source, drawn]
        names = [self.expired(tier), self.bucket(bucket)]
        names += [self.on_card(bucket, card), self.returned(bucket)] if card else []
        return [source, drawn, *(Account(name=name, unit=ML) for name in names)]


@dataclass(frozen=True, slots=True)
class StationDay:
    """Names of a station's accounts of one day."""

    station: str
    day: date

    @property
    def prefix(self) -> str:
        """With what their names begin."""
        return f"fuel/{self.station}/{self.day.isoformat()}/"

    def millilitres(self, tier: str) -> str:
        """What it gave out of a tier."""
        return f"{self.prefix}ml/{tier}"

    @property
    def paid(self) -> str:
        """Rials that drivers paid."""
        return f"{self.prefix}paid"

    @property
    def subsidy(self) -> str:
        """Rials that the state owes."""
        return f"{self.prefix}subsidy"

    def fills(self, kind: str) -> str:
        """How many fills it made."""
        return f"{self.prefix}fills/{kind}"

    def open(self, tiers: Iterable[str]) -> list[Account]:
        """Give its accounts."""
        volumes = [Account(name=self.millilitres(tier), unit=ML) for tier in dict.fromkeys(tiers)]
        return [
            *COMMON,
            *volumes,
            Account(name=self.paid, unit=IRR),
            Account(name=self.subsidy, unit=IRR),
            *(Account(name=self.fills(kind), unit=FILL) for kind in (OWN, STATION)),
        ]

    def sale(self, key: str, lines: Sequence[Line], *, subsidy: int, kind: str = OWN) -> list[Transfer]:
        """Give the transfers of a sale: litres by tier, what was paid, what the state adds, one fill."""
        legs = [(DISPENSED.name, self.millilitres(line.tier), line.millilitres) for line in lines]
        legs.append((DRIVERS.name, self.paid, sum(line.amount for line in lines)))
        legs.append((STATE.name, self.subsidy, subsidy))
        legs.append((FILLS.name, self.fills(kind), 1))
        return [
            move(key, f"sale/{number}", debit, credit, amount)
            for number, (debit, credit, amount) in enumerate(legs)
            if amount
        ]


def move(key: str, name: str, debit: str, credit: str, amount: int) -> Transfer:
    """Make a transfer whose id comes from what it is for."""
    return Transfer(id=transfer_id("fuel", key, name), debit=debit, credit=credit, amount=amount, note=key)
