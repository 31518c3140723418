"""Many documents on many cores, or on many machines: results as they come, and no file stops the others."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Any

from smartid.errors import SmartIDError
from smartid.signing.verdicts import VerificationReport
from smartid.signing.verify import verify
from smartid.trust.policy import Policy
from smartid.workers import machines, processes

_LONGEST_CHUNK = 64
"""Most files in one errand of a worker; the first errands are shorter, so that few files use every core."""
_AHEAD = 2
"""Errands for each worker that are under way or wait for it: what bounds memory."""
_PRELOADED = [
    "smartid.signing.batch",
    "smartid.signing.cades.read",
    "smartid.signing.process.judge",
    "smartid.trust.status.crl",
]
"""Imported once, in the process from which workers are forked."""

_MakeExecutor = Callable[[int], AbstractContextManager[Executor]]
"""Starts so many workers, and ends them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a file has no report: it could not be read, or it is no document that is known.

    kind    name of the error, as in ``smartid.errors``; ``WorkerDied`` when it killed a process twice
    remedy  the next step a person can take, or empty
    """

    kind: str
    message: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """JSON form."""
        return {"kind": self.kind, "message": self.message, "remedy": self.remedy}


_Outcome = VerificationReport | Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """The outcome for one file: a report, or a failure."""

    path: Path
    report: VerificationReport | None = None
    failure: Failure | None = None

    @property
    def passed(self) -> bool:
        """Whether there is a report and it passed."""
        return self.report is not None and self.report.passed


def verify_many(
    paths: Iterable[Path],
    policy: Policy | None = None,
    *,
    workers: int | None = None,
    at: datetime | None = None,
    cluster: Any = None,
) -> Generator[BatchResult, None, None]:
    """Verify files and yield each result as soon as it is there, so in any order.

    A file that cannot be read, or kills its worker, is a result like the others. Memory stays flat: ``paths``
    may be endless. A program that calls this with more than one worker keeps its own work below
    ``if __name__ == "__main__":``, as multiprocessing demands.

    policy   has to be picklable for more than one process: a clock that is a function of a module, no lambda
    workers  processes; None takes one for each core that this process may use, 1 works in this process
    cluster  a ``distributed.Client``: the work goes there, and its machines open the same paths

    Raises ValueError for a time without a zone and fewer than one worker, what ``pickle`` raises for a policy
    that does not travel, and EncodingError for a broken trust store.
    """
    count = _cores() if workers is None else workers
    if count < 1 or (at is not None and at.tzinfo is None):
        raise ValueError("a batch needs a worker, and a time with its zone")
    if policy is None:
        from smartid.trust.store import TrustStore  # noqa: PLC0415 - reads files

        policy = Policy(anchors=TrustStore.configured())
    if cluster is None and count == 1:
        return (_result(path, _outcome(path, policy, at)) for path in paths)
    if cluster is not None:
        count = sum(cluster.nthreads().values()) or 1
        return _Batch(iter(paths), pickle.dumps(policy), at, count).results(lambda _: machines(cluster))
    start = partial(processes, preloaded=_PRELOADED, begin=partial(_begin, pickle.dumps(policy)))
    return _Batch(iter(paths), None, at, count).results(start)


class _Batch:
    """The work of one call: what workers need besides the paths, and the errands that are under way."""

    def __init__(self, paths: Iterator[Path], policy: bytes | None, at: datetime | None, count: int) -> None:
        self._paths = paths
        self._policy = policy
        self._at = at
        self._count = count
        self._sent = 0
        self._pending: dict[Future[list[_Outcome]], list[Path]] = {}
        self._orphans: list[Path] = []

    def results(self, executor: _MakeExecutor) -> Generator[BatchResult, None, None]:
        """Keep every worker busy. When a pool dies, its files are tried in fresh ones, each file alone."""
        finished = False
        while not finished:
            with executor(self._count) as pool:
                finished = yield from self._until_a_pool_dies(pool)
            yield from self._alone(executor)

    def _until_a_pool_dies(self, pool: Executor) -> Generator[BatchResult, None, bool]:
        """Give whether there is nothing left but orphans."""
        while True:
            self._fill(pool)
            if not self._pending:
                return not self._orphans
            for future in wait(self._pending, return_when=FIRST_COMPLETED).done:
                chunk = self._pending.pop(future)
                if future.exception() is None:
                    yield from map(_result, chunk, future.result())
                else:
                    self._orphans += chunk

    def _fill(self, pool: Executor) -> None:
        """Send errands until enough are under way, and none to a pool that lost a worker."""
        while len(self._pending) < _AHEAD * self._count and not self._orphans:
            chunk = list(islice(self._paths, min(_LONGEST_CHUNK, 1 + self._sent // self._count)))
            if not chunk:
                return
            try:
                self._pending[self._submit(pool, chunk)] = chunk
            except BrokenExecutor:
                self._orphans += chunk
            self._sent += 1

    def _submit(self, pool: Executor, chunk: list[Path]) -> Future[list[_Outcome]]:
        return pool.submit(_verify_chunk, [os.fspath(path) for path in chunk], self._policy, self._at)

    def _alone(self, executor: _MakeExecutor) -> Iterator[BatchResult]:
        """Try each orphan in an errand of its own; only what breaks its worker again is given up."""
        while self._orphans:
            with executor(1) as pool:
                broken = False
                while self._orphans and not broken:
                    path = self._orphans.pop(0)
                    future = self._submit(pool, [path])
                    error = future.exception()
                    broken = error is not None
                    yield _result(path, _given_up(error) if error else future.result()[0])


def _given_up(error: BaseException) -> Failure:
    message = f"The process that verified this file ended twice ({type(error).__name__})."
    return Failure(kind="WorkerDied", message=message, remedy="Verify this file alone, with --debug.")


def _verify_chunk(paths: list[str], policy: bytes | None, at: datetime | None) -> list[_Outcome]:
    """What a worker does, with the policy that came along or the one that it began with.

    Paths travel as texts, and one way only: what is packed for each file is what two processes lose.
    """
    known = _OWN[0] if policy is None else _unpickled(policy)
    return [_outcome(Path(path), known, at) for path in paths]


@lru_cache(maxsize=2)
def _unpickled(policy: bytes) -> Policy:
    """Keep the policy of a batch, with what it has learned: paths, indexed revocation lists."""
    found: Policy = pickle.loads(policy)  # noqa: S301 - pickled by verify_many in the process that asked
    return found


def _outcome(path: Path, policy: Policy, at: datetime | None) -> _Outcome:
    try:
        return verify(path, policy, at=at)
    except SmartIDError as error:
        return Failure(kind=type(error).__name__, message=error.message, remedy=error.remedy)
    except OSError as error:
        return Failure(kind="OSError", message=f"{path}: {error.strerror or error}.")


def _result(path: Path, outcome: _Outcome) -> BatchResult:
    if isinstance(outcome, Failure):
        return BatchResult(path=path, failure=outcome)
    return BatchResult(path=path, report=outcome)


_OWN: list[Policy] = []
"""The policy of a worker process, sent once: revocation lists in it may be large."""


def _begin(policy: bytes) -> None:
    _OWN[:] = [_unpickled(policy)]


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
