from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from smartid.errors import EncodingError, GatewayUnavailable, Refused
from smartid.services.ledger.book import Book, Entry
from smartid.services.ledger.opening import open_book
from smartid.services.reasons import Reason
from smartid.services.spine.inbox import Inbox
from smartid.services.spine.outbox import Message, Outbox, Repeats, Reply, enqueue
from tests.unit.services.spine.world import refused

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
REVERSAL = Message(queue="switch", key="7f3a", payload={"amount": 100, "code": "0420"}, repeat_of="7f39")


class Switch:
    """The other side: silent for the first few, then it answers each key once."""

    def __init__(self, silent: int = 0) -> None:
        self.silent = silent
        self.heard: list[tuple[str, int]] = []

    def __call__(self, message: Message, attempt: int) -> Reply | None:
        self.heard.append((message.key, attempt))
        if len(self.heard) <= self.silent:
            if len(self.heard) % 2:
                raise GatewayUnavailable("The switch is down.", retry_after=1)
            return None
        return Reply(content={"code": "00"})


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_book(f"sqlite:///{tmp_path}/outbox.db") as opened:
        yield opened


def put(book: Book, *messages: Message) -> None:
    for message in messages:
        book.run(lambda entry, message=message: enqueue(entry, message, START))


def test_repeats_are_numbered_and_come_later_each_time(book: Book) -> None:
    put(book, REVERSAL)
    switch, outbox = Switch(silent=4), Outbox(book, repeats=Repeats(longest=timedelta(seconds=4)))
    times = [0, 0.5, 1, 2, 3, 6, 7, 8, 10, 11, 12, 99]
    heard = []
    for seconds in times:
        before = len(switch.heard)
        outbox.deliver("switch", switch, START + timedelta(seconds=seconds))
        heard += [seconds] * (len(switch.heard) - before)
    assert switch.heard == [("7f3a", attempt) for attempt in (1, 2, 3, 4, 5)]
    assert heard == [0, 1, 3, 7, 11]
    assert outbox.reply("switch", "7f3a") == Reply(content={"code": "00"})


def test_the_last_attempt_makes_an_exception_with_an_age(book: Book) -> None:
    put(book, REVERSAL)
    outbox = Outbox(book, repeats=Repeats(attempts=2))
    silent = Switch(silent=9)
    assert outbox.deliver("switch", silent, START).waiting == 1
    assert outbox.deliver("switch", silent, START + timedelta(seconds=1)).stuck == (REVERSAL,)
    later = START + timedelta(hours=3)
    assert outbox.deliver("switch", silent, later).waiting == 0
    (stuck,) = outbox.exceptions("switch", later)
    assert (stuck.message, stuck.attempts, stuck.age) == (REVERSAL, 2, timedelta(hours=3))
    outbox.retry("switch", REVERSAL.key, later)
    assert outbox.exceptions("switch", later) == []
    assert outbox.deliver("switch", Switch(), later).delivered[0][0] == REVERSAL
    with refused(Reason.UNKNOWN_CASE):
        outbox.retry("switch", REVERSAL.key, later)


def test_a_message_is_written_once(book: Book) -> None:
    put(book, REVERSAL, REVERSAL)
    outbox, switch = Outbox(book), Switch()
    outbox.deliver("switch", switch, START)
    put(book, REVERSAL)
    outbox.deliver("switch", switch, START)
    assert switch.heard == [("7f3a", 1)]
    with refused(Reason.CONFLICT):
        put(book, Message(queue="switch", key="7f3a", payload={"amount": 101}))


def test_a_sender_that_died_is_followed_by_another_with_the_next_number(book: Book) -> None:
    put(book, REVERSAL)

    class Died(BaseException):
        pass

    def die(message: Message, attempt: int) -> Reply:
        raise Died

    with pytest.raises(Died):
        Outbox(book).deliver("switch", die, START)
    switch, other = Switch(), Outbox(book)
    other.deliver("switch", switch, START + timedelta(seconds=59))
    assert switch.heard == []
    other.deliver("switch", switch, START + timedelta(seconds=60))
    assert switch.heard == [("7f3a", 2)]


