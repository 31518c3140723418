"""Where work is done that one process is too slow for: processes of this machine, or a cluster."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any


@contextmanager
def processes(
    count: int, *, preloaded: Sequence[str], begin: Callable[[], object] | None = None
) -> Iterator[Executor]:
    """Start processes, and end them with the block; work that has not begun by then is dropped.

    preloaded  modules to import once, in the process from which the workers are forked
    begin      what each worker does first; it has to be picklable

    Ctrl-C does not reach the workers: it is for the process that asked.
    """
    pool = ProcessPoolExecutor(count, mp_context=starter(preloaded), initializer=partial(_begin, begin))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def starter(preloaded: Sequence[str]) -> Any:
    """Give the context of multiprocessing in which a worker inherits no lock or file of this process."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    context.set_forkserver_preload(list(preloaded))
    return context


@contextmanager
def machines(client: Any) -> Iterator[Executor]:
    """Lend the workers of a ``distributed.Client``, which stay when the block ends."""
    pool: Executor = client.get_executor(pure=False)
    try:
        yield pool
    finally:
        pool.shutdown()


def _begin(further: Callable[[], object] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if further is not None:
        further()
