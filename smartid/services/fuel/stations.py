"""What a station gave out on a day, and what it is owed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from smartid.services.fuel.accounts import IRR, OWN, STATION, StationDay, move
from smartid.services.fuel.policy import Controls
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.ledger.values import Account, Guard

SETTLEMENT = "fuel/settlement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A station's day.

    millilitres     by tier
    paid, subsidy   rials of the drivers, rials of the state
    """

    station: str
    day: date
    millilitres: Mapping[str, int]
    paid: int
    subsidy: int
    own_fills: int
    station_fills: int

    @property
    def station_card_share(self) -> int:
        """Per cent of fills that were made with the station's card, rounded down."""
        fills = self.own_fills + self.station_fills
        return 100 * self.station_fills // fills if fills else 0

    def is_excessive(self, controls: Controls) -> bool:
        """Tell whether the station's card was used more than the policy wants."""
        return self.station_card_share > controls.station_card_share


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One payment to a station for a day. ``run`` counts from 1: logs that came late make another one."""

    station: str
    day: date
    run: int
    paid: int
    subsidy: int


def statement(book: Book, station: str, day: date) -> Statement:
    """Add up a station's day from the ledger."""
    names = StationDay(station, day)
    found = {name: balance.credits for name, balance in book.balances(names.prefix)}
    prefix = names.millilitres("")
    return Statement(
        station=station,
        day=day,
        millilitres={
            name.removeprefix(prefix): amount for name, amount in found.items() if name.startswith(prefix)
        },
        paid=found.get(names.paid, 0),
        subsidy=found.get(names.subsidy, 0),
        own_fills=found.get(names.fills(OWN), 0),
        station_fills=found.get(names.fills(STATION), 0),
    )


def settle_station(book: Book, station: str, day: date) -> Settlement | None:
    """Pay a station what its day still holds; None when nothing is left. Every rial is in exactly one run."""
    names = StationDay(station, day)
    target = Account(name=f"fuel/{station}/settled", unit=IRR, guard=Guard.NONE)

    def work(entry: Entry) -> Settlement | None:
        entry.open_account(target, *names.open(()))
        paid, given = entry.balance(names.paid).available, entry.balance(names.subsidy).available
        if not paid + given:
            return None
        before = entry.load(SETTLEMENT, names.prefix)
        run = 1 + (int(before.content["run"]) if before else 0)
        legs = [("paid", names.paid, paid), ("subsidy", names.subsidy, given)]
        key = f"settle {names.prefix} {run}"
        entry.post(*(move(key, name, debit, target.name, amount) for name, debit, amount in legs if amount))
        entry.keep(Record(kind=SETTLEMENT, key=names.prefix, content={"run": run}))
        return Settlement(station=station, day=day, run=run, paid=paid, subsidy=given)

    return book.run(work)
