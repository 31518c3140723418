"""A payment provider, its acquirer and a holder's card, all in one process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import smartid
from smartid import PIN, Purpose
from smartid.errors import GatewayUnavailable
from smartid.identity.transaction import Authorization, Transaction
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.services.far_side.acquirer import KEY, Acquirer
from smartid.services.far_side.faults import Switchboard
from smartid.services.journal.journal import Journal
from smartid.services.ledger.opening import open_book
from smartid.services.messages.iban import make_iban
from smartid.services.messages.mac import seal, unseal
from smartid.services.purchase.acquirer import SPEC
from smartid.services.purchase.adapter import PurchaseAdapter
from smartid.services.purchase.service import Purchases, sample_policy
from smartid.services.purchase.standing import Mandates
from smartid.services.purchase.values import Payee, PayeeKind
from smartid.services.spine.desk import Desk
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore

SHOP = Payee(
    id="golestan", name_fa="فروشگاه گلستان", name_en="Golestan Shop", iban=make_iban("IR", "099" + "7" * 19)
)
PERSON = Payee(
    id="mina",
    name_fa="مینا نمونه",
    name_en="Mina Sample",
    iban=make_iban("IR", "099" + "8" * 19),
    kind=PayeeKind.PERSON,
)
PIN_TEXT = "4071"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **parts: int) -> None:
        self.now += timedelta(**parts)


class Line:
    """The way to the acquirer within a process: what is lost on it is said by ``lose``."""

    def __init__(self, acquirer: Acquirer) -> None:
        self._acquirer = acquirer
        self.lose: list[str] = []
        self.asked: list[Mapping[str, str]] = []

    def ask(self, fields: Mapping[str, str]) -> Mapping[str, str]:
        fault = self.lose.pop(0) if self.lose else ""
        self.asked.append(fields)
        if fault == "request":
            raise GatewayUnavailable("No answer.", retry_after=1.0)
        answer = self._acquirer.answer(seal(SPEC, fields, KEY))
        if fault == "reply" or answer is None:
            raise GatewayUnavailable("No answer.", retry_after=1.0)
        return unseal(SPEC, answer, KEY)


@lru_cache(maxsize=1)
def authority() -> ThrowAwayPKI:
    return ThrowAwayPKI.fresh()


@lru_cache(maxsize=8)
def _image(citizen: str):
    return issue_citizen(CITIZENS[citizen], NATIONAL_REFERENCE, authority(), pins={"identity": PIN_TEXT})


class Holder:
    """Somebody with a card who agrees to whatever he is shown."""

    def __init__(self, citizen: str = "sara") -> None:
        self._mock = MockCard(_image(citizen).snapshot())
        self._card = smartid.connect(transport=self._mock.insert())
        self._entered = self._card.unlock(PIN(PIN_TEXT), purpose=Purpose.TRANSACTION)
        self._unlocked = self._entered.__enter__()
        self.certificate = self._unlocked.certificate

    def agree(self, transaction: Transaction) -> Authorization:
        return self._unlocked.authorize(transaction)

    def close(self) -> None:
        self._entered.__exit__(None, None, None)
        self._card.close()
        self._mock.close()


@lru_cache(maxsize=1)
def policy() -> Policy:
    pki = authority()
    ders = (pki.root.der, pki.citizen_ca.der, pki.csca.der)
    return Policy(anchors=TrustStore.from_certificates(*ders, crls=pki.crls()))


class World:
    """Everything of one provider, on a book of its own."""

    def __init__(self, folder: Path, *, url: str = "", line: object = None) -> None:
        self.clock = Clock()
        self.faults = Switchboard()
        self.bank_book = open_book(f"sqlite:///{folder}/acquirer.db")
        self.bank = Acquirer(self.bank_book, self.faults)
        self.line = line or Line(self.bank)
        self.book = open_book(url or f"sqlite:///{folder}/purchase.db")
        self.journal = Journal(self.book, Ed25519PrivateKey.generate(), clock=self.clock)
        pseudonyms = Pseudonyms(bytes(range(32)))
        self.proofs = Proofs(policy(), pseudonyms=pseudonyms, clock=self.clock)
        self.adapter = PurchaseAdapter(sample_policy)
        self.desk = Desk(
            self.adapter,
            self.book,
            self.journal,
            proofs=self.proofs,
            pseudonyms=pseudonyms,
            clock=self.clock,
            limits=sample_policy(date(2026, 11, 1)).limits,
            terminal="shop-0001",
        )
        self.purchases = Purchases(self.desk, self.line, clock=self.clock)
        self.mandates = Mandates(self.purchases)
        self.keys = {payee.id: self.purchases.store.register(payee) for payee in (SHOP, PERSON)}

    def signed(self, holder: Holder, intent_id: str) -> Authorization:
        prepared = self.purchases.prepare(intent_id, holder.certificate)
        return holder.agree(prepared.transaction)

    def taken(self) -> int:
        """What the acquirer took for all payees, less what it gave back."""
        return sum(balance.posted for name, balance in self.bank_book.balances("payee/"))

    def recorded(self) -> int:
        """The same by our book."""
        return -self.book.balance("purchase/acquirer").posted

    def close(self) -> None:
        self.book.close()
        self.bank_book.close()
