"""A swimming pool with a small country around it: what the tests of the spine stand on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from smartid.errors import Refused
from smartid.identity.evidence import TRANSACTION_USAGE_OID
from smartid.identity.transaction import Authorization, Transaction
from smartid.services.journal.journal import Journal
from smartid.services.ledger.book import Book
from smartid.services.ledger.opening import open_book
from smartid.services.ledger.values import Account, Guard, Transfer
from smartid.services.reasons import Reason
from smartid.services.spine.desk import Desk
from smartid.services.spine.legs import two_account
from smartid.services.spine.outbox import Message
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.states import Step
from smartid.services.spine.values import Authorized, Case, Holder, Prepared, Terms
from smartid.signing.software import SoftwareSigner
from tests.unit.signing.people import crl, policy_of
from tests.unit.trust.country import HOLDER, NOW, Country, name

MONEY = "bank/money"
PSEUDONYMS = Pseudonyms(bytes(range(32)))
JOURNAL_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


class Clock:
    """Shows what it was set to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


@cache
def country() -> Country:
    return Country(throw_away=True)


@cache
def policy() -> Any:
    issued = NOW - timedelta(days=1)
    lists = [crl(ca, at=issued, days=60) for ca in (country().root, country().citizen_ca)]
    return policy_of(country(), *lists, clock=lambda: NOW)


@cache
def card(number: str = "0012345679", **changes: Any) -> SoftwareSigner:
    """The transaction key of a citizen. ``end``, ``usage``, ``extra`` as in ``country.issue``."""
    return _signer(number, **changes)


def _signer(number: str, purpose: str = "transaction", **changes: Any) -> SoftwareSigner:
    subject = name(**{**HOLDER, "SERIAL_NUMBER": f"PNOIR-{number}"})
    if purpose == "transaction":
        oid = x509.ExtendedKeyUsage([x509.ObjectIdentifier(TRANSACTION_USAGE_OID)])
        values = {"extended": (), "extra": ((oid, True),), **changes}
        party = country().citizen("authentication", subject=subject, **values)
    else:
        party = country().citizen(purpose, subject=subject, **changes)
    return SoftwareSigner(party.key, party.der)


other_key = cache(lambda: ec.generate_private_key(ec.SECP256R1()))


def agree(transaction: Transaction, signer: SoftwareSigner | None = None) -> Authorization:
    """What ``UnlockedCard.authorize`` gives."""
    key = signer or card()
    algorithm = key.algorithms[0]
    return Authorization(
        transaction=transaction,
        certificate=key.certificate,
        algorithm=algorithm,
        signature=key.sign_digest(transaction.digest(algorithm), algorithm),
    )


@dataclass
class Pool:
    """Entry tickets: who asks for ``amount`` rial of swimming gets it."""

    reservation: timedelta = timedelta(minutes=10)
    telling: tuple[Step, ...] = ()
    account: str = "pool/visitors"
    details: dict[str, str | int] = field(default_factory=lambda: {"lane": 4, "hall": "north"})

    name = "pool"

    def quote(self, request: Any, holder: Holder, now: datetime) -> Terms:
        return Terms(
            service="pool",
            verb="enter",
            amount=request,
            unit="IRR",
            payee="pool-tehran",
            sentence_fa=f"ورود به استخر: {request} ریال",
            sentence_en=f"Entry to the pool: {request} rial",
            policy="pool 2027-01-01",
            expires=now + timedelta(minutes=5),
            details=self.details,
        )

    def accounts(self, case: Case) -> Sequence[Account]:
        return [
            Account(name=self.account, unit="IRR"),
            Account(name=f"pool/{case.terms.payee}", unit="IRR"),
        ]

    def transfers(self, case: Case, step: Step, amount: int) -> Sequence[Transfer]:
        return two_account(
            case, step, amount, debit=self.account, credit=f"pool/{case.terms.payee}", name="entry"
        )

    def messages(self, case: Case, step: Step) -> Sequence[Message]:
        if step not in self.telling:
            return ()
        return [Message(queue="board", key=f"{case.id}/{step}", payload={"state": case.state.value})]


@dataclass
class World:
    """One desk, its book, and how to get through a visit."""

    book: Book
    clock: Clock
    desk: Desk
    proofs: Proofs
    pool: Pool

    def holder(self, number: str = "0012345679") -> Holder:
        return self.desk.holder(card(number).certificate)

    def authorized(self, amount: int = 100, number: str = "0012345679") -> Authorized:
        prepared = self.desk.prepare(amount, self.holder(number))
        return self.desk.authorize(prepared, agree(prepared.transaction, card(number)))

    def prepared(self, amount: int = 100) -> Prepared:
        return self.desk.prepare(amount, self.holder())

    def money(self) -> tuple[int, int]:
        """What visitors have left, what the pool has."""
        return (
            self.book.balance("pool/visitors").available,
            self.book.balance("pool/pool-tehran").posted,
        )


def fund(book: Book, amount: int = 1_000_000) -> None:
    """Give the visitors something to spend."""
    book.run(
        lambda entry: entry.open_account(
            Account(name=MONEY, unit="IRR", guard=Guard.NONE),
            Account(name="pool/visitors", unit="IRR"),
            Account(name="pool/pool-tehran", unit="IRR"),
        )
    )
    transfer = Transfer(id=bytes(16), debit=MONEY, credit="pool/visitors", amount=amount)
    book.run(lambda entry: entry.post(transfer))


def desk_of(book: Book, clock: Clock, pool: Pool | None = None, **changes: Any) -> tuple[Desk, Proofs]:
    proofs = Proofs(policy(), pseudonyms=PSEUDONYMS, clock=clock)
    journal = Journal(book, JOURNAL_KEY, clock=clock)
    values = {"terminal": "gate-1", **changes}
    desk = Desk(pool or Pool(), book, journal, proofs=proofs, pseudonyms=PSEUDONYMS, clock=clock, **values)
    return desk, proofs


@contextmanager
def world(place: Path | str, pool: Pool | None = None, **changes: Any) -> Iterator[World]:
    """Open a world whose book lies in a folder, or at an address."""
    clock = changes.pop("clock", None) or Clock()
    pool = pool or Pool()
    url = place if isinstance(place, str) else f"sqlite:///{place}/pool.db"
    with open_book(url, clock=clock) as book:
        fund(book)
        desk, proofs = desk_of(book, clock, pool, **changes)
        yield World(book, clock, desk, proofs, pool)


@contextmanager
def refused(reason: Reason) -> Iterator[None]:
    """Expect a refusal for one reason."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.reason == reason, caught.value.message
