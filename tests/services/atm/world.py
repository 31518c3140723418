"""A cash machine with its bank around it: what its tests stand on. Every file lies in one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from smartid.errors import GatewayUnavailable
from smartid.services.atm.adapter import CashMachineAdapter
from smartid.services.atm.dispenser import Cassette, value
from smartid.services.atm.host import Host
from smartid.services.atm.machine import CashMachine
from smartid.services.atm.pin_pad import PINPad
from smartid.services.atm.requests import Deposit, Transfer, Withdrawal
from smartid.services.atm.rules import Rules
from smartid.services.atm.simulated import Behaviour, SimulatedDevice
from smartid.services.atm.stock import load_notes
from smartid.services.far_side import switch_bank
from smartid.services.far_side.frame import Link
from smartid.services.far_side.switch import Switch
from smartid.services.journal.journal import Journal
from smartid.services.ledger import open_book
from smartid.services.ledger.book import Book
from smartid.services.messages.cash_machine import conversation
from smartid.services.messages.dukpt import InitialKey
from smartid.services.spine.desk import Desk
from smartid.services.spine.outbox import Outbox, Repeats
from smartid.services.spine.policies import load_policy
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.values import Authorized
from smartid.trust.policy import Policy

ACCOUNT, OTHER = "6037990000000008", "6104330000000015"
PIN = "1234"
BALANCE = 50_000_000
BASE_KEY = bytes.fromhex("0F1E2D3C4B5A69788796A5B4C3D2E1F0")
PAD_ID = bytes.fromhex("5EED000000000001")
NOTES = [
    Cassette(name="1", denomination=500_000, count=100, minimum=2),
    Cassette(name="2", denomination=1_000_000, count=100, minimum=2),
]
LOADED = value({box.denomination: box.count for box in NOTES})
NOON = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
FAULTS = ("none", "lose request", "lose reply", "delay reply", "duplicate reply", "garble reply")


class Clock:
    """Shows what it was set to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


@cache
def rules() -> Rules:
    return Rules.of(load_policy("atm", date(2026, 11, 23)))


@dataclass
class DirectLine:
    """The switch without a wire, and what goes wrong on one: a fault for each of the next messages."""

    switch: Switch
    faults: list[str] = field(default_factory=list)
    late: Callable[[bytes], None] = lambda _: None
    held: list[bytes] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)
    seam: Callable[[str], None] = lambda _: None

    def request(self, message: bytes, timeout: float) -> bytes:
        self.seam("before the request")
        held, self.held = self.held, []
        for reply in held:
            self.late(reply)
        fault = self.faults.pop(0) if self.faults else "none"
        self.seen.append(message)
        reply = None if fault in {"lose request", "down"} else self.switch.handle(message)
        self.seam("before the reply")
        if fault == "duplicate reply" and reply:
            self.late(reply)
        if fault == "garble reply":
            return b"0210 garbled"
        if fault == "delay reply" and reply:
            self.held.append(reply)
        if reply is None or fault in {"lose reply", "delay reply"}:
            raise GatewayUnavailable("No answer in time.", retry_after=1)
        return reply


class WireLine:
    """A switch in a process of its own, with a seam on each side of a request."""

    def __init__(self, port: int, seam: Callable[[str], None]) -> None:
        self.late: Callable[[bytes], None] = lambda _: None
        self.link = Link(port, key=conversation, late=self._late)
        self.seam = seam

    def _late(self, reply: bytes) -> None:
        self.late(reply)

    def request(self, message: bytes, timeout: float) -> bytes:
        self.seam("before the request")
        reply = self.link.request(message, 0.3)
        self.seam("before the reply")
        return reply


