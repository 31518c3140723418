"""The two threads of a request: questions, a second try, readers with keys, cards that do not end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from smartid.agent import native_host
from smartid.agent.attendant import Attendant
from smartid.agent.errand import Errand, Lifeline, wait_for
from smartid.agent.failures import RequestFailed
from smartid.agent.question import Question, Task
from smartid.agent.reasons import AgentReason
from smartid.card.connect import connect
from smartid.card.pin import PIN
from smartid.errors import PINEntryCancelled
from smartid.iso7816.apdu import CommandAPDU, ResponseAPDU
from smartid.mockcard.card import MockCard
from smartid.transport.base import PINPadRequest
from tests.card.agent.conftest import Serve, command, login, pin, wrong
from tests.card.conftest import PINS

Issue = Callable[..., MockCard]
VERIFY, INTERNAL_AUTHENTICATE = 0x20, 0x88


class Scripted:
    """A person who answers with these PINs, one after the other."""

    patient = True

    def __init__(self, *pins: str, last_try: bool = False) -> None:
        self.asked: list[Question] = []
        self._pins = [PIN(text, last_try=last_try) for text in pins]
        self.closed = False

    def attend(self, errand: Errand, lifeline: Lifeline) -> None:
        while not errand.result.done():
            wait_for([errand.events], lifeline.seconds_left)
            os.read(errand.events, 64)
            lifeline.require()
            question = errand.question
            if question:
                self.asked.append(question)
                errand.answer(self._pins.pop(0) if question.pin else None)

    def close(self) -> None:
        self.closed = True


def test_a_patient_person_is_asked_again_with_what_is_left(serve_here: Serve, issue: Issue) -> None:
    person = Scripted(wrong(), wrong(), pin(), last_try=True)
    token = serve_here(login(lang="en"), issue(), person=lambda: person)
    assert token["format"] == "web-eid:1.0"
    told = [(question.pin.tries_left, question.pin.wrong) for question in person.asked if question.pin]
    assert told == [(3, False), (2, True), (1, True)]
    assert {(question.task, question.lang) for question in person.asked} == {(Task.LOGIN, "en")}
    assert person.closed


def test_the_tries_end(serve_here: Serve, issue: Issue) -> None:
    person = Scripted(wrong(), wrong(), wrong(), pin(), last_try=True)
    answer = serve_here(login(), issue(), person=lambda: person)
    assert (answer["error"]["reason"], answer["error"]["retries_left"]) == ("pin_blocked", 0)
    assert len(person.asked) == 3


def test_the_question_says_who_asks_and_whose_card_it_is(serve_here: Serve, issue: Issue) -> None:
    person = Scripted()
    serve_here(
        command("get-signing-certificate", origin="https://bank.example:8443"), issue(), person=lambda: person
    )
    (question,) = person.asked
    assert (question.origin, question.holder) == ("https://bank.example:8443", "سارا احمدی")
    assert question.test  # the certificate carries the policy of the throw-away PKI
    assert question.pin is None
    assert "کارت" in question.card_title[1]


class Pad:
    """A reader with keys of its own, on which the holder types these digits."""

    has_pin_pad = True

    def __init__(self, inner: Any, digits: str | None) -> None:
        self._inner, self._digits = inner, digits
        self.atr, self.transaction, self.close = inner.atr, inner.transaction, inner.close
        self.sent: list[int] = []

    def transmit(self, command: bytes) -> bytes:
        self.sent.append(command[1])
        return bytes(self._inner.transmit(command))

    def enter_pin(self, request: PINPadRequest) -> ResponseAPDU:
        if self._digits is None:
            raise PINEntryCancelled("The holder cancelled.")
        block = self._digits.encode().ljust(8, b"\xff")
        sent = CommandAPDU(0x00, 0x20, request.command.p1, request.command.p2, block)
        return ResponseAPDU.parse(self.transmit(sent.encode()))


@pytest.mark.parametrize(
    ("digits", "reason"), [(PINS["identity"], None), (None, "cancelled"), ("9999", "pin_wrong")]
)
def test_a_pin_that_is_typed_on_the_reader(
    serve_here: Serve, issue: Issue, digits: str | None, reason: str | None
) -> None:
    card = issue()
    lend = lambda: closing(connect(transport=Pad(card.insert(), digits)))  # noqa: E731
    answer = serve_here(login(), lend, person=lambda: Attendant(None))
    assert answer.get("error", {}).get("reason") == reason
    if not reason:
        assert answer["format"] == "web-eid:1.0"


def test_a_reader_without_keys_says_so(serve_here: Serve, issue: Issue) -> None:
    answer = serve_here(login(), issue(), person=lambda: Attendant(None))
    assert answer["error"]["reason"] == "unsupported"


def test_a_card_that_does_not_end_does_not_keep_the_browser(
    serve_here: Serve, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer goes out when the time is over, and the process ends although the reader hangs."""
    free, left = threading.Event(), []

    class Hanging(Pad):
        def enter_pin(self, request: PINPadRequest) -> ResponseAPDU:
            free.wait(20)
            return super().enter_pin(request)

    card = issue()
    monkeypatch.setattr(native_host, "GRACE", 0.1)
    monkeypatch.setattr(os, "_exit", left.append)
    lend = lambda: closing(connect(transport=Hanging(card.insert(), pin())))  # noqa: E731
    try:
        answer = serve_here(login(), lend, person=lambda: Attendant(None), seconds=0.5)
    finally:
        free.set()
    assert answer["error"]["reason"] == "timed_out"
    assert left == [0]


def test_a_window_that_breaks_leaves_no_thread_that_waits_with_an_open_card(
    serve_here: Serve, issue: Issue
) -> None:
    """The process would never end: it waits for the thread, and the thread for an answer."""

    class Broken(Scripted):
        def attend(self, errand: Errand, lifeline: Lifeline) -> None:
            self.errand = errand
            wait_for([errand.events], lifeline.seconds_left)
            raise ZeroDivisionError

    person = Broken()
    try:
        with pytest.raises(ZeroDivisionError):
            serve_here(login(), issue(), person=lambda: person)
        assert person.errand.result.done()
    finally:
        person.errand.end(RequestFailed(AgentReason.CANCELLED))
    assert isinstance(person.errand.result.exception(), RequestFailed)
    assert person.closed


def test_nothing_is_signed_for_a_browser_that_left_while_the_pin_was_typed(
    serve_here: Serve, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The PIN was accepted after the time was over: the key is not used, and the card is locked again."""
    free = threading.Event()

    class Slow(Pad):
        def enter_pin(self, request: PINPadRequest) -> ResponseAPDU:
            free.wait(20)
            return super().enter_pin(request)

    card, ended = issue(), threading.Event()
    end = Errand.end

    def end_and_let_go(self: Errand, why: Any) -> None:
        end(self, why)
        free.set()
        ended.set()

    monkeypatch.setattr(Errand, "end", end_and_let_go)
    reader = Slow(card.insert(), pin())
    lend = lambda: closing(connect(transport=reader))  # noqa: E731
    answer = serve_here(login(), lend, person=lambda: Attendant(None), seconds=0.5)
    assert answer["error"]["reason"] == "timed_out"
    assert ended.is_set()
    assert VERIFY in reader.sent
    assert INTERNAL_AUTHENTICATE not in reader.sent
    quick = Pad(issue().insert(), pin())
    serve_here(login(), lambda: closing(connect(transport=quick)), person=lambda: Attendant(None))
    assert INTERNAL_AUTHENTICATE in quick.sent