def test_a_late_answer_is_taken_once(book: Book) -> None:
    put(book, REVERSAL)
    outbox = Outbox(book)
    outbox.deliver("switch", Switch(silent=1), START)
    seen: list[dict[str, Any]] = []

    def on_reply(entry: Entry, message: Message, reply: Reply) -> None:
        seen.append(dict(reply.content))

    late = Reply(content={"code": "00"})
    assert outbox.settle_late("switch", "7f3a", late, on_reply=on_reply)
    assert not outbox.settle_late("switch", "7f3a", late, on_reply=on_reply)
    assert not outbox.settle_late("switch", "unknown", late)
    switch = Switch()
    outbox.deliver("switch", switch, START + timedelta(hours=1))
    assert switch.heard == []
    assert seen == [{"code": "00"}]


def test_what_follows_an_answer_is_in_one_entry_with_it(book: Book) -> None:
    put(book, REVERSAL)

    def fail(entry: Entry, message: Message, reply: Reply) -> None:
        entry.next_number("answers")
        raise GatewayUnavailable("The book of the bank is closed.", retry_after=1)

    with pytest.raises(GatewayUnavailable):
        Outbox(book).deliver("switch", Switch(), START, on_reply=fail)
    assert Outbox(book).reply("switch", "7f3a") is None
    assert book.run(lambda entry: entry.next_number("answers")) == 1


def test_queues_do_not_mix(book: Book) -> None:
    put(book, REVERSAL, Message(queue="webhook", key="7f3a", payload={"event": "done"}))
    switch = Switch()
    Outbox(book).deliver("webhook", switch, START)
    assert switch.heard == [("7f3a", 1)]
    assert Outbox(book).reply("switch", "7f3a") is None


def test_a_receiver_answers_once(book: Book) -> None:
    inbox, calls = Inbox(book, "switch"), []

    def work(entry: Entry) -> dict[str, Any]:
        calls.append(entry.next_number("work"))
        return {"code": "00", "number": calls[-1]}

    assert inbox.answer("k1", b"body", work) == ({"code": "00", "number": 1}, False)
    assert inbox.answer("k1", b"body", work) == ({"code": "00", "number": 1}, True)
    assert Inbox(book, "switch").answer("k1", b"body", work)[1]
    assert not Inbox(book, "bank").answer("k1", b"other", work)[1]
    with refused(Reason.CONFLICT):
        inbox.answer("k1", b"another body", work)
    assert calls == [1, 2]


@pytest.mark.parametrize("at_fault", ["the wire", "what follows"])
def test_a_message_that_always_fails_does_not_hold_up_the_others(book: Book, at_fault: str) -> None:
    put(book, *(Message(queue="switch", key=key) for key in ("a", "b", "c")))
    outbox = Outbox(book, repeats=Repeats(attempts=2))
    broken = EncodingError("reply", offset=0, expected="a reply")
    refusal = Refused("It was completed meanwhile.", reason=Reason.WRONG_STATE)

    def send(message: Message, attempt: int) -> Reply:
        if message.key == "a" and at_fault == "the wire":
            raise broken
        return Reply(content={"code": "00"})

    def follow(entry: Entry, message: Message, reply: Reply) -> None:
        entry.next_number("answers")
        if message.key == "a" and at_fault != "the wire":
            raise refusal

    first = outbox.deliver("switch", send, START, on_reply=follow)
    assert [message.key for message, _ in first.delivered] == ["b", "c"]
    assert first.waiting == 1
    assert [each.key for each in outbox.deliver("switch", send, START + DAY, on_reply=follow).stuck] == ["a"]
    [stuck] = outbox.exceptions("switch", START + DAY)
    assert stuck.why == (broken if at_fault == "the wire" else refusal).message
    assert outbox.reply("switch", "a") is None
    assert book.run(lambda entry: entry.next_number("answers")) == 3
