"""The fuel card at work: pumps with and without a line, torn cards, late logs, an office that is not there.

What must come out is checked against things that no ledger knows: the meters of the pumps and the chips.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from smartid.card.connect import connect
from smartid.errors import CardRemoved, GatewayUnavailable, Refused
from smartid.files import write_whole
from smartid.iso7816.exchange import Exchange
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.faults import Moment, Tear
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.services.demo.book import crashing
from smartid.services.demo.frame import Audit, World
from smartid.services.far_side.frame import FarSide, Fault, Link
from smartid.services.far_side.fuel_office import COMPLETED, totals
from smartid.services.fuel.adapter import OFFICE, FuelAdapter, FuelRequest
from smartid.services.fuel.collecting import StationLogs
from smartid.services.fuel.fill_log import FillLog
from smartid.services.fuel.office import Office, message_key, preauthorise
from smartid.services.fuel.policy import load_fuel_policy
from smartid.services.fuel.pump import Pump
from smartid.services.fuel.register import Register
from smartid.services.fuel.vehicles import Vehicle
from smartid.services.fuel.visit import CardVisit
from smartid.services.journal.journal import Journal
from smartid.services.journal.keys import load_key, new_key
from smartid.services.ledger.book import Book
from smartid.services.ledger.opening import open_book
from smartid.services.spine.desk import Desk
from smartid.services.spine.outbox import Outbox
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.states import State
from smartid.services.spine.values import Case
from smartid.stored_value import exchanges
from smartid.stored_value.keys import KeyPurpose
from smartid.stored_value.model import FUEL_AID, Kind
from smartid.stored_value.module_file import FileStore
from smartid.stored_value.modules import IssuerModule, SecurityModule
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore

OPERATIONS = 200
VEHICLES = 3
STATION, PSAM, ISSUER = "S0001", b"PUMP-001", b"ISSUER-1"
START = datetime(2025, 12, 22, 6, tzinfo=UTC)
"""1 Dey 1404: the first month after the reform."""
STEP = timedelta(hours=5)
FAULTS_ONE_IN = 4
T = TypeVar("T")


@dataclass
class FileMeter:
    """A meter whose reading is on the disk after each draw, as a mechanical one would be."""

    path: Path

    def reading(self) -> int:
        """Millilitres since the beginning."""
        return int(self.path.read_text()) if self.path.exists() else 0

    def turn(self, millilitres: int) -> None:
        """Let fuel flow."""
        write_whole(self.path, str(self.reading() + millilitres).encode())


@dataclass(frozen=True, slots=True)
class Figures:
    """Millilitres of all vehicles, from the ledger, the chips and the meters."""

    allocated: int
    sold: int
    on_chips: int
    account: int
    expired: int
    returned: int
    drawn: int
    flowed: int

    @property
    def surplus(self) -> int:
        """What there is beyond what was given out; below zero, what is missing."""
        there = self.on_chips + self.account + self.expired + self.returned + self.flowed
        return there - self.allocated - self.sold


class FuelScenario:
    """One station, a few vehicles, an office far away."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._policy = load_fuel_policy()
        self._meters = {name: FileMeter(world.folder / f"{name}.meter") for name in ("online", "offline")}
        self._pki = ThrowAwayPKI.load_or_create(world.folder / "pki.json")
        self._far = FarSide(
            "smartid.services.far_side.fuel_office", database=f"sqlite:///{world.folder / 'office.db'}"
        )
        self._far.start()
        self._link = Link(self._far.port, key=message_key)
        self._books: list[Book] = []
        self._open()

    def setup(self) -> None:
        """Issue cards and enrol vehicles."""
        new_key(self._world.folder / "journal.pem")
        for number, citizen in zip(range(VEHICLES), CITIZENS.values(), strict=False):
            image = issue_citizen(citizen, NATIONAL_REFERENCE, self._pki, pins=_PINS)
            image.save(self._card_file(number))
            chip = self._run(number, exchanges.read_state(FUEL_AID)).card_id.hex()
            self._register.enrol(_vehicle(number), chip)

    def step(self, number: int) -> None:
        """Drive up to a pump, with a line or without, or let logs go to the office."""
        self._set_clock(START + number * STEP)
        chance = self._world.random(number)
        self._register.allocate([_vehicle(car) for car in range(VEHICLES)], self._clock())
        car = chance.randrange(VEHICLES)
        actions = [
            self._offline,
            self._offline,
            self._offline,
            self._online,
            self._visit,
            self._visit,
            self._upload,
        ]
        chance.choice(actions)(car, chance)

    def recover(self) -> None:
        """After a kill: fills without a line are closed without the card, those with one by the meter."""
        self._pump.give_up()
        for case in self._desk().cases(State.RESERVED):
            self._finish_online(case)
        self._void_unknown()

    def finish(self) -> None:
        """Bring everything home."""
        self._pump.give_up()
        self._world.crashes.arm(0)
        for _ in range(3):
            self._send_logs(self._clock())
            for car in range(VEHICLES):
                self._run(car, self._visits.serve(self._clock()))
        self._deliver()
        self._void_unknown()
        self._deliver()

    def audit(self) -> Audit:
        """Compare ledger, chips, meters and office."""
        figures = self._figures()
        office = self._office_total()
        online = self._meters["online"].reading()
        balanced = all(given == taken for given, taken in self._book.totals().values())
        balanced = balanced and figures.drawn == figures.flowed and office == online
        self._book.verify()
        found = len(self._logs.collector.alarms("forged"))
        return Audit(
            value_created=max(0, figures.surplus),
            value_lost=max(0, -figures.surplus),
            balanced=balanced,
            detected=found,
            injected=self._injected(),
            story=_story(figures),
        )

    def close(self) -> None:
        """Close books, link and office."""
        self._link.close()
        for book in self._books:
            book.close()
        self._far.stop()

    def _open(self) -> None:
        folder, crashes = self._world.folder, self._world.crashes
        self._book = crashing(self._keep(open_book(self._world.database, clock=self._clock)), crashes)
        pump_book = self._keep(open_book(f"sqlite:///{folder / 'pump.db'}", clock=self._clock))
        vault = self._pki.stored_value_vault(Kind.FUEL)
        terminal = self._pki.stored_value_vault(Kind.FUEL, KeyPurpose.DEBIT)
        self._issuer = IssuerModule(ISSUER, vault, Kind.FUEL, store=FileStore(folder / "issuer"))
        self._module = SecurityModule(PSAM, terminal, Kind.FUEL, store=FileStore(folder / "psam"))
        self._register = Register(self._book, self._policy)
        self._pump = Pump(
            1,
            book=crashing(pump_book, crashes),
            module=self._module,
            meter=self._meters["offline"],
            policy=self._policy,
            clock=self._clock,
        )
        self._logs = StationLogs(
            self._book, self._policy, verify=self._issuer.verify, stations={PSAM: STATION}
        )
        self._visits = CardVisit(
            self._book, self._policy, register=self._register, issuer=self._issuer, logs=self._logs
        )
        self._office = Office(crashes.around("office", self._link.request))

    def _keep(self, book: Book) -> Book:
        self._books.append(book)
        return book

    def _desk(self) -> Desk:
        authorities = (self._pki.root, self._pki.citizen_ca)
        anchors = TrustStore.from_certificates(
            *(authority.der for authority in authorities), crls=self._pki.crls()
        )
        pseudonyms = Pseudonyms(_PSEUDONYM_KEY)
        journal = Journal(self._book, load_key(self._world.folder / "journal.pem"), clock=self._clock)
        return Desk(
            FuelAdapter(self._policy),
            self._book,
            journal,
            proofs=Proofs(Policy(anchors=anchors), pseudonyms=pseudonyms, clock=self._clock),
            pseudonyms=pseudonyms,
            clock=self._clock,
            terminal="pump-2",
            typed_allowed=True,
        )

    def _offline(self, car: int, chance: Random) -> None:
        """Take, let flow, give back; the card may be pulled out, and the driver may leave."""
        wanted = chance.randrange(5_000, 60_000, 500)
        try:
            state = self._run(car, exchanges.read_state(FUEL_AID))
            last = self._run(car, exchanges.last_proof(FUEL_AID))
            plan = self._pump.plan(state, wanted, last=last)
            self._run(car, self._pump.take(plan), self._tear(chance))
            self._flow("offline", chance.randrange(wanted + 1))
            self._run(car, self._pump.give_back(), self._tear(chance))
        except Refused:
            self._pump.give_up()
        except CardRemoved:
            self._world.count("torn")
            self._after_tear(car, chance)

    def _after_tear(self, car: int, chance: Random) -> None:
        if chance.randrange(2):
            self._pump.give_up()
        else:
            self._run(car, self._pump.resume())

    def _online(self, car: int, chance: Random) -> None:
        """Pre-authorise, let flow, complete with the true volume."""
        desk, wanted = self._desk(), chance.randrange(5_000, 40_000, 500)
        holder = desk.typed_holder(str(car))
        request = FuelRequest(
            vehicle=_vehicle(car),
            station=STATION,
            pump=2,
            millilitres=wanted,
            balances=self._register.balances(_vehicle(car).id, self._clock()),
        )
        try:
            authorized = desk.authorize(desk.prepare(request, holder), None)
            self._note("online", self._meters["online"].reading())
            if self._world.faults and not chance.randrange(FAULTS_ONE_IN):
                self._drop_next()
            case = preauthorise(desk, self._office, authorized, key=f"{self._clock().isoformat()}/{car}")
        except Refused:
            return
        except GatewayUnavailable:
            self._deliver()
            self._void_unknown()
            return
        self._flow("online", chance.randrange(wanted + 1))
        self._finish_online(case)
        self._deliver()

    def _finish_online(self, case: Case) -> None:
        """Complete by the meter; nothing flowed is let go."""
        flowed = self._meters["online"].reading() - self._noted("online")
        flowed = min(flowed, case.terms.amount)
        if flowed:
            self._desk().complete(case.id, flowed)
        else:
            self._desk().void(case.id, why="nothing flowed")

    def _visit(self, car: int, chance: Random) -> None:
        try:
            self._run(car, self._visits.serve(self._clock()), self._tear(chance, 12))
        except CardRemoved:
            self._world.count("torn")

    def _upload(self, _car: int, chance: Random) -> None:
        """Send logs, some of them twice, some of them forged."""
        fills = self._pump.ready()
        if self._world.faults and fills and not chance.randrange(2):
            self._forge(self._pump.log_of(fills[0]))
        self._send_logs(self._clock(), again=self._world.faults)

    def _send_logs(self, now: datetime, *, again: bool = False) -> None:
        fills = self._pump.ready()
        logs = [self._pump.log_of(fill) for fill in fills]
        self._logs.collect(logs, now)
        if again and logs:
            self._logs.collect(reversed(logs), now)
            self._world.count("replayed")
        unresolved = self._pump.unresolved()
        self._logs.take_notices(PSAM, unresolved, self._module.report().unused, now)
        self._pump.uploaded([*fills, *unresolved])

    def _forge(self, raw: bytes) -> None:
        """Claim that a card gave more: the figure of the log changes, the card's code does not."""
        log = FillLog.parse(raw)
        forged = bytearray(raw)
        forged[-1] ^= 1
        name = f"forged-{log.debit.counter}-{log.debit.card_id.hex()}"
        write_whole(self._world.folder / name, bytes(forged))
        self._logs.collect([bytes(forged)], self._clock())

    def _injected(self) -> int:
        return sum(1 for _ in self._world.folder.glob("forged-*"))

    def _deliver(self) -> None:
        outbox = Outbox(self._book)
        for minutes in range(0, 60, 5):
            if not outbox.deliver(
                OFFICE, self._office.send, self._clock() + timedelta(minutes=minutes)
            ).waiting:
                return

    def _void_unknown(self) -> None:
        desk = self._desk()
        for case in desk.cases(State.UNKNOWN):
            desk.void(case.id, why="no answer")

    def _drop_next(self) -> None:
        self._far.inject(Fault.HANG_UP)
        self._world.count("replayed")

    def _flow(self, name: str, millilitres: int) -> None:
        self._world.crashes.reach(f"before {name} flow")
        self._meters[name].turn(millilitres)
        self._world.crashes.reach(f"after {name} flow")

    def _tear(self, chance: Random, commands: int = 3) -> Sequence[Tear]:
        if not self._world.faults or chance.randrange(FAULTS_ONE_IN):
            return ()
        return (Tear(chance.randint(1, commands), chance.choice(list(Moment))),)

    def _run(self, car: int, exchange: Exchange[T], faults: Sequence[Tear] = ()) -> T:
        with MockCard.open(self._card_file(car)) as mock:
            before = len(mock.log)
            with connect(transport=mock.insert()):
                greeting = len(mock.log) - before
            later = [Tear(fault.at + greeting, fault.moment) for fault in faults]
            with connect(transport=mock.insert(faults=later)) as card:
                return self._world.crashes.around("card", card.run)(exchange)

    def _figures(self) -> Figures:
        found = dict.fromkeys(("allocated", "sold", "expired", "returned", "drawn", "account"), 0)
        for name, balance in self._book.balances("fuel/V"):
            _, _, _, *rest = name.split("/")
            key = "account" if len(rest) == 1 and rest[0][0].isdigit() else rest[-1]
            if "on" not in rest:
                found[key] += abs(balance.posted)
        on_chips = sum(
            slot.balance
            for car in range(VEHICLES)
            for slot in self._run(car, exchanges.read_state(FUEL_AID)).slots
        )
        flowed = sum(meter.reading() for meter in self._meters.values())
        return Figures(on_chips=on_chips, flowed=flowed, **found)

    def _office_total(self) -> int:
        with open_book(f"sqlite:///{self._world.folder / 'office.db'}") as book:
            return totals(book)[COMPLETED][1]

    def _card_file(self, car: int) -> Path:
        return self._world.folder / f"vehicle-{car}.card"

    def _clock(self) -> datetime:
        path = self._world.folder / "clock"
        return datetime.fromisoformat(path.read_text()) if path.exists() else START

    def _set_clock(self, now: datetime) -> None:
        write_whole(self._world.folder / "clock", now.isoformat().encode())

    def _note(self, name: str, reading: int) -> None:
        write_whole(self._world.folder / f"{name}.start", json.dumps(reading).encode())

    def _noted(self, name: str) -> int:
        return int(json.loads((self._world.folder / f"{name}.start").read_text()))


