"""Terms, and the types through which a case goes: ``Prepared`` → ``Authorized`` → ``Receipt``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from smartid.identity.transaction import Authorization, Transaction
from smartid.services.spine.states import State

BEGUN = "begun"
"""Fact of a case whose effect has begun: the time at which it did."""


class Assurance(StrEnum):
    """How surely the holder was known."""

    CHIP_AND_PIN = "chip and PIN"
    CHIP = "chip"
    TYPED = "typed number"
    """The chip could not be read: smaller limits, and somebody looks at it later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who stands at the counter, as a service may know him: by pseudonym.

    pseudonym    keyed hash of the national number, for one service (``spine.pseudonym``)
    certificate  of the transaction key that was verified, DER; empty when no card was
    throw_away   the card is one for tests
    """

    pseudonym: str
    assurance: Assurance
    certificate: bytes = field(default=b"", repr=False)
    throw_away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a service offers: a pure function of the request, the dated policy and the time.

    amount, unit    what the holder gives or gets, whole units
    payee           identifier of who receives
    sentence_fa/en  what the holder is shown; the one that was shown is hashed into the transaction
    policy          name and version of the rules, "fuel-ir 2025-12-13"
    expires         until when the offer stands
    details         what else binds: tier split, price, product; texts and whole numbers
    """

    service: str
    verb: str
    amount: int
    unit: str
    payee: str
    sentence_fa: str
    sentence_en: str
    policy: str
    expires: datetime
    details: Mapping[str, str | int] = field(default_factory=dict)

    def sentence(self, lang: str) -> str:
        """Give the sentence in Persian ("fa") or English."""
        return self.sentence_fa if lang == "fa" else self.sentence_en


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Quoted and ready to be shown. ``transaction`` is what the card is asked to sign."""

    terms: Terms
    holder: Holder
    transaction: Transaction
    lang: str = "fa"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorized:
    """The holder agreed and the proof was verified.

    authorization  None where the terminal's own rule stands for the proof (a typed number)
    """

    prepared: Prepared
    authorization: Authorization | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One transaction as the service keeps it (record kind ``SERVICE/case``).

    id          32 hexadecimal digits, derived from service and idempotency key
    reserved, completed, refunded   amounts in the unit of the terms
    replayed    this answer is that of an earlier call under the same key
    original    code of the scheme that answered, as it came
    facts       what the adapter keeps; JSON values
    """

    id: str
    service: str
    state: State
    terms: Terms
    holder: Holder
    transaction: Transaction
    key: str
    opened: datetime
    changed: datetime
    reserved: int = 0
    completed: int = 0
    refunded: int = 0
    original: str = ""
    replayed: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def begun(self) -> bool:
        """Whether the effect has begun (``Desk.begin``): notes or fuel may be out."""
        return BEGUN in self.facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the holder takes home: signed, chained, verifiable without a network (``services.journal``).

    id       32 hexadecimal digits
    number   place in the journal, from 1
    state    COMPLETED, VOIDED, REFUNDED …; UNKNOWN reads "pending"
    amount   what was moved, in ``unit``
    body     the signed bytes, canonical JSON
    signature  Ed25519, 64 bytes, of the journal's key
    qr       text for a QR code: the whole proof
    """

    id: str
    number: int
    service: str
    verb: str
    state: State
    amount: int
    unit: str
    payee: str
    time: datetime
    case: str
    details: Mapping[str, str | int] = field(default_factory=dict)
    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    qr: str = field(repr=False)
    replayed: bool = False

    def as_dict(self) -> dict[str, Any]:
        """JSON form of what it says, without the signed bytes."""
        return {
            "id": self.id,
            "number": self.number,
            "service": self.service,
            "verb": self.verb,
            "state": self.state.value,
            "amount": self.amount,
            "unit": self.unit,
            "payee": self.payee,
            "time": self.time.isoformat(),
            "case": self.case,
            "details": dict(self.details),
        }
