"""Who commits: a lone caller for itself, and when several wait, one thread for all of them."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from smartid.errors import StoreUnavailable
from smartid.services.ledger.jobs import Postings, Work

_MOST_JOBS = 8192
_MOST_WAITING = 65_536


class Turns:
    """Gathers jobs and gives them to ``commit``, from one thread at a time.

    Jobs that arrive while a commit is under way are in the next one together (group commit).
    """

    def __init__(self, commit: Callable[[list[Work | Postings]], None]) -> None:
        self._commit = commit
        self._jobs: deque[Work | Postings] = deque()
        self._turn = threading.Lock()
        self._leader = 0
        self._process = os.getpid()
        self._wake = threading.Lock()
        self._wake.acquire()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False

    def do(self, job: Work | Postings) -> Any:
        """Have a job committed, and give its result or raise its error."""
        self._require_open()
        # What this thread handed in before is among those that wait, and goes first.
        if len(self._jobs) < _MOST_JOBS and self._turn.acquire(blocking=False):
            self._lead_and_pass_on(job)
            return job.outcome()
        future = job.expect()
        self._jobs.append(job)
        if self._turn.acquire(blocking=False):
            self._lead_and_pass_on()
        return future.result()

    def hand_in(self, job: Work | Postings) -> Future[Any]:
        """Have a job committed without waiting for it, unless far too many wait."""
        self._require_open()
        future = job.expect()
        self._jobs.append(job)
        if len(self._jobs) > _MOST_WAITING:
            self._turn.acquire()
            self._lead_and_pass_on()
        else:
            self._call_thread()
        return future

    def _require_open(self) -> None:
        if self._leader == threading.get_ident():
            raise RuntimeError(
                "work within run() uses its entry only, not the book: it would wait for itself"
            )
        if self._process != os.getpid():
            raise StoreUnavailable(
                "it was opened before a fork; open it again in this process", what="The book"
            )
        if self._closed:
            raise StoreUnavailable("it was closed", what="The book")

    def _lead_and_pass_on(self, *own: Work | Postings) -> None:
        try:
            self._lead(*own)
        finally:
            self._turn.release()
            if self._jobs:
                self._call_thread()

    def _lead(self, *own: Work | Postings) -> None:
        count = min(len(self._jobs), _MOST_JOBS)
        jobs = [*(self._jobs.popleft() for _ in range(count)), *own]
        if not jobs:
            return
        self._leader = threading.get_ident()
        try:
            self._commit(jobs)
        finally:
            self._leader = 0

    def _call_thread(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._serve, name="smartid ledger", daemon=True)
                    self._thread.start()
        self._signal()

    def _signal(self) -> None:
        """Wake the thread; once is enough, for it looks whether anything is left before it sleeps."""
        if self._wake.locked():
            with suppress(RuntimeError):  # another caller has just done it
                self._wake.release()

    def _serve(self) -> None:
        while True:
            self._wake.acquire()
            while self._jobs:
                with self._turn:
                    self._lead()
            if self._closed:
                return

    def close(self) -> None:
        """Commit what waits, and take nothing more."""
        self._closed = True
        while self._jobs:
            with self._turn:
                self._lead()
        if self._thread is not None:
            self._signal()
            self._thread.join()