_PINS = {"identity": "4071", "signature": "920318", "puk": "55019283"}
_PSEUDONYM_KEY = bytes(range(32))


def scenario(world: World) -> FuelScenario:
    """Make the scenario for a world."""
    return FuelScenario(world)


def _vehicle(number: int) -> Vehicle:
    return Vehicle(id=f"V{number:04d}", card=f"77443300000{number:05d}")


def _story(figures: Figures) -> list[tuple[str, str]]:
    """Say where the quota is, so that a reader can add it up; what was bought beside it stands apart."""
    within, left = figures.flowed - figures.sold, figures.account + figures.returned
    parts = (figures.allocated, within, figures.expired, left, figures.on_chips)
    given, drawn, lapsed, account, chips = map(_litres, parts)
    beside, meters = _litres(figures.sold), _litres(figures.flowed)
    return [
        (
            f"از {given} لیتر سهمیه، {drawn} لیتر مصرف و {lapsed} لیتر منقضی شد؛ "
            f"{account} لیتر در حساب‌ها و {chips} لیتر روی کارت‌ها مانده است.",
            f"Of {given} litres of quota {drawn} were drawn and {lapsed} lapsed; "
            f"{account} are left in accounts and {chips} on cards.",
        ),
        (
            f"بیرون از سهمیه {beside} لیتر با نرخ آزاد فروخته شد؛ "
            f"شمارندهٔ پمپ‌ها روی هم {meters} لیتر نشان می‌دهد.",
            f"Beside the quota {beside} litres were sold at the open price; "
            f"the pumps' meters say {meters} in all.",
        ),
    ]


def _litres(millilitres: int) -> str:
    litres, rest = divmod(millilitres, 1000)
    return f"{litres:,}.{rest:03d}"
