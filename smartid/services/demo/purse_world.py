"""A purse scheme in small: cards, terminals, a back office, an issuer, a bank in a process of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import smartid
from smartid import PIN, Purpose
from smartid.identity.transaction import Authorization, Transaction
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.services.demo.book import crashing
from smartid.services.demo.frame import World
from smartid.services.demo.purse_cards import PurseCard
from smartid.services.far_side.frame import FarSide, Link
from smartid.services.journal.journal import Journal
from smartid.services.journal.keys import load_key, new_key
from smartid.services.ledger import open_book
from smartid.services.messages.bank import BankReply, BankRequest
from smartid.services.purse.adapter import PurseAdapter
from smartid.services.purse.gateway import LinkGateway, Wire, name_of
from smartid.services.purse.loads import LoadDesk
from smartid.services.purse.log import TerminalLog
from smartid.services.purse.module_store import BookStore
from smartid.services.purse.office import Merchant, PurseOffice
from smartid.services.purse.terminal import Terminal
from smartid.services.spine.desk import Desk
from smartid.services.spine.outbox import Outbox, Repeats
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.stored_value.keys import KeyPurpose
from smartid.stored_value.model import Kind
from smartid.stored_value.module_state import StateStore
from smartid.stored_value.modules import IssuerModule, SecurityModule
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore

CARDS, TERMINALS, MERCHANTS = 12, 4, 3
ROGUE = TERMINALS
"""Number of the terminal where cloned cards are brought."""
PIN_TEXT = "4071"
BANK = "smartid.services.far_side.bank"
KEY = bytes(range(16))
"""Under which terminals MAC their batches here."""
ALWAYS = Repeats(first=timedelta(0), longest=timedelta(0), attempts=1000, lease=timedelta(0))


class BankProcess(Protocol):
    """A bank that can be started and stopped: ``FarSide``."""

    port: int

    def start(self) -> None:
        """Start it."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


class BankLine(Wire, Protocol):
    """A line to it: ``Link``."""

    def close(self) -> None:
        """Hang up."""
        ...


class Citizen:
    """Somebody with an identity card, who agrees to what is shown."""

    def __init__(self, pki: ThrowAwayPKI) -> None:
        mock = MockCard.personalize(
            NATIONAL_REFERENCE, holder=CITIZENS["sara"], pins={"identity": PIN_TEXT}, pki=pki
        )
        self._card = smartid.connect(transport=mock.insert())
        self._session = self._card.unlock(PIN(PIN_TEXT), purpose=Purpose.TRANSACTION)
        self._unlocked = self._session.__enter__()
        self.certificate = self._unlocked.certificate

    def agree(self, transaction: Transaction) -> Authorization:
        """Let the card sign."""
        return self._unlocked.authorize(transaction)

    def close(self) -> None:
        """Take the card out."""
        self._session.__exit__(None, None, None)
        self._card.close()


class Scheme:
    """Everything of one scheme, opened from database and folder of a world.

    Without a PKI, a citizen and a bank it makes its own: the bank is a process then.
    """

    def __init__(
        self,
        world: World,
        *,
        pki: ThrowAwayPKI | None = None,
        citizen: Citizen | None = None,
        bank: BankProcess | None = None,
        link: BankLine | None = None,
    ) -> None:
        self.world = world
        self._cards: dict[int, PurseCard] = {}
        self.folder = world.folder
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.plain_book = open_book(world.database)
        self.book = crashing(self.plain_book, world.crashes)
        self.bank = bank or FarSide(BANK, database=f"sqlite:///{world.folder / 'bank.db'}")
        self.bank.start()
        self.link = link or Link(self.bank.port, key=name_of)
        self.pki = pki or ThrowAwayPKI.load_or_create(world.folder / "pki.json")
        self.issuer = IssuerModule(
            b"issuer--",
            self.pki.stored_value_vault(Kind.PURSE),
            Kind.PURSE,
            store=BookStore(self.book, "issuer"),
        )
        self.merchants = [self._merchant(number) for number in range(MERCHANTS + 1)]
        self.office = PurseOffice(self.book, self.issuer.verify, self.merchants)
        self.loads = LoadDesk(
            self._desk(), self.issuer, self, self.office, outbox=Outbox(self.book, repeats=ALWAYS)
        )
        self._logs: list[TerminalLog] = []
        self.terminals = [self._terminal(number) for number in range(TERMINALS + 1)]
        self._own = citizen is None
        self.citizen = citizen or Citizen(self.pki)
        self.holder = self.loads.desk.holder(self.citizen.certificate)

    def ask(self, request: BankRequest) -> BankReply:
        """Ask the bank, between two seams."""
        gateway = LinkGateway(self.link, timeout=0.1)
        return self.world.crashes.around("bank", gateway.ask)(request)

    def card(self, number: int) -> PurseCard:
        """Put a card in a reader."""
        if number not in self._cards:
            self._cards[number] = self.card_of_file(number)
        card = self._cards[number]
        card.insert()
        return card

    def card_of_file(self, number: int) -> PurseCard:
        """Read a card as its file says."""
        return PurseCard(self.folder / f"purse-{number}.card", self.world.crashes)

    def close(self) -> None:
        """Close everything."""
        if self._own:
            self.citizen.close()
        self.link.close()
        self.bank.stop()
        for log in self._logs:
            log.close()
        self.plain_book.close()

    def _desk(self) -> Desk:
        certificates = (self.pki.root.der, self.pki.citizen_ca.der, self.pki.csca.der)
        policy = Policy(
            anchors=TrustStore.from_certificates(*certificates, crls=self.pki.crls()), clock=lambda: self.now
        )
        pseudonyms = Pseudonyms(bytes(range(32)))

        def clock() -> datetime:
            return self.now

        proofs = Proofs(policy, pseudonyms=pseudonyms, clock=clock, lifetime=timedelta(days=1))
        journal = Journal(self.book, self._journal_key(), clock=clock)
        return Desk(
            PurseAdapter(),
            self.book,
            journal,
            proofs=proofs,
            pseudonyms=pseudonyms,
            clock=clock,
            terminal="kiosk-1",
        )

    def _journal_key(self) -> Ed25519PrivateKey:
        path = self.folder / "journal.pem"
        return load_key(path) if path.exists() else new_key(path)

    def _merchant(self, number: int) -> Merchant:
        """Merchant 0 … have the terminals by turns; the last has the rogue one."""
        mine = [t for t in range(TERMINALS) if t % MERCHANTS == number] if number < MERCHANTS else [ROGUE]
        return Merchant(
            name=f"shop-{number}", account=f"IR99{number:022d}", modules={module_id(t): KEY for t in mine}
        )

    def _terminal(self, number: int) -> Terminal:
        log = TerminalLog(self.folder / f"terminal-{number}.log")
        self._logs.append(log)
        vault = self.pki.stored_value_vault(Kind.PURSE, KeyPurpose.DEBIT)

        def make(store: StateStore) -> SecurityModule:
            return SecurityModule(module_id(number), vault, Kind.PURSE, store=store)

        return Terminal(log, make, key=KEY)


def module_id(terminal: int) -> bytes:
    """Give the id of a terminal's security module."""
    return b"PSAM%04d" % terminal


def users_pki() -> ThrowAwayPKI:
    """The throw-away authorities of this user, which made the cards of ``smartid mock new``."""
    return ThrowAwayPKI.load_or_create()
