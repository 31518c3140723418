"""The few connections to a database that the threads of a process share."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore
from typing import Any

from smartid.auth.databases import Connection, Database
from smartid.errors import StoreUnavailable

CONNECTIONS = 8
"""Most connections of one process."""
WAIT = 10.0
"""How long a thread waits for one of them, in seconds."""

Rows = Sequence[Sequence[Any]]


class Pool:
    """Lends a connection for one statement; connections are opened when they are first needed.

    After a fork the child opens its own: two processes on one connection would read each other's answers.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._inherited: list[list[Connection]] = []
        self._begin()

    def run(self, statement: str, parameters: Sequence[object]) -> Rows:
        """Run one statement and give its rows.

        Raises StoreUnavailable when the database cannot be reached or cannot do it.
        """
        if self._process != os.getpid():
            self._inherited.append(self._idle)  # kept and never closed: the parent still uses them
            self._begin()
        try:
            with self._turn():
                return self._run(statement, parameters)
        except self._database.error as error:
            raise StoreUnavailable(_first_line(error)) from error

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._idle: list[Connection] = []
        self._room = BoundedSemaphore(CONNECTIONS)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._room.acquire(timeout=WAIT):
            raise StoreUnavailable(f"all {CONNECTIONS} connections were busy for {WAIT:g} s")
        try:
            yield
        finally:
            self._room.release()

    def _run(self, statement: str, parameters: Sequence[object]) -> Rows:
        connection = self._idle_one()
        if connection is not None:
            try:
                return self._ask(connection, statement, parameters)
            except self._database.error:
                dead = getattr(connection, "broken", False)
                connection.close()
                if not dead:
                    raise
                # It died while it lay idle, as after a restart of the server, and the others with it.
                self.close()
        return self._run_anew(statement, parameters)

    def _run_anew(self, statement: str, parameters: Sequence[object]) -> Rows:
        connection = self._database.connect()
        try:
            return self._ask(connection, statement, parameters)
        except self._database.error:
            connection.close()
            raise

    def _ask(self, connection: Connection, statement: str, parameters: Sequence[object]) -> Rows:
        cursor = connection.execute(statement, parameters)
        rows = cursor.fetchall() if cursor.description else ()
        self._idle.append(connection)
        return rows

    def _idle_one(self) -> Connection | None:
        with suppress(IndexError):  # another thread was quicker than a look at the length
            return self._idle.pop()
        return None


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
