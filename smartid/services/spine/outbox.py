"""Messages to others that leave after what they tell was written down, at least once each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from smartid.errors import Refused, SmartIDError
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.reasons import Reason

_WAITING, _DONE, _STUCK = "waiting", "done", "stuck"


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
    """When a message is sent again: after ``first``, twice that, four times …, at most ``longest`` apart.

    lease  how long a sender has a message for itself; longer than its own time limit
    """

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=15)
    attempts: int = 12
    lease: timedelta = timedelta(minutes=1)

    def pause(self, attempt: int) -> timedelta:
        """How long to wait after an attempt, from 1."""
        return min(self.longest, self.first * (1 << min(attempt - 1, 32)))


Send = Callable[[Message, int], Reply | None]
"""Sends a message; the number is that of the attempt, from 1: what is above 1 is marked as a repeat. None:
no answer, the outcome is not known."""


def enqueue(entry: Entry, message: Message, due: datetime) -> None:
    """Write a message within an entry. A key that a queue has seen is written once.

    Raises Refused (conflict) when the key was another message.
    """
    known = entry.load(_kind(message.queue), message.key)
    if known is not None:
        if _message(message.queue, known) != message:
            raise Refused(
                f"The queue {message.queue} has another message of this key.", reason=Reason.CONFLICT
            )
        return
    seconds = int(due.timestamp())
    content = {
        "payload": dict(message.payload),
        "repeat_of": message.repeat_of,
        "attempts": 0,
        "written": seconds,
        "why": "",
        "reply": None,
    }
    entry.keep(
        Record(
            kind=_kind(message.queue), key=message.key, state=_WAITING, due=max(1, seconds), content=content
        )
    )


class Outbox:
    """Delivers what was enqueued. Several processes may: each message is leased to one at a time.

    What is sent twice anyway (a sender that died after sending) carries its attempt number, and the receiver
    knows the key.
    """

    def __init__(self, book: Book, *, repeats: Repeats = Repeats()) -> None:
        self._book = book
        self._repeats = repeats

    def deliver(
        self,
        queue: str,
        send: Send,
        now: datetime,
        *,
        limit: int = 100,
        on_reply: Callable[[Entry, Message, Reply], None] | None = None,
    ) -> Delivery:
        """Send what is due, oldest first.

        send      what it raises as SmartIDError counts as no answer: one message does not hold up the others
        on_reply  does what follows from an answer, in the entry that writes it down. Where it raises Refused
                  the answer is not taken, and the message is tried again
        """
        delivered: list[tuple[Message, Reply]] = []
        waiting, stuck = 0, list[Message]()
        for key in self._due(queue, now, limit):
            taken = self._take(queue, key, now)
            if taken is None:
                continue
            message, attempt = taken
            reply, why = _ask(send, message, attempt)
            refusal = self._done(message, reply, on_reply) if reply is not None else why
            if reply is not None and not refusal:
                delivered.append((message, reply))
            elif self._postpone(message, attempt, refusal, now):
                waiting += 1
            else:
                stuck.append(message)
        return Delivery(delivered=tuple(delivered), waiting=waiting, stuck=tuple(stuck))

    def exceptions(self, queue: str, now: datetime, *, limit: int = 1000) -> list[Stuck]:
        """List messages that found no answer, oldest first."""
        found = self._book.run(lambda entry: entry.find(_kind(queue), state=_STUCK, limit=limit))
        items = [
            Stuck(
                message=_message(queue, record),
                attempts=record.content["attempts"],
                age=timedelta(seconds=int(now.timestamp()) - record.content["written"]),
                why=record.content["why"],
            )
            for record in found
        ]
        return sorted(items, key=lambda item: item.age, reverse=True)

    def retry(self, queue: str, key: str, now: datetime) -> None:
        """Put a stuck message back to its queue. Raises Refused (unknown_case)."""

        def work(entry: Entry) -> None:
            record = entry.load(_kind(queue), key)
            if record is None or record.state != _STUCK:
                raise Refused(
                    f"No message of this key is stuck in the queue {queue}.", reason=Reason.UNKNOWN_CASE
                )
            entry.keep(replace(record, state=_WAITING, due=int(now.timestamp())))

        self._book.run(work)

    def reply(self, queue: str, key: str) -> Reply | None:
        """Give the answer to a message, None while there is none."""
        record = self._book.run(lambda entry: entry.load(_kind(queue), key))
        if record is None or record.content["reply"] is None:
            return None
        return Reply(content=record.content["reply"])

    def settle_late(
        self,
        queue: str,
        key: str,
        reply: Reply,
        *,
        on_reply: Callable[[Entry, Message, Reply], None] | None = None,
    ) -> bool:
        """Take an answer that came by itself, after its attempt was given up. False when it is not new."""

        def work(entry: Entry) -> bool:
            record = entry.load(_kind(queue), key)
            if record is None or record.state == _DONE:
                return False
            _answered(entry, queue, record, reply, on_reply)
            return True

        return self._book.run(work)

    def _due(self, queue: str, now: datetime, limit: int) -> list[str]:
        due = int(now.timestamp())
        found = self._book.run(lambda entry: entry.find(_kind(queue), state=_WAITING, due=due, limit=limit))
        return [record.key for record in found]

    def _take(self, queue: str, key: str, now: datetime) -> tuple[Message, int] | None:
        """Lease a message, count the attempt; None when somebody else was faster."""

        def work(entry: Entry) -> tuple[Message, int] | None:
            record = entry.load(_kind(queue), key)
            if record is None or record.state != _WAITING or record.due > now.timestamp():
                return None
            attempt = record.content["attempts"] + 1
            due = int((now + self._repeats.lease).timestamp())
            entry.keep(replace(record, due=due, content={**record.content, "attempts": attempt}))
            return _message(queue, record), attempt

        return self._book.run(work)

    def _done(
        self, message: Message, reply: Reply, on_reply: Callable[[Entry, Message, Reply], None] | None
    ) -> str:
        """Take an answer; gives why it could not be taken, empty when it was."""

        def work(entry: Entry) -> None:
            record = entry.load(_kind(message.queue), message.key)
            if record is not None and record.state != _DONE:
                _answered(entry, message.queue, record, reply, on_reply)

        try:
            self._book.run(work)
        except Refused as refused:
            return refused.message[:200]
        return ""

    def _postpone(self, message: Message, attempt: int, why: str, now: datetime) -> bool:
        """Set the time of the next attempt. False when there is none."""
        again = attempt < self._repeats.attempts

        def work(entry: Entry) -> None:
            record = entry.load(_kind(message.queue), message.key)
            if record is None or record.state != _WAITING:
                return
            due = (
                int((now + self._repeats.pause(attempt)).timestamp()) if again else record.content["written"]
            )
            state = _WAITING if again else _STUCK
            entry.keep(replace(record, state=state, due=due, content={**record.content, "why": why}))

        self._book.run(work)
        return again


def _ask(send: Send, message: Message, attempt: int) -> tuple[Reply | None, str]:
    try:
        return send(message, attempt), "no answer"
    except SmartIDError as error:
        return None, error.message[:200]


def _answered(
    entry: Entry,
    queue: str,
    record: Record,
    reply: Reply,
    on_reply: Callable[[Entry, Message, Reply], None] | None,
) -> None:
    content = {**record.content, "reply": dict(reply.content)}
    entry.keep(replace(record, state=_DONE, due=0, content=content))
    if on_reply is not None:
        on_reply(entry, _message(queue, record), reply)


def _kind(queue: str) -> str:
    return f"outbox/{queue}"


def _message(queue: str, record: Record) -> Message:
    content = record.content
    return Message(queue=queue, key=record.key, payload=content["payload"], repeat_of=content["repeat_of"])
