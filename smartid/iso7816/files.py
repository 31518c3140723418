"""Names of files and applications, and what a SELECT says about them (ISO/IEC 7816-4:2020, 7.2 to 7.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from smartid.errors import EncodingError
from smartid.iso7816 import tlv

STANDARD = "ISO/IEC 7816-4:2020"
MF = 0x3F00
"""File identifier of the master file."""


@dataclass(frozen=True, slots=True)
class AID:
    """Application identifier, 5 to 16 bytes: registered provider (5) and proprietary extension (0..11)."""

    value: bytes

    def __post_init__(self) -> None:
        if not 5 <= len(self.value) <= 16:
            raise EncodingError("AID", offset=len(self.value), expected="5 to 16 bytes", standard=STANDARD)

    @classmethod
    def parse(cls, text: str) -> AID:
        """An AID from hexadecimal digits, spaces allowed. Raises EncodingError."""
        try:
            return cls(bytes.fromhex(text))
        except ValueError:
            raise EncodingError(
                "AID", offset=0, expected="an even number of hexadecimal digits", standard=STANDARD
            ) from None

    def __str__(self) -> str:
        return self.value.hex().upper()


class Structure(IntEnum):
    """File descriptor byte of a file (tag 82), without the shareable bit."""

    TRANSPARENT = 0x01
    LINEAR_FIXED = 0x02
    LINEAR_VARIABLE = 0x04
    CYCLIC = 0x06
    INTERNAL = 0x08
    DF = 0x38


class LifeCycle(IntEnum):
    """Life cycle status byte (tag 8A)."""

    CREATION = 0x01
    INITIALISATION = 0x03
    DEACTIVATED = 0x04
    ACTIVATED = 0x05
    TERMINATED = 0x0C


@dataclass(frozen=True, slots=True, kw_only=True)
class FileControl:
    """File control parameters: what SELECT returns in an FCP (62), FCI (6F) or FMD (64) template.

    ::

        tag  content
        80   number of data bytes, structural information excluded
        82   file descriptor; for records also coding byte, record size (2), number of records (1 or 2)
        83   file identifier (2)
        84   DF name (AID)
        86   security attributes, proprietary
        88   short EF identifier in bits 8 to 4
        8A   life cycle status
    """

    size: int | None = None
    structure: Structure | None = None
    record_size: int | None = None
    record_count: int | None = None
    file_id: int | None = None
    df_name: bytes | None = None
    short_id: int | None = None
    security: bytes | None = None
    life_cycle: int | None = None

    @classmethod
    def parse(cls, data: bytes) -> FileControl:
        """Read a template; unknown objects are skipped, an empty answer gives an empty value.

        Raises EncodingError when an object is malformed.
        """
        if not data:
            return cls()
        outer = tlv.parse(data, padding=True)
        inner = outer[0].children() if outer and outer[0].tag in (0x62, 0x6F, 0x64) else outer
        objects = {item.tag: item.value for item in reversed(inner)}
        descriptor = objects.get(0x82, b"")
        return cls(
            size=_integer(objects, 0x80) if 0x80 in objects else _integer(objects, 0x81),
            structure=_structure(descriptor),
            record_size=int.from_bytes(descriptor[2:4], "big") if len(descriptor) > 2 else None,
            record_count=int.from_bytes(descriptor[4:6], "big") if len(descriptor) > 4 else None,
            file_id=_integer(objects, 0x83),
            df_name=objects.get(0x84),
            short_id=_short_id(objects.get(0x88)),
            security=objects.get(0x86),
            life_cycle=_integer(objects, 0x8A),
        )

    def encode(self, template: int = 0x62) -> bytes:
        """The template as a card answers it; fields that are None are left out."""
        parts = [
            _object(0x80, self.size, 2),
            self._encode_descriptor(),
            _object(0x83, self.file_id, 2),
            b"" if self.df_name is None else tlv.encode(0x84, self.df_name),
            b"" if self.security is None else tlv.encode(0x86, self.security),
            b"" if self.short_id is None else tlv.encode(0x88, bytes((self.short_id << 3,))),
            _object(0x8A, self.life_cycle, 1),
        ]
        return tlv.encode(template, *parts)

    def _encode_descriptor(self) -> bytes:
        if self.structure is None:
            return b""
        value = bytes((self.structure,))
        if self.record_size is not None and self.record_count is not None:
            value += b"\x00" + self.record_size.to_bytes(2, "big") + self.record_count.to_bytes(1, "big")
        return tlv.encode(0x82, value)


def _integer(objects: dict[int, bytes], tag: int) -> int | None:
    value = objects.get(tag)
    return int.from_bytes(value, "big") if value and len(value) <= 4 else None


def _structure(descriptor: bytes) -> Structure | None:
    if not descriptor:
        return None
    byte = descriptor[0] & ~0x40
    if byte & 0x38 == 0x38:
        return Structure.DF
    if byte & 0x38:
        return Structure.INTERNAL
    return next((s for s in Structure if s == byte & 0x07), None)


def _short_id(value: bytes | None) -> int | None:
    return value[0] >> 3 if value and 0 < value[0] >> 3 < 31 else None


def _object(tag: int, value: int | None, width: int) -> bytes:
    if value is None:
        return b""
    return tlv.encode(tag, value.to_bytes(max(width, (value.bit_length() + 7) // 8), "big"))
