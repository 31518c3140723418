"""A card with purse and fuel quota, its issuer and a merchant, for tests: no certificates, no reader."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from smartid.errors import CardRemoved
from smartid.iso7816.apdu import CommandAPDU, ResponseAPDU
from smartid.iso7816.exchange import Exchange
from smartid.mockcard.applets import names
from smartid.mockcard.applets.issue import applet_memory
from smartid.mockcard.applets.memory import Memory
from smartid.mockcard.card import MockCard
from smartid.mockcard.faults import Moment
from smartid.mockcard.image import CardImage
from smartid.profiles.base import Application
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.stored_value import exchanges
from smartid.stored_value.keys import KeyPurpose, SoftwareVault, key_name
from smartid.stored_value.model import CardState, Kind, Line, Record
from smartid.stored_value.modules import IssuerModule, SecurityModule

T = TypeVar("T")
NOON = 1_790_000_000
ISSUER_ID, MERCHANT_ID, OTHER_ID = b"ISSUER01", b"MERCH001", b"MERCH002"


def master(kind: Kind, purpose: KeyPurpose, version: int = 1) -> bytes:
    return hashlib.sha256(f"test master {key_name(kind, purpose, version)}".encode()).digest()[:16]


def vault_of(kind: Kind, *purposes: KeyPurpose) -> SoftwareVault:
    wanted = purposes or tuple(KeyPurpose)
    return SoftwareVault({key_name(kind, purpose, 1): master(kind, purpose) for purpose in wanted})


def merchant(module_id: bytes = MERCHANT_ID, kind: Kind = Kind.PURSE, **options: object) -> SecurityModule:
    return SecurityModule(module_id, vault_of(kind, KeyPurpose.DEBIT), kind, **options)  # type: ignore[arg-type]


def issuer(kind: Kind = Kind.PURSE, **options: object) -> IssuerModule:
    return IssuerModule(ISSUER_ID, vault_of(kind), kind, **options)  # type: ignore[arg-type]


def blank_card() -> MockCard:
    files, keys = applet_memory(NATIONAL_REFERENCE, vault_of)
    return MockCard(CardImage(profile=NATIONAL_REFERENCE, files=files, keys=keys))


def drive(exchange: Exchange[T], transmit: Callable[[bytes], bytes]) -> T:
    """Run an exchange; what ``transmit`` raises ends it."""
    try:
        command: CommandAPDU = next(exchange)
        while True:
            command = exchange.send(ResponseAPDU.parse(transmit(command.encode())))
    except StopIteration as stop:
        value: T = stop.value
        return value


@dataclass
class World:
    card: MockCard
    host: IssuerModule
    module: SecurityModule
    kind: Kind = Kind.PURSE

    @property
    def application(self) -> Application:
        return self.card.image.profile.application(self.kind.word)

    def run(self, exchange: Exchange[T]) -> T:
        return drive(exchange, self.card.transmit)

    def torn(self, exchange: Exchange[T], at: int, moment: Moment) -> bool:
        """Run an exchange whose command ``at`` loses the power; tells whether it got that far."""
        count = 0

        def transmit(command: bytes) -> bytes:
            nonlocal count
            count += 1
            if count == at:
                self.card.tear(command, moment)
                raise CardRemoved("torn")
            return self.card.transmit(command)

        try:
            drive(exchange, transmit)
        except CardRemoved:
            return True
        return False

    def state(self) -> CardState:
        return self.run(exchanges.read_state(self.kind.aid))

    def balance(self, slot: int = 1) -> int:
        found = self.state().slot(slot)
        assert found is not None
        return found.balance

    def load(self, amount: int, slot: int = 1) -> Record:
        return self.run(exchanges.load(self.kind.aid, self.host, [Line(slot, amount)], NOON))

    def debit(
        self, amount: int, slot: int = 1, *, module: SecurityModule | None = None, time: int = NOON
    ) -> Record:
        module = module or self.module
        return self.run(exchanges.debit(self.kind.aid, module, [Line(slot, amount)], time))

    def give_back(self, of: Record, amount: int, *, module: SecurityModule | None = None) -> Record:
        lines = [Line(of.movements[0].slot, amount)]
        return self.run(exchanges.give_back(self.kind.aid, module or self.module, of, lines, NOON))

    def change(self, **fields: object) -> None:
        """Put the state of the chip where a test wants it."""
        name = names.state(self.application)
        memory = Memory.parse(self.card.image.files[name])  # type: ignore[arg-type]
        changed = replace(memory, state=replace(memory.state, **fields))  # type: ignore[arg-type]
        self.card.image.files[name] = changed.encode()


def purse(amount: int = 0) -> World:
    world = World(blank_card(), issuer(), merchant())
    if amount:
        world.load(amount)
    return world


def fuel(*amounts: int) -> World:
    """A fuel card with so many millilitres in slots 1, 2, … which are open without end."""
    world = World(blank_card(), issuer(Kind.FUEL), merchant(kind=Kind.FUEL), Kind.FUEL)
    for number, amount in enumerate(amounts, 1):
        slot = world.state().slot(number)
        assert slot is not None
        opened = replace(slot, label=f"T{number}", maximum=500_000)
        world.run(exchanges.set_slot(world.kind.aid, world.host, opened))
        world.load(amount, number)
    return world
