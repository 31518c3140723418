"""Torn cards: write down what will be asked of the card, ask it, and let the card say what it did.

::

    intents.write(intent)                       # durable, before the first command that changes the card
    record = card.run(debit(…))                 # may be torn anywhere
    book.run(lambda entry: …; intents.close(entry, intent, Did.COMMITTED))

    intents.resume(proof, decide, act)          # the card is there again: it proves its last transaction
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from smartid.errors import Refused
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.reasons import Reason

_OPEN = "open"


class Did(StrEnum):
    """What a card's proof of its last transaction says about an intent."""

    COMMITTED = "committed"
    NOT_COMMITTED = "not committed"
    UNDECIDED = "undecided"
    """The card has moved on, or its proof is of something else: nobody guesses, a person looks at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is about to be asked of a card (record kind ``SERVICE/intent``).

    id       of the case, or what the service calls it
    card     hexadecimal card number
    counter  of the card before the step
    plan     JSON values: what is asked of it
    """

    id: str
    service: str
    card: str
    counter: int
    written: datetime
    plan: Mapping[str, Any] = field(default_factory=dict)


class CardProof(Protocol):
    """What a card says about its last transaction."""

    @property
    def card(self) -> str:
        """Hexadecimal card number."""
        ...

    @property
    def counter(self) -> int:
        """Number of the card's last transaction."""
        ...


Proof = TypeVar("Proof", bound=CardProof)


def by_counter(intent: Intent, proof: CardProof) -> Did:
    """Decide by the card's counter alone: it moved by one, or it did not.

    A service that gets a record with its proof also compares what the record says with the plan.
    """
    if proof.counter == intent.counter:
        return Did.NOT_COMMITTED
    return Did.COMMITTED if proof.counter == intent.counter + 1 else Did.UNDECIDED


class Intents:
    """The intents of a service: at most one is open for a card."""

    def __init__(self, book: Book, service: str) -> None:
        self._book = book
        self._service = service
        self._kind = f"{service}/intent"

    def write(self, intent: Intent) -> None:
        """Write an intent, durably, before the first command that changes the card.

        Raises Refused (in_progress) while another intent for this card is open: ``resume`` it first.
        """
        self._book.run(lambda entry: self.write_in(entry, intent))

    def write_in(self, entry: Entry, intent: Intent) -> None:
        """Write an intent within an entry that does more. Raises as ``write``."""
        known = entry.load(self._kind, intent.card)
        if known is not None and known.content["id"] != intent.id:
            raise Refused(
                "The card was torn in an earlier transaction, and nobody has asked it yet what it did.",
                reason=Reason.IN_PROGRESS,
                remedy="Resume that transaction first.",
            )
        due = max(1, int(intent.written.timestamp()))
        content = {"id": intent.id, "counter": intent.counter, "plan": dict(intent.plan)}
        entry.keep(Record(kind=self._kind, key=intent.card, state=_OPEN, due=due, content=content))

    def open_for(self, card: str) -> Intent | None:
        """Give the open intent for a card."""
        record = self._book.run(lambda entry: entry.load(self._kind, card))
        return self._read(record) if record else None

    def all_open(self, limit: int = 100) -> list[Intent]:
        """Give open intents, oldest first."""
        found = self._book.run(lambda entry: entry.find(self._kind, state=_OPEN, limit=limit))
        return [self._read(record) for record in found]

    def close(self, entry: Entry, intent: Intent, did: Did) -> None:
        """Resolve an intent within the entry that does what follows from it.

        Raises Refused (wrong_state) when it was resolved before.
        """
        record = entry.load(self._kind, intent.card)
        if record is None or record.content["id"] != intent.id:
            raise Refused("This intent was resolved before.", reason=Reason.WRONG_STATE)
        entry.forget(self._kind, intent.card)
        kind = f"{self._kind}/resolved"
        entry.keep(replace(record, kind=kind, key=f"{intent.card}/{intent.id}", state=did, due=0))

    def resume(
        self,
        proof: Proof,
        decide: Callable[[Intent, Proof], Did],
        act: Callable[[Entry, Intent, Did], None],
    ) -> Did | None:
        """Resolve the open intent of the card that is there; None when there is none.

        decide  compares intent and proof
        act     does what follows, in the entry that resolves the intent: complete, void, or a review
        """

        def work(entry: Entry) -> Did | None:
            record = entry.load(self._kind, proof.card)
            if record is None:
                return None
            intent = self._read(record)
            did = decide(intent, proof)
            self.close(entry, intent, did)
            act(entry, intent, did)
            return did

        return self._book.run(work)

    def _read(self, record: Record) -> Intent:
        return Intent(
            id=record.content["id"],
            service=self._service,
            card=record.key,
            counter=record.content["counter"],
            written=datetime.fromtimestamp(record.due, UTC),
            plan=record.content["plan"],
        )
