"""Messages to others that leave after what they tell was written down, at least once each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from smartid.services.ledger.book import Book, Entry

KIND = "outbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something that another party has to be told.

    queue      to whom: "switch", "acquirer", "webhook"
    key        business key: the receiver answers the same key once and repeats its answer
    payload    JSON values
    repeat_of  key of the message that this one reverses or asks about; empty without one
    """

    queue: str
    key: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    repeat_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the other side said to a message. ``content`` is JSON values."""

    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A message that found no answer after the last attempt.

    age  since it was written
    """

    message: Message
    attempts: int
    age: timedelta
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a round of deliveries did.

    delivered  messages that were answered, with their answers
    waiting    messages that were tried and wait for the next attempt
    stuck      messages that were tried for the last time
    """

    delivered: tuple[tuple[Message, Reply], ...] = ()
    waiting: int = 0
    stuck: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """When a message is sent again: after ``first``, twice that, four times …, at most ``longest`` apart."""

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=15)
    attempts: int = 12


Send = Callable[[Message, int], Reply | None]
"""Sends a message; the number is that of the attempt, from 1: what is above 1 is marked as a repeat. None:
no answer, the outcome is not known."""


def enqueue(entry: Entry, message: Message, due: datetime) -> None:
    """Write a message within an entry. A key that a queue has seen is written once."""


class Outbox:
    """Delivers what was enqueued. Several processes may: each message is leased to one at a time."""

    def __init__(self, book: Book, *, repeats: Repeats = Repeats()) -> None: ...  # noqa: B008

    def deliver(self, queue: str, send: Send, now: datetime, *, limit: int = 100) -> Delivery:
        """Send what is due.

        ``send`` may raise GatewayUnavailable, which counts as no answer.
        """

    def exceptions(self, queue: str, now: datetime) -> list[Stuck]:
        """List messages that found no answer, oldest first."""

    def retry(self, queue: str, key: str, now: datetime) -> None:
        """Put a stuck message back to its queue. Raises Refused (unknown_case)."""

    def reply(self, queue: str, key: str) -> Reply | None:
        """Give the answer to a message, None while there is none."""

    def settle_late(self, queue: str, key: str, reply: Reply) -> bool:
        """Take an answer that came by itself, after its attempt was given up. False when it is not new."""


class Inbox:
    """Answers each business key once: the receiver's half of "at least once"."""

    def __init__(self, book: Book, name: str) -> None: ...

    def answer(
        self, key: str, body: bytes, work: Callable[[Entry], Mapping[str, Any]]
    ) -> tuple[Mapping[str, Any], bool]:
        """Do the work for a new key in one entry with its answer; give a known key its stored answer.

        Gives the answer and whether it is a repeat. Raises Refused (conflict) for a key that came with
        another body.
        """
