"""Errands in this process, in several, or on a cluster; outcomes come in the order of the errands."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

from smartid.errors import ExtraMissing
from smartid.services.voting.verify.chunks import Chunk, Missing, Outcome
from smartid.workers import machines, processes

_AHEAD = 3
"""Errands for each worker that are under way or wait for it: what bounds memory."""
_PRELOADED = [
    "smartid.services.voting.verify.chunks",
    "smartid.services.voting.groups.belenios_2048",
    "smartid.services.voting.groups.ed25519",
]
"""Imported once, in the process from which workers are forked."""


def outcomes(
    chunks: Iterable[Chunk], *, workers: int = 1, cluster: Any = None
) -> Iterator[tuple[Chunk, Outcome]]:
    """Verify chunks and give each with what was found, in their order.

    workers  processes; 1 works in this one. A program that asks for more keeps its own work below
             ``if __name__ == "__main__":``, as multiprocessing demands.
    cluster  a ``distributed.Client``: the work goes there, and its machines open the same paths

    When a worker is killed, the rest is done in this process. Raises ValueError for fewer than one worker.
    """
    if workers < 1:
        raise ValueError("a verification needs a worker")
    if cluster is None and workers == 1:
        yield from ((chunk, chunk.verify()) for chunk in chunks)
        return
    count = workers if cluster is None else sum(cluster.nthreads().values()) or 1
    with processes(count, preloaded=_PRELOADED) if cluster is None else machines(cluster) as pool:
        yield from _ordered(chunks, pool, _AHEAD * count)


def _ordered(chunks: Iterable[Chunk], pool: Executor, most: int) -> Iterator[tuple[Chunk, Outcome]]:
    pending: deque[tuple[Chunk, Future[Outcome] | None]] = deque()
    for chunk in chunks:
        pending.append((chunk, _submit(pool, chunk)))
        if len(pending) >= most:
            yield _finished(*pending.popleft())
    while pending:
        yield _finished(*pending.popleft())


def _submit(pool: Executor, chunk: Chunk) -> Future[Outcome] | None:
    try:
        return pool.submit(work, chunk)
    except BrokenExecutor:
        return None


def _finished(chunk: Chunk, future: Future[Outcome] | None) -> tuple[Chunk, Outcome]:
    try:
        return chunk, future.result() if future else chunk.verify()
    except BrokenExecutor:
        return chunk, chunk.verify()


def work(chunk: Chunk) -> Outcome:
    """What a worker does."""
    try:
        return chunk.verify()
    except ExtraMissing as error:  # of a machine of the cluster: errors of ours do not travel
        return Missing(error.extra, error.feature)
