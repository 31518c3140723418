"""Who holds a ceremony: starts the trustees, carries their messages, and learns no secret."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from smartid.errors import GatewayUnavailable, Refused
from smartid.services.reasons import Reason
from smartid.services.voting.groups.base import Group
from smartid.services.voting.groups.named import NAMES, named
from smartid.services.voting.trustees.partial import OwnShare
from smartid.services.voting.trustees.pedersen import assemble
from smartid.services.voting.trustees.published import PublicKey
from smartid.services.voting.trustees.record import Item, Single, Trustees

MODULE = "smartid.services.voting.trustees.process"
END = 10.0
"""Seconds that a trustee has to end by itself."""


class TrusteeProcess:
    """A trustee in a process and a folder of its own, for the length of a block.

    ::

        with TrusteeProcess(folder) as trustee:
            share = trustee.decrypt(board)
    """

    def __init__(self, folder: Path, *, passphrase: bytes = b"") -> None:
        self.folder = folder
        self._passphrase = passphrase
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or issubclass(kind, Exception):
            self.stop()
        else:
            self.kill()  # whoever pressed Ctrl-C does not wait for a share; steps survive a power cut

    def start(self) -> None:
        """Start it. Nothing happens when it runs."""
        if self._process is not None:
            return
        command = [sys.executable, "-m", MODULE, str(self.folder)]
        reading, passed = -1, list[int]()
        if self._passphrase:
            reading, writing = os.pipe()
            os.write(writing, self._passphrase)
            os.close(writing)
            command += ["--passphrase-fd", str(reading)]
            passed = [reading]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=passed,
                start_new_session=True,  # Ctrl-C is for its owner
            )
        finally:
            if reading >= 0:
                os.close(reading)

    def ask(self, do: str, **members: Any) -> dict[str, Any]:
        """Ask one question of ``process`` and give its answer.

        Raises Refused with the trustee's own words, GatewayUnavailable when it ended.
        """
        found = self._exchange(json.dumps({"do": do, **members}).encode() + b"\n")
        if "done" in found:
            done: dict[str, Any] = found["done"]
            return done
        raise Refused(
            f"{self.folder.name}: {found['why']}",
            reason=found["reason"] or Reason.PEER_REJECTED,
            original=found["failed"],
            remedy=found["remedy"],
        )

    def decrypt(self, board: Path, *, workers: int = 1) -> OwnShare:
        """Let it make its share of a board's result.

        Raises what ``ask`` raises.
        """
        made = self.ask("decrypt", board=str(board.resolve()), workers=workers)
        share, binding = (str(made[name]).encode() for name in ("share", "binding"))
        return OwnShare(owner=int(made["owner"]), raw=share, binding=binding)

    def kill(self) -> None:
        """End it and the processes it verifies with at once, as a power cut does (SIGKILL)."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        """Let it end in order. Nothing happens when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        try:
            process.wait(END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _exchange(self, question: bytes) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise self._gone()
        try:
            process.stdin.write(question)
            process.stdin.flush()
        except OSError as error:
            raise self._gone() from error
        line = process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._gone()
        found: dict[str, Any] = json.loads(line)
        return found

    def _gone(self) -> GatewayUnavailable:
        return GatewayUnavailable(f"The trustee {self.folder.name} does not run.", retry_after=1.0)


def hold_ceremony(
    members: Sequence[TrusteeProcess],
    threshold: int,
    *,
    mandatory: Sequence[TrusteeProcess] = (),
    group: str = NAMES[0],
) -> bytes:
    """Let trustees make their keys, and give their public record; each of them has checked that it is in.

    members    of whom ``threshold`` will have to help; none when all are mandatory
    mandatory  who all have to help; they come first in the record

    A ceremony that broke off is held again with the same trustees: each goes on where it was.
    Raises Refused (who is to blame stands in it), GatewayUnavailable, EncodingError, ElectionInvalid.
    """
    found = named(group)
    items: list[Item] = [Single(PublicKey.from_dict(one.ask("key", group=group), found)) for one in mandatory]
    if members:
        items.append(_group(members, threshold, found))
    record = Trustees.make(items, found)
    for one in (*mandatory, *members):
        one.ask("check", trustees=record.raw.decode())
    return record.raw


def _group(members: Sequence[TrusteeProcess], threshold: int, group: Group) -> Item:
    seat: dict[str, Any] = {"group": group.name, "size": len(members), "threshold": threshold}
    certificates = [one.ask("certificate", **seat, index=at) for at, one in enumerate(members, 1)]
    polynomials = [one.ask("polynomial", certificates=certificates) for one in members]
    keys = [one.ask("receive", certificates=certificates, polynomials=polynomials) for one in members]
    return assemble(group, threshold, certificates, polynomials, keys)
