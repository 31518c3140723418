"""Status words and what they mean (ISO/IEC 7816-4:2020, 5.6, tables 6 and 7)."""

from __future__ import annotations

from enum import Enum


class Category(Enum):
    """What a status word says about the command."""

    SUCCESS = "success"
    WARNING = "warning"
    EXECUTION_ERROR = "execution error"
    CHECKING_ERROR = "checking error"
    INVALID = "invalid"


MEANINGS: dict[int, str] = {
    0x9000: "done",
    0x6200: "warning, memory unchanged",
    0x6281: "part of the returned data may be corrupted",
    0x6282: "end of file reached before Ne bytes were read",
    0x6283: "selected file deactivated",
    0x6284: "file control information badly formatted",
    0x6285: "selected file in termination state",
    0x6300: "authentication failed",
    0x6381: "file filled up by the last write",
    0x6400: "execution error, memory unchanged",
    0x6401: "immediate response required by the card, or PIN entry cancelled on the reader",
    0x6500: "execution error, memory changed",
    0x6581: "memory failure",
    0x6700: "wrong length",
    0x6800: "function in CLA not supported",
    0x6881: "logical channel not supported",
    0x6882: "secure messaging not supported",
    0x6883: "last command of the chain expected",
    0x6884: "command chaining not supported",
    0x6900: "command not allowed",
    0x6981: "command incompatible with the file structure",
    0x6982: "security status not satisfied",
    0x6983: "authentication method blocked",
    0x6984: "reference data not usable",
    0x6985: "conditions of use not satisfied",
    0x6986: "command not allowed, no current EF",
    0x6987: "secure messaging data objects missing",
    0x6988: "secure messaging data objects incorrect",
    0x6A00: "wrong parameters P1-P2",
    0x6A80: "incorrect data field",
    0x6A81: "function not supported",
    0x6A82: "file or application not found",
    0x6A83: "record not found",
    0x6A84: "not enough memory in the file",
    0x6A85: "Nc inconsistent with the TLV structure",
    0x6A86: "incorrect parameters P1-P2",
    0x6A87: "Nc inconsistent with P1-P2",
    0x6A88: "referenced data not found",
    0x6A89: "file already exists",
    0x6A8A: "DF name already exists",
    0x6B00: "wrong parameters, offset outside the file",
    0x6D00: "instruction not supported",
    0x6E00: "class not supported",
    0x6F00: "no precise diagnosis",
}


class StatusWord(int):
    """SW1-SW2 as an integer that can explain itself.

    >>> StatusWord(0x63C2).tries_left
    2
    >>> str(StatusWord(0x6A82))
    '6A82 (file or application not found)'
    """

    @property
    def category(self) -> Category:
        """The family of the status word, from SW1."""
        sw1 = self >> 8
        if self == 0x9000 or sw1 == 0x61:
            return Category.SUCCESS
        if sw1 in (0x62, 0x63):
            return Category.WARNING
        if sw1 in (0x64, 0x65, 0x66):
            return Category.EXECUTION_ERROR
        if 0x67 <= sw1 <= 0x6F:
            return Category.CHECKING_ERROR
        return Category.INVALID

    @property
    def tries_left(self) -> int | None:
        """Remaining tries of a PIN (63CX), 0 when blocked (6983), None when it says nothing about tries."""
        if self & 0xFFF0 == 0x63C0:
            return self & 0x0F
        return 0 if self == 0x6983 else None

    @property
    def meaning(self) -> str:
        """The meaning in a few words."""
        sw1, sw2 = self >> 8, self & 0xFF
        if self & 0xFFF0 == 0x63C0:
            return f"{sw2 & 0x0F} tries left" if sw2 & 0x0F != 1 else "1 try left"
        if sw1 == 0x61:
            return f"{sw2 or 256} more bytes wait"
        if sw1 == 0x6C:
            return f"wrong Le, {sw2 or 256} bytes are there"
        return MEANINGS.get(self) or MEANINGS.get(sw1 << 8) or f"unknown {self.category.value}"

    def __str__(self) -> str:
        return f"{int(self):04X} ({self.meaning})"

    def __repr__(self) -> str:
        return f"StatusWord(0x{int(self):04X})"
