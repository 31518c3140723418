"""Processes that check signatures while this one writes to its disk.

The check of a signature keeps Python's lock, so threads do not help, and an executor costs as much for a
signature as half of its check. So there is a pipe to each process. What travels is what was signed, never a
secret.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from smartid.services.spine.signature_check import SignatureCheck, check_all
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.workers import starter

PIECE = 32
"""Most signatures that are sent at once."""
_AHEAD = 4
"""Pieces that a process has before its answers are taken: they and their answers fit into its pipes."""


class SignatureWorkers:
    """Some processes that check signatures. A context manager: they end with it. One thread uses it.

    A program that uses it keeps its own work below ``if __name__ == "__main__":``, as multiprocessing
    demands.

    algorithms  which signatures are believed
    count       processes; None takes one for each core that this process may use
    """

    def __init__(self, algorithms: AlgorithmPolicy, count: int | None = None) -> None:
        self.count = _cores() if count is None else count
        if self.count < 1:
            raise ValueError("signatures need a worker")
        self._algorithms = algorithms
        context = starter([__name__])
        self._workers = []
        for _ in range(self.count):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, algorithms), daemon=True)
            process.start()
            there.close()
            self._workers.append(_Worker(here, process))
        self._next = cycle(self._workers)

    def check(self, checks: Sequence[SignatureCheck]) -> Answers:
        """Begin to check; the answers are asked for later, or never."""
        pieces = [checks[at : at + PIECE] for at in range(0, len(checks), PIECE)]
        return Answers([(piece, *_sent(next(self._next), piece)) for piece in pieces], self._algorithms)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()


class Answers:
    """What workers find out."""

    def __init__(
        self, pieces: Sequence[tuple[Sequence[SignatureCheck], _Worker, int]], algorithms: AlgorithmPolicy
    ) -> None:
        self._pieces = pieces
        self._algorithms = algorithms

    def result(self) -> list[bool]:
        """Wait for them, once: for each check, whether the signature is right.

        What a worker did not answer because it died, this process does.
        """
        found: list[bool] = []
        for checks, worker, number in self._pieces:
            answer = worker.answer(number)
            found += check_all(checks, self._algorithms) if answer is None else map(bool, answer)
        return found


class _Worker:
    """A process, and what it was asked. Questions have numbers, so that no answer is taken for another's."""

    def __init__(self, connection: Connection, process: BaseProcess) -> None:
        self._connection = connection
        self._process = process
        self._asked = self._answered = 0
        self._answers: dict[int, bytes] = {}
        self._dead = False

    def ask(self, checks: Sequence[SignatureCheck]) -> int:
        """Send a piece of work, and give its number."""
        self._asked += 1
        while not self._dead and self._asked - self._answered > _AHEAD:
            self._take()
        try:
            if not self._dead:
                self._connection.send_bytes(pickle.dumps((self._asked, list(map(tuple, checks)))))
        except OSError:
            self._dead = True
        return self._asked

    def answer(self, number: int) -> bytes | None:
        """Wait for the answer to a number: a byte for each check. None when the process died before it."""
        while not self._dead and number not in self._answers and number > self._answered:
            self._take()
        return self._answers.pop(number, None)

    def _take(self) -> None:
        try:
            data = self._connection.recv_bytes()
        except (EOFError, OSError):
            self._dead = True
        else:
            self._answered = int.from_bytes(data[:8], "big")
            self._answers[self._answered] = data[8:]

    def end(self) -> None:
        """Let it go."""
        self._connection.close()
        self._process.join()


def _sent(worker: _Worker, checks: Sequence[SignatureCheck]) -> tuple[_Worker, int]:
    return worker, worker.ask(checks)


def _serve(connection: Connection, algorithms: AlgorithmPolicy) -> None:
    """Work until the other end is closed; Ctrl-C is for the process that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        while True:
            number, checks = pickle.loads(connection.recv_bytes())  # noqa: S301 - from who started it
            answers = check_all([SignatureCheck(*each) for each in checks], algorithms)
            connection.send_bytes(number.to_bytes(8, "big") + bytes(answers))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
