"""Torn cards: write down what will be asked of the card, ask it, and let the card say what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from smartid.services.ledger.book import Book, Entry


class Did(Enum):
    """What a card's proof of its last transaction says about an intent."""

    COMMITTED = "committed"
    NOT_COMMITTED = "not committed"
    UNDECIDED = "undecided"
    """Another card, or the card has moved on: nobody guesses, a person looks at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What was about to be asked of a card (record kind ``SERVICE/intent``).

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
        """Of the card now."""
        ...


class Intents:
    """Intents of a service."""

    def __init__(self, book: Book, service: str) -> None: ...

    def write(self, intent: Intent) -> None:
        """Write an intent, durably, before the first card-changing command. Raises Refused (in_progress) while
        another intent of the same card is open."""

    def open(self, card: str) -> Intent | None:
        """Give the open intent of a card."""

    def all_open(self, limit: int = 100) -> list[Intent]:
        """Give open intents, oldest first."""

    def close(self, entry: Entry, intent: Intent, did: Did) -> None:
        """Resolve an intent within the entry that does what follows from it."""

    def resume(
        self, proof: CardProof, decide: Callable[[Intent], Did], act: Callable[[Entry, Intent, Did], None]
    ) -> Did | None:
        """Resolve the open intent of the card that is there, if there is one: in one entry with ``act``."""
