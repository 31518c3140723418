"""Answer To Reset: what a card says when it gets power (ISO/IEC 7816-3:2006, 8).

Historical bytes: ISO/IEC 7816-4:2020, 12.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import xor

from smartid.errors import EncodingError

STANDARD = "ISO/IEC 7816-3:2006"
MAX_LENGTH = 33


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("ATR", offset=offset, expected=expected, standard=STANDARD)


@dataclass(frozen=True, slots=True)
class CardCapabilities:
    """Third byte of the card capabilities (compact-TLV 7X in the historical bytes).

    chaining         bit 8, command chaining
    extended_length  bit 7, extended Lc and Le
    channels         bits 5-4 and 3-1, number of logical channels, 1..8
    """

    chaining: bool = False
    extended_length: bool = False
    channels: int = 1


@dataclass(frozen=True, slots=True)
class ATR:
    """A parsed Answer To Reset.

    raw         all bytes, TS to TCK
    protocols   offered protocols T, in order: (0,), (1,), (0, 1); T=15 marks global bytes and is left out
    historical  the historical bytes, at most 15
    """

    raw: bytes
    protocols: tuple[int, ...]
    historical: bytes
    interface: tuple[tuple[str, int], ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, raw: bytes) -> ATR:
        """Walk TS, T0, the interface bytes, the historical bytes and TCK.

        Raises EncodingError for a wrong TS, a missing byte, bytes left over or a wrong check byte.
        """
        if not 2 <= len(raw) <= MAX_LENGTH:
            raise _broken(len(raw), f"2 to {MAX_LENGTH} bytes")
        if raw[0] not in (0x3B, 0x3F):
            raise _broken(0, "TS = 3B or 3F")
        interface, at = _interface_bytes(raw)
        history = raw[at : at + (raw[1] & 0x0F)]
        at += raw[1] & 0x0F
        if at > len(raw):
            raise _broken(len(raw), f"{raw[1] & 0x0F} historical bytes")
        offered = [value & 0x0F for name, value in interface if name.startswith("TD")]
        _check_tck(raw, at, offered)
        protocols = tuple(dict.fromkeys(t for t in offered if t != 15)) or (0,)
        return cls(bytes(raw), protocols, history, tuple(interface))

    @property
    def capabilities(self) -> CardCapabilities:
        """Card capabilities of the historical bytes; the defaults when the card does not tell."""
        value = self.compact_tlv().get(7, b"")
        if len(value) < 3:
            return CardCapabilities()
        third = value[2]
        return CardCapabilities(bool(third & 0x80), bool(third & 0x40), (third & 0x07) + 1)

    def compact_tlv(self) -> dict[int, bytes]:
        """COMPACT-TLV objects of the historical bytes (category 00 or 80): tag 1..F to value.

        Broken or missing objects end the walk: historical bytes are a hint, never a proof.
        """
        data = self.historical[:-3] if self.historical[:1] == b"\x00" else self.historical
        if data[:1] not in (b"\x00", b"\x80"):
            return {}
        objects: dict[int, bytes] = {}
        at = 1
        while at < len(data):
            tag, length = data[at] >> 4, data[at] & 0x0F
            if at + 1 + length > len(data):
                break
            objects[tag] = data[at + 1 : at + 1 + length]
            at += 1 + length
        return objects

    def __str__(self) -> str:
        return self.raw.hex().upper()


def _interface_bytes(raw: bytes) -> tuple[list[tuple[str, int]], int]:
    """TA1..TDn as (name, value), and the offset after them."""
    found: list[tuple[str, int]] = []
    at, mask, group = 2, raw[1] >> 4, 1
    while mask:
        for bit, letter in ((1, "A"), (2, "B"), (4, "C"), (8, "D")):
            if mask & bit:
                if at >= len(raw):
                    raise _broken(at, f"T{letter}{group}")
                found.append((f"T{letter}{group}", raw[at]))
                at += 1
        mask = found[-1][1] >> 4 if mask & 8 else 0
        group += 1
    return found, at


def _check_tck(raw: bytes, at: int, offered: list[int]) -> None:
    rest = len(raw) - at
    if not any(t != 0 for t in offered):
        if rest:
            raise _broken(at, "no byte after the historical bytes, because only T=0 is offered")
        return
    if rest != 1:
        raise _broken(at, "exactly the check byte TCK after the historical bytes")
    if reduce(xor, raw[1:]):
        raise _broken(at, "TCK that makes the exclusive-or of T0 to TCK zero")


@dataclass(frozen=True, slots=True)
class ATRPattern:
    """An ATR with holes: two hexadecimal digits a byte, ``?`` for any digit, ``*`` at the end for any rest.

    >>> ATRPattern("3B7F??0000*").matches(bytes.fromhex("3B7F960000003180"))
    True
    """

    text: str

    def matches(self, atr: bytes) -> bool:
        """Whether every fixed digit stands in ``atr`` at its place."""
        digits = atr.hex().upper()
        pattern = self.text.upper()
        if pattern.endswith("*"):
            pattern = pattern[:-1]
            digits = digits[: len(pattern)]
        return len(digits) == len(pattern) and all(
            p in ("?", d) for p, d in zip(pattern, digits, strict=True)
        )
