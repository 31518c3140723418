"""Command and response APDUs: the four cases, short and extended (ISO/IEC 7816-4:2020, 5.1 and 5.2)."""

from __future__ import annotations

from dataclasses import dataclass

from smartid.errors import EncodingError
from smartid.iso7816.status import StatusWord

STANDARD = "ISO/IEC 7816-4:2020"

SHORT_DATA = 255
"""Largest command data field of a short APDU, in bytes."""
SHORT_RESPONSE = 256
"""Largest response data field that a short Le can ask for, in bytes."""
EXTENDED_DATA = 65_535
EXTENDED_RESPONSE = 65_536

_SECRET_INS = frozenset({0x20, 0x21, 0x24, 0x2C})
"""VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER: their data fields hold PINs."""


@dataclass(frozen=True, slots=True)
class CommandAPDU:
    """A command for a card.

    cla, ins, p1, p2  header bytes
    data              command data field, Nc = 0..65535 bytes
    ne                largest number of response bytes wanted, 0..65536; 0 asks for none

    ::

        case  short encoding                    extended encoding
        1     CLA INS P1 P2
        2     CLA INS P1 P2 Le                  CLA INS P1 P2 00 Le Le
        3     CLA INS P1 P2 Lc data             CLA INS P1 P2 00 Lc Lc data
        4     CLA INS P1 P2 Lc data Le          CLA INS P1 P2 00 Lc Lc data Le Le

    Its text form hides the data of PIN commands.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    ne: int = 0

    @property
    def extended(self) -> bool:
        """Whether the command has no short encoding."""
        return len(self.data) > SHORT_DATA or self.ne > SHORT_RESPONSE

    @property
    def carries_secret(self) -> bool:
        """Whether the data field holds a PIN (by instruction; also when secure messaging wraps it)."""
        return self.ins in _SECRET_INS and bool(self.data)

    def encode(self) -> bytes:
        """The bytes for the wire.

        Raises EncodingError when a field is out of range.
        """
        data, ne = self.data, self.ne
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        if len(data) <= SHORT_DATA and ne <= SHORT_RESPONSE:
            body = bytes((len(data),)) + data if data else b""
            return header + body + (bytes((ne & 0xFF,)) if ne else b"")
        return header + self._extended_body()

    def _extended_body(self) -> bytes:
        if len(self.data) > EXTENDED_DATA:
            raise EncodingError(
                "command APDU", offset=4, expected="at most 65535 data bytes", standard=STANDARD
            )
        if self.ne > EXTENDED_RESPONSE:
            raise EncodingError("command APDU", offset=4, expected="Ne of at most 65536", standard=STANDARD)
        body = b"\x00"
        if self.data:
            body += len(self.data).to_bytes(2, "big") + self.data
        if self.ne:
            body += (self.ne & 0xFFFF).to_bytes(2, "big")
        return body

    @classmethod
    def parse(cls, raw: bytes) -> CommandAPDU:
        """Read a command as a card does.

        Raises EncodingError when the lengths do not add up.
        """
        if len(raw) < 4:
            raise EncodingError(
                "command APDU", offset=len(raw), expected="CLA INS P1 P2, 4 bytes", standard=STANDARD
            )
        body = raw[4:]
        data, ne = _parse_body(body) if body else (b"", 0)
        return cls(raw[0], raw[1], raw[2], raw[3], data, ne)

    @property
    def header(self) -> str:
        """The four header bytes in hexadecimal, for messages."""
        return f"{self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X}"

    def __repr__(self) -> str:
        data = "•••" if self.carries_secret else self.data.hex().upper()
        return f"CommandAPDU({self.header}, data={data!r}, ne={self.ne})"


def _parse_body(body: bytes) -> tuple[bytes, int]:
    """Data field and Ne of everything after the header; ``body`` is not empty."""
    size = len(body)
    first = body[0]
    if size == 1:
        return b"", first or SHORT_RESPONSE
    if first:
        return _parse_short(body, first)
    if size == 3:
        return b"", int.from_bytes(body[1:3], "big") or EXTENDED_RESPONSE
    return _parse_extended(body)


def _parse_short(body: bytes, nc: int) -> tuple[bytes, int]:
    end = 1 + nc
    if len(body) == end:
        return body[1:], 0
    if len(body) == end + 1:
        return body[1:end], body[end] or SHORT_RESPONSE
    raise EncodingError(
        "command APDU", offset=4, expected=f"Lc = {nc} data bytes and at most one Le byte", standard=STANDARD
    )


def _parse_extended(body: bytes) -> tuple[bytes, int]:
    nc = int.from_bytes(body[1:3], "big")
    end = 3 + nc
    if nc and len(body) == end:
        return body[3:], 0
    if nc and len(body) == end + 2:
        return body[3:end], int.from_bytes(body[end:], "big") or EXTENDED_RESPONSE
    raise EncodingError(
        "command APDU",
        offset=4,
        expected=f"extended Lc = {nc} data bytes, then nothing or two Le bytes",
        standard=STANDARD,
    )


@dataclass(frozen=True, slots=True)
class ResponseAPDU:
    """An answer of a card: data field and status word (SW1-SW2)."""

    data: bytes
    sw: int

    @classmethod
    def parse(cls, raw: bytes) -> ResponseAPDU:
        """Split the data field from the status word. Raises EncodingError for fewer than 2 bytes."""
        if len(raw) < 2:
            raise EncodingError(
                "response APDU", offset=len(raw), expected="at least SW1-SW2, 2 bytes", standard=STANDARD
            )
        return cls(raw[:-2], (raw[-2] << 8) | raw[-1])

    def encode(self) -> bytes:
        """Data field, then SW1-SW2."""
        return self.data + self.sw.to_bytes(2, "big")

    @property
    def sw1(self) -> int:
        """First status byte."""
        return self.sw >> 8

    @property
    def sw2(self) -> int:
        """Second status byte."""
        return self.sw & 0xFF

    @property
    def ok(self) -> bool:
        """Whether the command was carried out without a remark (SW 9000)."""
        return self.sw == 0x9000

    @property
    def status(self) -> StatusWord:
        """The status word with its meaning."""
        return StatusWord(self.sw)
