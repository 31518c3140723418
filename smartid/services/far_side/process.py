"""A far side as a process: started, given faults, killed and started again on the same book."""

from __future__ import annotations

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

from smartid.errors import GatewayUnavailable
from smartid.services.far_side.faults import Fault, Order

END = 10.0
"""Seconds that a far side has to end by itself."""


class FarSide:
    """A simulator in a process of its own, for the length of a block.

    ::

        with FarSide("smartid.services.far_side.switch", database="sqlite:///switch.db") as switch:
            link = Link(switch.port, key=trace_number)
            switch.inject(Fault.LOSE_REPLY)
    """

    def __init__(self, module: str, *, database: str, seed: int | None = None, port: int = 0) -> None:
        self._command = [sys.executable, "-m", module, "--database", database]
        if seed is not None:
            self._command += ["--faults", str(seed)]
        self._process: subprocess.Popen[str] | None = None
        self.port = port
        """Where it listens; the same after ``restart``."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it listens. Raises GatewayUnavailable when it does not."""
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
            [*self._command, "--port", str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for its owner, who ends it by closing its input
        )
        try:
            self.port = int(self._answer()["port"])
        except GatewayUnavailable:
            self.stop()
            raise

    def inject(self, fault: Fault, *, count: int = 1, code: str = "") -> None:
        """Order a fault; it holds for messages that are sent after this call."""
        line = json.dumps(Order(fault, count, code).as_dict())
        orders = self._running().stdin
        if orders is None:
            raise _gone()
        try:
            orders.write(line + "\n")
            orders.flush()
        except OSError as error:
            raise _gone() from error
        self._answer()

    def kill(self) -> None:
        """End it at once, as a power cut does (SIGKILL)."""
        process = self._running()
        process.kill()
        self._close(process)

    def restart(self) -> None:
        """Start it again on the same book and the same port, after ``kill`` or ``stop``."""
        self.start()

    def wait(self) -> None:
        """Wait until it ends by itself."""
        self._running().wait()

    def stop(self) -> None:
        """Let it end in order. Nothing happens when it does not run."""
        if self._process is None:
            return
        process = self._process
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(END)
        except subprocess.TimeoutExpired:
            process.kill()
        self._close(process)

    def _close(self, process: subprocess.Popen[str]) -> None:
        self._process = None
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise _gone()
        return self._process

    def _answer(self) -> dict[str, Any]:
        stream = self._running().stdout
        line = stream.readline() if stream is not None else ""
        if not line:
            raise _gone()
        answer: dict[str, Any] = json.loads(line)
        return answer


def _gone() -> GatewayUnavailable:
    return GatewayUnavailable("The far side does not run.", retry_after=1.0)
