"""A small fuel world: mock cards, a pump, a collector, a register; a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from smartid.card.card import Card
from smartid.card.connect import connect
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.services.fuel.accounts import Quota
from smartid.services.fuel.collecting import StationLogs
from smartid.services.fuel.policy import FuelPolicy, load_fuel_policy
from smartid.services.fuel.pump import Pump
from smartid.services.fuel.register import Register
from smartid.services.fuel.slots import balances_of
from smartid.services.fuel.vehicles import Vehicle
from smartid.services.fuel.visit import CardVisit, Visited
from smartid.services.ledger.book import Book
from smartid.services.ledger.opening import open_book
from smartid.stored_value import exchanges
from smartid.stored_value.keys import KeyPurpose
from smartid.stored_value.model import FUEL_AID, Kind
from smartid.stored_value.module_file import FileStore
from smartid.stored_value.modules import IssuerModule, SecurityModule

PKI = ThrowAwayPKI.fresh()
_IMAGE = issue_citizen(next(iter(CITIZENS.values())), NATIONAL_REFERENCE, PKI)
STATION = "S0001"
PSAM, ISSUER = b"PUMP-001", b"ISSUER-1"
VEHICLE = "V0001"
DEZ = datetime(2025, 12, 23, 9, tzinfo=UTC)
"""2 Dey 1404."""


@dataclass
class FixedMeter:
    """A meter that a test turns."""

    total: int = 0

    def reading(self) -> int:
        return self.total


@dataclass
class FuelWorld:
    """Everything in a folder; ``restart`` throws away what a killed program had in memory."""

    folder: Path
    now: datetime = DEZ
    mock: MockCard = field(default_factory=lambda: MockCard(_IMAGE.snapshot()))
    meter: FixedMeter = field(default_factory=FixedMeter)
    policy: FuelPolicy = field(default_factory=load_fuel_policy)
    books: list[Book] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()
        self.chip = self.run(exchanges.read_state(FUEL_AID)).card_id.hex()
        self.vehicle = Vehicle(id=VEHICLE, card="7744330000000017", tank=100_000)
        self.register.enrol(self.vehicle, self.chip)

    def restart(self) -> None:
        self.close()
        self.book = self._open("office.db")
        pump_book = self._open("pump.db")
        self.module = SecurityModule(
            PSAM,
            PKI.stored_value_vault(Kind.FUEL, KeyPurpose.DEBIT),
            Kind.FUEL,
            store=FileStore(self.folder / "psam"),
        )
        self.issuer = IssuerModule(
            ISSUER, PKI.stored_value_vault(Kind.FUEL), Kind.FUEL, store=FileStore(self.folder / "issuer")
        )
        self.register = Register(self.book, self.policy)
        self.pump = Pump(
            1,
            book=pump_book,
            module=self.module,
            meter=self.meter,
            policy=self.policy,
            clock=lambda: self.now,
        )
        self.logs = StationLogs(self.book, self.policy, verify=self.issuer.verify, stations={PSAM: STATION})
        self.office = CardVisit(
            self.book, self.policy, register=self.register, issuer=self.issuer, logs=self.logs
        )

    def close(self) -> None:
        for book in self.books:
            book.close()
        self.books.clear()

    def run(self, exchange, faults: Sequence[object] = ()):
        """Run a conversation; faults count its commands, not those of recognising the card."""
        greeting = self.greeting if faults else 0
        with connect(transport=self.mock.insert(faults=[later(fault, greeting) for fault in faults])) as card:
            assert isinstance(card, Card)
            return card.run(exchange)

    @cached_property
    def greeting(self) -> int:
        """How many commands it takes to recognise the card."""
        before = len(self.mock.log)
        with connect(transport=self.mock.insert()):
            return len(self.mock.log) - before

    def visit(self, faults: Sequence[object] = ()) -> Visited:
        return self.run(self.office.serve(self.now), faults)

    def plan(self, millilitres: int):
        state = self.run(exchanges.read_state(FUEL_AID))
        return self.pump.plan(state, millilitres, last=self.run(exchanges.last_proof(FUEL_AID)))

    def fill(self, wanted: int, flowed: int):
        """A whole fill without mishaps."""
        self.now += timedelta(hours=1)
        plan = self.plan(wanted)
        self.run(self.pump.take(plan))
        self.meter.total += flowed
        return self.run(self.pump.give_back())

    def upload(self):
        fills = self.pump.ready()
        report = self.logs.collect([self.pump.log_of(fill) for fill in fills], self.now)
        unresolved = self.pump.unresolved()
        unused = self.module.report().unused
        self.logs.take_notices(PSAM, unresolved, unused, self.now)
        self.pump.uploaded([*fills, *unresolved])
        return report

    def on_chip(self) -> dict[tuple[str, int], int]:
        state = self.run(exchanges.read_state(FUEL_AID))
        return balances_of(self.policy, state, self.policy.period(self.now))

    def litres(self) -> dict[str, int]:
        """What the ledger says of the vehicle, all tiers but the open price together."""
        found = {"allocated": 0, "drawn": 0, "expired": 0, "returned": 0, "account": 0, "on card": 0}
        prefix = f"fuel/{VEHICLE}/"
        for name, balance in self.book.balances(prefix):
            tier, *rest = name.removeprefix(prefix).split("/")
            if tier == "open":
                continue
            key = "account" if len(rest) == 1 and rest[0][0].isdigit() else rest[-1]
            key = "on card" if "on" in rest else key
            found[key] += abs(balance.posted)
        return found

    def balanced(self) -> bool:
        litres = self.litres()
        return litres["allocated"] == sum(litres.values()) - litres["allocated"]

    def quota(self) -> Quota:
        return Quota(VEHICLE)

    def _open(self, name: str) -> Book:
        book = open_book(f"sqlite:///{self.folder / name}", clock=lambda: self.now)
        self.books.append(book)
        return book


def later(fault, commands: int):
    """Move a fault to a later command."""
    return replace(fault, at=fault.at + commands)
