"""Two threads: one works with the card and asks, the other has the holder, the browser and the clock.

Card and reader may take as long as they like; the thread that watches the browser never waits for them.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from types import FrameType, TracebackType
from typing import Any, Protocol, Self

from smartid.agent.failures import RequestFailed
from smartid.agent.question import Question
from smartid.agent.reasons import AgentReason
from smartid.card.pin import PIN

Answer = dict[str, Any]


class Errand:
    """A request on its way: what the working thread sees of the other one.

    work     does the request; it begins at once
    patient  the holder may be asked again after a wrong PIN

    A byte in ``events`` tells of each question and of the end of the work.
    """

    def __init__(self, work: Callable[[Errand], Answer], *, patient: bool) -> None:
        self.patient = patient
        self.question: Question | None = None
        self._answers: SimpleQueue[PIN | RequestFailed | None] = SimpleQueue()
        self._over: RequestFailed | None = None
        self.events, self._wake = os.pipe()
        os.set_blocking(self.events, False)
        self._worker = ThreadPoolExecutor(1, "card")
        self.result: Future[Answer] = self._worker.submit(work, self)
        self.result.add_done_callback(lambda _done: self._tell())

    def ask(self, question: Question) -> PIN | None:
        """Ask the holder, from the working thread, and wait: a PIN, or None for bare consent.

        Raises RequestFailed when the holder cancels or nobody is there any more.
        """
        self.require_open()
        self.question = question
        self._tell()
        answer = self._answers.get()
        if isinstance(answer, RequestFailed):
            raise answer
        return answer

    def require_open(self) -> None:
        """Raise RequestFailed when nobody waits for the answer any more."""
        if self._over:
            raise self._over

    def is_done_within(self, seconds: float) -> bool:
        """Give the working thread time to come to its end; tells whether it did."""
        return bool(wait([self.result], seconds).done)

    def answer(self, given: PIN | RequestFailed | None) -> None:
        """Answer the question, from the thread that has the holder."""
        self.question = None
        self._answers.put(given)

    def end(self, why: RequestFailed) -> None:
        """Nobody waits any more: the next question and the next step fail."""
        self._over = self._over or why
        self.answer(self._over)

    def _tell(self) -> None:
        os.write(self._wake, b"!")


def wait_for(descriptors: Iterable[int], seconds: float) -> set[int | None]:
    """Wait until something can be read from one of them; give those, none when the time is over."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll(seconds * 1000)}


class Person(Protocol):
    """Whoever answers for the holder: a window, or who runs the program."""

    patient: bool

    def attend(self, errand: Errand, lifeline: Lifeline) -> None:
        """Answer the questions of an errand until it is done. Raises RequestFailed to end it early."""
        ...

    def close(self) -> None:
        """Go away, and forget what was typed."""
        ...


class Lifeline:
    """What ends a run before its time: the browser closes the pipe, SIGTERM, or the clock.

    stdin    descriptor of the pipe from the browser
    seconds  how long the whole run may take
    """

    def __init__(self, stdin: int, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.stdin = stdin
        self._clock = clock
        self._end = clock() + seconds
        self._terminated = False
        self.signals, self._wake = os.pipe()

    def __enter__(self) -> Self:
        os.set_blocking(self._wake, False)
        self._before = {
            n: signal.signal(n, self._stop) for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
        }
        self._wakeup = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self.signals)
        os.close(self._wake)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._terminated = True

    @property
    def seconds_left(self) -> float:
        """Until the clock ends the run."""
        return max(0.0, self._end - self._clock())

    def require(self) -> None:
        """Raise RequestFailed when a signal came or the time is over."""
        if self._terminated:
            raise RequestFailed(AgentReason.CANCELLED)
        if not self.seconds_left:
            raise RequestFailed(AgentReason.TIMED_OUT)

    def browser_went_away(self) -> bool:
        """Read what stands in the pipe from the browser, which says no more; tells whether it was closed."""
        return not os.read(self.stdin, 4096)
