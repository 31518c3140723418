"""Recorded conversations: a transport that records and a transport that plays.

The format is described in :mod:`smartid.transport.trace_file`, what a recording hides in
:mod:`smartid.transport.masking`.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from smartid.errors import TraceMismatch, TransportError
from smartid.iso7816.apdu import ResponseAPDU
from smartid.transport.base import LimitedTransport, PINPad, PINPadRequest, Transport
from smartid.transport.masking import HIDDEN, Mask
from smartid.transport.trace_file import DecodedTurn, Trace, Turn, decode, name_of

__all__ = ["DecodedTurn", "PlayingTransport", "RecordingTransport", "Trace", "Turn", "decode"]


class _Writer:
    """Appends whole lines to a text stream, or to a file that only its owner may read."""

    def __init__(self, target: TextIO | Path) -> None:
        self._stream = None if isinstance(target, Path) else target
        self._fd = _private_file(target) if isinstance(target, Path) else -1

    def write(self, lines: str) -> None:
        """Write and flush. Raises TransportError when the medium is full or gone; no half line stays."""
        try:
            if self._stream is None:
                self._append(lines.encode())
            else:
                self._stream.write(lines)
                self._stream.flush()
        except (OSError, ValueError) as error:
            raise TransportError(f"The trace could not be written: {error}.") from error

    def _append(self, data: bytes) -> None:
        # One write call: a process that is killed leaves all of it or nothing.
        size = os.write(self._fd, data)
        if size != len(data):
            if stat.S_ISREG(os.fstat(self._fd).st_mode):
                os.ftruncate(self._fd, os.lseek(self._fd, 0, os.SEEK_END) - size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        """Close the file if it was opened here."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _private_file(path: Path) -> int:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
    if stat.S_ISREG(os.fstat(fd).st_mode):
        os.fchmod(fd, 0o600)
    return fd


class RecordingTransport:
    """Passes everything on to ``inner`` and writes it down, masked.

    target    a text stream, or a path: the file is replaced and readable by its owner only (mode 0600)
    personal  keep the holder's data; PINs are hidden even then

    An exchange is written when it is complete. A command that got no answer becomes a comment.
    Raises OSError when the file cannot be made.
    """

    def __init__(self, inner: Transport, target: TextIO | Path, *, personal: bool = False) -> None:
        self._inner = inner
        self._mask = Mask(personal=personal)
        self._writer = _Writer(target)
        self._writer.write(f"atr {inner.atr.hex().upper()}\n")

    @property
    def atr(self) -> bytes:
        """ATR of the card."""
        return self._inner.atr

    @property
    def max_apdu(self) -> int | None:
        """What the inner transport says."""
        return self._inner.max_apdu if isinstance(self._inner, LimitedTransport) else None

    @property
    def has_pin_pad(self) -> bool:
        """What the inner transport says."""
        return isinstance(self._inner, PINPad) and self._inner.has_pin_pad

    def transmit(self, command: bytes) -> bytes:
        """Pass the command on and record the exchange."""
        with _Exchange(self._writer, self._mask, command) as exchange:
            exchange.answer = self._inner.transmit(command)
        return exchange.answer

    def enter_pin(self, request: PINPadRequest) -> ResponseAPDU:
        """Pass the PIN entry on. The PIN never comes here; its place is hidden all the same."""
        if not isinstance(self._inner, PINPad):
            raise TransportError("This reader has no keys of its own.")
        with _Exchange(self._writer, self._mask, request.command.encode()) as exchange:
            answer = self._inner.enter_pin(request)
            exchange.answer = answer.encode()
        return answer

    def reset(self) -> None:
        """Reset the card, when the inner transport can; a comment tells where. Raises TransportError."""
        reset = getattr(self._inner, "reset", None)
        if reset:
            reset()
            self._writer.write("# reset\n")

    def transaction(self) -> AbstractContextManager[object]:
        """Transaction of the inner transport."""
        return self._inner.transaction()

    def close(self) -> None:
        """Close the file and the inner transport."""
        self._writer.close()
        self._inner.close()


class _Exchange:
    """One exchange that ends as two lines, or as a comment when no answer came."""

    answer = b""

    def __init__(self, writer: _Writer, mask: Mask, command: bytes) -> None:
        self._writer = writer
        self._mask = mask
        self._command = mask.command(command)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._writer.write(f"> {self._command}\n< {self._mask.response(self.answer)}\n")
        else:
            self._writer.write(f"# no answer to {self._command}: {kind.__name__}\n")


class PlayingTransport:
    """Answers as a trace recorded it, in its order and no other."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._next = 0

    @property
    def atr(self) -> bytes:
        """ATR of the recorded card."""
        return self._trace.atr

    @property
    def finished(self) -> bool:
        """Whether every exchange of the trace has been played."""
        return self._next == len(self._trace.turns)

    def transmit(self, command: bytes) -> bytes:
        """The recorded answer.

        Raises TraceMismatch when another command comes next, when the trace is at its end, and when the
        answer was hidden by the recording. (The last is no broken format, and it is the wire that fails.)
        """
        if self.finished:
            line = self._trace.turns[-1].line + 2 if self._trace.turns else 1
            raise TraceMismatch(f"The trace has ended and {name_of(command)} was sent.", line=line)
        turn = self._trace.turns[self._next]
        if not turn.accepts(command):
            raise TraceMismatch(_difference(turn, command), line=turn.line)
        if HIDDEN in turn.response:
            raise TraceMismatch(
                f"The answer to {turn.name} (line {turn.line}) is hidden: the trace was recorded without "
                "personal data and cannot be played. Record it again with --personal.",
                line=turn.line,
            )
        self._next += 1
        return bytes.fromhex(turn.response)

    def transaction(self) -> AbstractContextManager[object]:
        """Nobody else plays this trace."""
        return nullcontext()

    def close(self) -> None:
        """Nothing to let go of."""


def _difference(turn: Turn, command: bytes) -> str:
    sent = name_of(command)
    other = " with other data" if sent == turn.name else ""
    return f"The trace expects {turn.name} in line {turn.line}; {sent}{other} was sent."
