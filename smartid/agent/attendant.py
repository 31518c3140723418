"""Who runs the program by hand answers for the holder: kiosks and tests, without a window."""

from __future__ import annotations

import os
import sys

from smartid.agent.errand import Errand, Lifeline, wait_for
from smartid.agent.failures import RequestFailed
from smartid.agent.question import Question
from smartid.agent.reasons import AgentReason
from smartid.card.pin import MAX_INPUT, PIN
from smartid.errors import PINFormatError

_PATIENCE = 1.0
"""Seconds that a PIN may still come after the pipe from the browser was closed: ``printf … | smartid …``."""


class Attendant:
    """Gives consent because it was told to, and takes PINs from a file descriptor or the keys of the reader.

    descriptor  with one PIN on each line; None when they are typed on the reader
    last_try    even the last try may be spent

    What was asked is told in one line on standard error.
    """

    patient = False

    def __init__(self, descriptor: int | None, *, last_try: bool = False) -> None:
        self._descriptor = descriptor
        self._last_try = last_try
        self._line = bytearray()
        self._alone = False

    def attend(self, errand: Errand, lifeline: Lifeline) -> None:
        """Answer the questions of an errand until it is done. Raises RequestFailed to end it early."""
        told: Question | None = None
        while not errand.result.done():
            question = errand.question
            if question and question is not told:
                told = question
                _tell(question)
            source = self._descriptor if question and question.pin else None
            if question and source is None:
                errand.answer(PIN.on_reader(last_try=self._last_try) if question.pin else None)
                continue
            ready = self._wait(errand, lifeline, source)
            if source is not None and source in ready:
                self._read(errand, source)

    def _wait(self, errand: Errand, lifeline: Lifeline, source: int | None) -> set[int | None]:
        """Wait for what happens next. Raises RequestFailed when there is nobody to wait for."""
        watched = {errand.events, lifeline.signals, *([] if self._alone else [lifeline.stdin])}
        seconds = min(_PATIENCE, lifeline.seconds_left) if self._alone and source else lifeline.seconds_left
        ready = wait_for({*watched, *([source] if source is not None else [])}, seconds)
        lifeline.require()
        if not ready:
            raise RequestFailed(AgentReason.CANCELLED)
        if lifeline.stdin in ready:
            self._alone = lifeline.browser_went_away()
        if errand.events in ready:
            os.read(errand.events, 64)
        return ready

    def _read(self, errand: Errand, source: int) -> None:
        """Take one byte of a PIN, and answer with the PIN when its line is complete."""
        try:
            byte = os.read(source, 1)
        except OSError as error:
            raise PINFormatError(f"The PIN could not be read: {error.strerror}.") from None
        if byte not in (b"", b"\n") and len(self._line) <= MAX_INPUT * 2:
            self._line += byte
            return
        try:
            errand.answer(PIN(self._line.decode(errors="replace").rstrip("\r"), last_try=self._last_try))
        finally:
            self.close()

    def close(self) -> None:
        """Forget what was read."""
        self._line[:] = bytes(len(self._line))
        self._line.clear()


def _tell(question: Question) -> None:
    wanted = f"; wanted: {question.pin.title}" if question.pin else ""
    sys.stderr.write(f"smartid: {question.origin} asks to {question.task.value}{wanted}\n")
    sys.stderr.flush()
