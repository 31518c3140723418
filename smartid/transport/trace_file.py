"""The trace format: a conversation with a card as text.

A trace is UTF-8 text::

    # a comment
    atr 3B7F9600008031B865B085050011122460829000
    > 00A4040C0CA000000063504B43532D3135          a command
    < 9000                                        its answer: data, SW1 SW2
    > 002000010Cxxxxxxxxxxxxxxxxxxxxxxxx          xx stands for a hidden byte
    < 9000

``atr`` comes once, before the first exchange; every command has one answer; nothing stands after the
digits. Blank lines are allowed. What a recording hides is decided in :mod:`smartid.transport.masking`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from smartid.errors import EncodingError
from smartid.iso7816 import commands
from smartid.iso7816.apdu import CommandAPDU
from smartid.iso7816.status import StatusWord
from smartid.transport.masking import HIDDEN, hide_secret

STANDARD = "smartid trace format 1"
MAX_TEXT = 64 << 20
"""Longest trace in characters."""
MAX_LINES = 200_000
"""Most lines of a trace: short lines cost far more memory than their text."""
MAX_APDU = 4 + 3 + 65_535 + 2
"""Longest command APDU in bytes; a response is at most 65,538."""
MAX_ATR = 33

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}|xx)*")


@dataclass(frozen=True, slots=True)
class Turn:
    """One command and its answer, in hexadecimal capitals, ``xx`` for each hidden byte.

    line  line number of the command in the trace, from 1
    """

    command: str = field(repr=False)
    response: str = field(repr=False)
    line: int

    @property
    def status(self) -> StatusWord:
        """SW1-SW2 of the answer."""
        return StatusWord(int(self.response[-4:], 16))

    @property
    def name(self) -> str:
        """The command in words with its header, never with its data."""
        header = self.command[:8]
        return f"command {header}" if HIDDEN in header else name_of(bytes.fromhex(header))

    def accepts(self, command: bytes) -> bool:
        """Whether ``command`` is this one; a hidden byte accepts any byte."""
        digits = command.hex().upper()
        if HIDDEN not in self.command:
            return digits == self.command
        return len(digits) == len(self.command) and all(
            self.command[at : at + 2] in (HIDDEN, digits[at : at + 2]) for at in range(0, len(digits), 2)
        )


def name_of(command: bytes) -> str:
    """The command in words with its header; bytes too short for a header get a name too."""
    return commands.name(CommandAPDU(*command[:4])) if len(command) >= 4 else "a command without a header"


@dataclass(frozen=True, slots=True)
class Trace:
    """A recorded conversation with one card."""

    atr: bytes
    turns: tuple[Turn, ...]

    @classmethod
    def parse(cls, text: str) -> Trace:
        """Read a trace.

        Raises EncodingError; its ``offset`` is the number of the broken line, from 1.
        """
        if len(text) > MAX_TEXT:
            raise _broken(0, f"at most {MAX_TEXT} characters")
        if text.count("\n") > MAX_LINES:
            raise _broken(MAX_LINES, f"at most {MAX_LINES} lines")
        return _Reader().read(text)

    @classmethod
    def load(cls, path: Path) -> Trace:
        """Read a trace from a file.

        Raises EncodingError, also for text that is not UTF-8, and OSError when the file cannot be read.
        """
        with path.open("rb") as file:
            raw = file.read(MAX_TEXT + 1)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _broken(raw.count(b"\n", 0, error.start) + 1, "UTF-8 text") from None
        return cls.parse(text)

    def format(self) -> str:
        """The trace as text; parsing it gives the same trace, except for line numbers."""
        lines = [f"atr {self.atr.hex().upper()}"]
        for turn in self.turns:
            lines += (f"> {turn.command}", f"< {turn.response}")
        return "\n".join(lines) + "\n"


class _Reader:
    """Reads the lines of a trace one after the other."""

    def __init__(self) -> None:
        self._atr: bytes | None = None
        self._turns: list[Turn] = []
        self._pending: tuple[str, int] | None = None

    def read(self, text: str) -> Trace:
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            content = line.removesuffix("\r")
            if content.strip(" \t") and not content.startswith("#"):
                self._take(content, number)
        if self._pending:
            raise _broken(self._pending[1], "an answer to this command")
        if self._atr is None:
            raise _broken(len(lines), "a line with the ATR")
        return Trace(self._atr, tuple(self._turns))

    def _take(self, line: str, number: int) -> None:
        word, _, digits = line.partition(" ")
        if word == "atr" and self._atr is None:
            self._atr = bytes.fromhex(_hex(digits, number, 2, MAX_ATR, open_bytes=MAX_ATR))
        elif word == ">" and self._atr is not None and self._pending is None:
            self._pending = (_hex(digits, number, 4, MAX_APDU), number)
        elif word == "<" and self._pending is not None:
            command, line_number = self._pending
            answer = _hex(digits, number, 2, MAX_APDU, open_bytes=2)
            self._turns.append(Turn(command, answer, line_number))
            self._pending = None
        else:
            raise _broken(number, self._expected())

    def _expected(self) -> str:
        if self._atr is None:
            return "'atr HEX' before the first exchange"
        return "'< HEX'" if self._pending else "'> HEX' or a comment"


def _hex(digits: str, line: int, least: int, most: int, *, open_bytes: int = 0) -> str:
    """Checked digits in capitals; the last ``open_bytes`` bytes are not hidden."""
    if not 2 * least <= len(digits) <= 2 * most:
        raise _broken(line, f"{least} to {most} bytes")
    if not _HEX.fullmatch(digits):
        raise _broken(line, "two hexadecimal digits, or xx, for each byte and nothing else")
    if HIDDEN in digits[-2 * open_bytes :] and open_bytes:
        raise _broken(line, "an ATR and status words that are not hidden")
    return digits.upper().replace("X", "x")


def _broken(line: int, expected: str) -> EncodingError:
    return EncodingError("trace", offset=line, expected=f"{expected}, in line {line}", standard=STANDARD)


@dataclass(frozen=True, slots=True)
class DecodedTurn:
    """An exchange for people.

    line      line number of the command
    name      command in words and its four header bytes
    data      command data field in hexadecimal; everything after the header when the lengths do not add up
    ne        number of response bytes wanted
    response  response data field in hexadecimal
    status    status word
    """

    line: int
    name: str
    data: str
    ne: int
    response: str
    status: StatusWord

    def __str__(self) -> str:
        wanted = f"  Ne={self.ne}" if self.ne else ""
        asked = f"> {self.name}{wanted}" + (f"  {_told(self.data)}" if self.data else "")
        return f"{asked}\n< {self.status}" + (f"  {_told(self.response)}" if self.response else "")


def _told(data: str) -> str:
    """Hexadecimal digits; when every byte is hidden, how many there are."""
    return f"({len(data) // 2} bytes hidden)" if not data.strip("x") else data


def decode(trace: Trace) -> Iterator[DecodedTurn]:
    """Each exchange with its command in words and its status explained.

    PINs are hidden here even when the trace holds them.
    """
    for turn in trace.turns:
        data, ne = _fields(turn.command)
        yield DecodedTurn(turn.line, turn.name, data, ne, turn.response[:-4], turn.status)


def _fields(command: str) -> tuple[str, int]:
    """Command data in hexadecimal, and Ne."""
    raw = bytes.fromhex(command.replace(HIDDEN, "00"))
    shown = command if HIDDEN in command else hide_secret(raw)
    try:
        parsed = CommandAPDU.parse(raw)
    except EncodingError:
        return shown[8:], 0
    start = 14 if len(raw) > 5 and raw[4] == 0 else 10
    return shown[start : start + 2 * len(parsed.data)], parsed.ne
