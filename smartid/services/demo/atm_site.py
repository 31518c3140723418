"""A cash machine with all that belongs to it, in one folder: a mock card, a switch as a process, notes.

The first ``Site`` in a folder makes everything; later ones find it as it was left, which after a kill is half
done. Keys, PINs and people are made up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

from smartid.card.connect import connect
from smartid.card.pin import PIN
from smartid.identity.model import Purpose
from smartid.identity.transaction import Authorization
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.faults import Fault
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.services.atm.adapter import CashMachineAdapter
from smartid.services.atm.dispenser import Cassette, value
from smartid.services.atm.host import Host
from smartid.services.atm.machine import CashMachine
from smartid.services.atm.pin_pad import PINPad
from smartid.services.atm.rules import Rules
from smartid.services.atm.simulated import Behaviour, SimulatedDevice
from smartid.services.atm.stock import load_notes
from smartid.services.demo.book import crashing
from smartid.services.demo.crash import Crashes
from smartid.services.far_side import switch_bank
from smartid.services.far_side.frame import FarSide, Link
from smartid.services.journal.journal import Journal
from smartid.services.journal.keys import load_key, new_key
from smartid.services.ledger import open_book
from smartid.services.ledger.book import Book
from smartid.services.messages.cash_machine import conversation
from smartid.services.messages.dukpt import InitialKey
from smartid.services.spine.desk import Desk
from smartid.services.spine.limits import Limit
from smartid.services.spine.outbox import Outbox, Repeats
from smartid.services.spine.policies import load_policy
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.values import Authorized, Holder, Prepared
from smartid.trust.policy import Policy, utc_now
from smartid.trust.store import TrustStore

TERMINAL, ACQUIRER = "TEHRAN01", "603799"
BANK_PIN, CARD_PIN = "4721", "1234"
ACCOUNTS = tuple(f"603799000000{number:04}" for number in range(1, 11))
FIRST_BALANCE = 2_000_000_000
BASE_KEY = bytes.fromhex("0F1E2D3C4B5A69788796A5B4C3D2E1F0")
PAD_ID = bytes.fromhex("5EED000000000001")
BOXES = (
    Cassette(name="1", denomination=500_000, count=1_900, minimum=5),
    Cassette(name="2", denomination=1_000_000, count=1_900, minimum=5),
)
LOADED = value({box.denomination: box.count for box in BOXES})


class Site:
    """Everything, open. ``close`` it, or be killed.

    database  URL of the machine's book
    behave    what happens at the shutter
    seed      of faults on the line, None for a good line
    timeout   seconds to wait for the switch
    """

    def __init__(
        self,
        folder: Path,
        *,
        database: str = "",
        behave: Callable[[str], Behaviour] = lambda _: Behaviour.TAKEN,
        seed: int | None = None,
        crashes: Crashes | None = None,
        clock: Callable[[], datetime] = utc_now,
        limits: Callable[[Rules], tuple[Limit, ...]] = lambda rules: rules.limits,
        timeout: float = 5.0,
    ) -> None:
        self.folder = folder
        crashes = crashes or Crashes()
        first = not (folder / "site.done").exists()
        self.pki = ThrowAwayPKI.load_or_create(folder / "pki.json")
        self.card = _card(folder, self.pki)
        self._bank_url = f"sqlite:///{folder}/switch.db"
        self.book = open_book(database or f"sqlite:///{folder}/machine.db", clock=clock)
        self.device = SimulatedDevice(folder, behave=behave, seam=crashes.reach)
        self.pad = PINPad(InitialKey.derive(BASE_KEY, PAD_ID), folder / "pad.json")
        rules = Rules.of(load_policy("atm", clock().date()))
        adapter = CashMachineAdapter(terminal=TERMINAL, acquirer=ACQUIRER, rules=rules)
        if first:
            self._furnish(adapter)
        self.switch = FarSide("smartid.services.far_side.switch", database=self._bank_url, seed=seed)
        self.switch.start()
        self.link = Link(self.switch.port, key=conversation, late=self._late)
        line = _Line(self.link, crashes)
        book = crashing(self.book, crashes)
        desk = self._desk(book, adapter, limits(rules), clock)
        outbox = Outbox(book, repeats=Repeats(attempts=1000))
        host = Host(line, timeout=timeout)
        self.machine = CashMachine(adapter, desk, book, host, self.device, outbox=outbox, clock=clock)

    def _desk(
        self,
        book: Book,
        adapter: CashMachineAdapter,
        limits: tuple[Limit, ...],
        clock: Callable[[], datetime],
    ) -> Desk:
        key_file = self.folder / "journal.pem"
        self.journal_key = load_key(key_file) if key_file.exists() else new_key(key_file)
        pseudonyms = Pseudonyms(BASE_KEY * 2)
        authorities = (self.pki.root, self.pki.citizen_ca, self.pki.csca)
        anchors = TrustStore.from_certificates(*(one.der for one in authorities), crls=self.pki.crls())
        return Desk(
            adapter,
            book,
            Journal(book, self.journal_key, clock=clock),
            proofs=Proofs(Policy(anchors=anchors), pseudonyms=pseudonyms, clock=clock),
            pseudonyms=pseudonyms,
            clock=clock,
            limits=limits,
            terminal=TERMINAL,
        )

    def _furnish(self, adapter: CashMachineAdapter) -> None:
        accounts = dict.fromkeys(ACCOUNTS, (BANK_PIN, FIRST_BALANCE))
        with open_book(self._bank_url) as bank:
            switch_bank.set_up(bank, base_key=BASE_KEY, accounts=accounts)
        self.device.load(BOXES)
        load_notes(self.book, adapter, LOADED, key="first")
        (self.folder / "site.done").touch()

    def holder(self) -> Holder:
        """Say who holds the card that is in the machine."""
        with connect(transport=self.card.insert()) as card:
            return self.machine.desk.holder(card.certificate(Purpose.TRANSACTION))

    def agree(self, prepared: Prepared, pin: str = CARD_PIN, *, faults: Sequence[Fault] = ()) -> Authorized:
        """Have the card agree with its PIN. Raises what the card raises, and Refused."""
        return self.machine.desk.authorize(prepared, self.agreement(prepared, pin, faults=faults))

    def agreement(
        self, prepared: Prepared, pin: str = CARD_PIN, *, faults: Sequence[Fault] = ()
    ) -> Authorization:
        """Give what the card signs. Raises what the card raises."""
        with (
            connect(transport=self.card.insert(faults=faults)) as card,
            card.unlock(PIN(pin), purpose=Purpose.TRANSACTION) as unlocked,
        ):
            return unlocked.authorize(prepared.transaction)

    def balances(self) -> int:
        """What all customers together have at the bank, in rials."""
        with open_book(self._bank_url) as bank:
            bank.verify()
            return sum(switch_bank.balance(bank, account) for account in ACCOUNTS)

    def balance(self, account: str) -> int:
        """What one customer has at the bank, in rials."""
        with open_book(self._bank_url) as bank:
            return switch_bank.balance(bank, account)

    def close(self) -> None:
        """Close books, line, card and switch."""
        self.link.close()
        self.switch.stop()
        self.book.close()
        self.card.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _late(self, reply: bytes) -> None:
        self.machine.late(reply)


class _Line:
    """The link to the switch, with a seam on each side of a request."""

    def __init__(self, link: Link, crashes: Crashes) -> None:
        self._link = link
        self._crashes = crashes

    def request(self, message: bytes, timeout: float) -> bytes:
        return self._crashes.around("request", self._link.request)(message, timeout)


def _card(folder: Path, pki: ThrowAwayPKI) -> MockCard:
    path = folder / "customer.card"
    if not path.exists():
        image = issue_citizen(CITIZENS["sara"], NATIONAL_REFERENCE, pki, pins={"identity": CARD_PIN})
        image.save(path)
    return MockCard.open(path)