@dataclass
class World:
    machine: CashMachine
    device: SimulatedDevice
    line: DirectLine
    book: Book
    bank: Book
    clock: Clock
    pad: PINPad
    account: str = ACCOUNT

    def authorized(self, request: Any) -> Authorized:
        holder = self.machine.desk.typed_holder("0012345679")
        return self.machine.desk.authorize(self.machine.prepare(request, holder), None)

    def withdraw(self, amount: int = 2_000_000) -> Any:
        asked = self.authorized(Withdrawal(account=self.account, amount=amount))
        return self.machine.withdraw(asked, self.account, pin=self.pad.encrypt(PIN, self.account))

    def deposit(self, notes: dict[int, int], bunch: str = "bunch-1") -> Any:
        counted = self.device.accept(bunch, notes).notes
        asked = self.authorized(Deposit(account=self.account, bunch=bunch, notes=counted))
        return self.machine.deposit(asked, self.account, pin=self.pad.encrypt(PIN, self.account))

    def transfer(self, amount: int = 3_000_000) -> Any:
        asked = self.authorized(Transfer(account=self.account, to_account=OTHER, amount=amount))
        return self.machine.transfer(asked, self.account, pin=self.pad.encrypt(PIN, self.account))

    def balance(self, account: str = "") -> int:
        return switch_bank.balance(self.bank, account or self.account)

    def posted(self, name: str) -> int:
        return self.book.balance(f"atm/TEHRAN01/{name}").posted

    def deliver_all(self) -> None:
        """Wait until every reversal is answered."""
        for _ in range(30):
            self.clock.wait(minutes=20)
            self.machine.deliver(self.clock.now)


@contextmanager
def opened(
    folder: Path,
    *,
    behave: Behaviour = Behaviour.TAKEN,
    faults: tuple[str, ...] = (),
    seam: Callable[[str], None] = lambda _: None,
    clock: Clock | None = None,
    wrap: Callable[[Book], Book] = lambda book: book,
    url: str = "",
    port: int = 0,
    bank_url: str = "",
    account: str = ACCOUNT,
) -> Iterator[World]:
    """Open the world in a folder: the first time with full cassettes, later as it was left.

    port  of a switch in a process of its own, whose book is at ``bank_url``; without it the switch is here
    """
    clock = clock or Clock()
    first = not (folder / "device.json").exists()
    with (
        open_book(url or f"sqlite:///{folder}/machine.db", clock=clock) as book,
        open_book(bank_url or f"sqlite:///{folder}/switch.db", clock=clock) as bank,
    ):
        device = SimulatedDevice(folder, behave=lambda _: behave, seam=seam)
        line = WireLine(port, seam) if port else DirectLine(Switch(bank), list(faults), seam=seam)
        machine = machine_of(wrap(book), line, device, clock)
        line.late = machine.late
        if first and not port:
            accounts = {ACCOUNT: (PIN, BALANCE), OTHER: (PIN, 0)}
            switch_bank.set_up(bank, base_key=BASE_KEY, accounts=accounts)
        if first:
            device.load(NOTES)
            load_notes(book, machine.adapter, LOADED, key="first")
        pad = PINPad(InitialKey.derive(BASE_KEY, PAD_ID), (folder.parent if port else folder) / "pad.json")
        yield World(machine, device, line, book, bank, clock, pad, account)


def machine_of(book: Book, line: Any, device: SimulatedDevice, clock: Callable[[], datetime]) -> CashMachine:
    adapter = CashMachineAdapter(terminal="TEHRAN01", acquirer="603799", rules=rules())
    pseudonyms = Pseudonyms(bytes(range(32)))
    desk = Desk(
        adapter,
        book,
        Journal(book, Ed25519PrivateKey.from_private_bytes(bytes(range(32))), clock=clock),
        proofs=Proofs(Policy(), pseudonyms=pseudonyms, clock=clock),
        pseudonyms=pseudonyms,
        clock=clock,
        limits=rules().limits,
        terminal="TEHRAN01",
        typed_allowed=True,
    )
    outbox = Outbox(book, repeats=Repeats(attempts=100))
    return CashMachine(adapter, desk, book, Host(line, timeout=1), device, outbox=outbox, clock=clock)
