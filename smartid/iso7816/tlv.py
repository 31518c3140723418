"""Data objects: BER-TLV and SIMPLE-TLV (ISO/IEC 7816-4:2020, 6.2 and 6.3; tags of up to 3 bytes).

Lengths come from strangers: every length is checked against the bytes that are there, and only definite
lengths of at most 4 length bytes are read, as smart cards write them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from smartid.errors import EncodingError

STANDARD = "ISO/IEC 7816-4:2020"
MAX_OBJECTS = 10_000
"""More objects than this on one level is not a card's answer."""
_PADDING = (0x00, 0xFF)


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("BER-TLV", offset=offset, expected=expected, standard=STANDARD)


@dataclass(frozen=True, slots=True)
class TLV:
    """One data object.

    tag     the whole tag field as an integer: 0x5F1F, 0x61
    value   the value field
    offset  where the tag starts in the bytes that were parsed
    """

    tag: int
    value: bytes
    offset: int = 0

    @property
    def constructed(self) -> bool:
        """Whether the value holds data objects itself (bit 6 of the first tag byte)."""
        first = self.tag
        while first > 0xFF:
            first >>= 8
        return bool(first & 0x20)

    def children(self) -> tuple[TLV, ...]:
        """The data objects inside. Raises EncodingError."""
        return parse(self.value)

    def encode(self) -> bytes:
        """Tag, length, value."""
        return encode(self.tag, self.value)


def read_header(data: bytes, offset: int = 0) -> tuple[int, int, int]:
    """Tag, length of tag and length fields, and length of the value of the object at ``offset``.

    The value itself need not be there: this tells how much of a file to read.
    Raises EncodingError.
    """
    tag, at = _read_tag(data, offset)
    length, at = _read_length(data, at)
    return tag, at - offset, length


def _read_tag(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise _broken(at, "a tag")
    tag = data[at]
    at += 1
    if tag & 0x1F != 0x1F:
        return tag, at
    for _ in range(2):
        if at >= len(data):
            raise _broken(at, "another tag byte")
        byte = data[at]
        tag, at = (tag << 8) | byte, at + 1
        if not byte & 0x80:
            return tag, at
    raise _broken(at, "a tag of at most 3 bytes")


def _read_length(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise _broken(at, "a length")
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    count = first & 0x7F
    if not 1 <= count <= 4:
        raise _broken(at - 1, "a definite length of 1 to 5 bytes")
    if at + count > len(data):
        raise _broken(at, f"{count} length bytes")
    return int.from_bytes(data[at : at + count], "big"), at + count


def _objects(data: bytes, at: int, *, padding: bool) -> Iterator[TLV]:
    end = len(data)
    while at < end:
        if padding and data[at] in _PADDING:
            at += 1
            continue
        tag, header, length = read_header(data, at)
        start = at + header
        if length > end - start:
            raise _broken(start, f"{length} value bytes of tag {tag:X}, {end - start} are there")
        yield TLV(tag, data[start : start + length], at)
        at = start + length


def parse(data: bytes, *, offset: int = 0, padding: bool = False) -> tuple[TLV, ...]:
    """All data objects of one level, in order.

    padding  skip bytes 00 and FF between objects, which files of fixed size are filled with

    Raises EncodingError.
    """
    found: list[TLV] = []
    for item in _objects(data, offset, padding=padding):
        if len(found) == MAX_OBJECTS:
            raise _broken(item.offset, f"at most {MAX_OBJECTS} objects")
        found.append(item)
    return tuple(found)


def parse_one(data: bytes, tag: int | None = None) -> TLV:
    """The one data object that ``data`` is, with nothing after it.

    Raises EncodingError when its tag is another one than ``tag``, or bytes follow it.
    """
    item = next(_objects(data, 0, padding=False), None)
    if item is None:
        raise _broken(0, "a data object")
    if tag is not None and item.tag != tag:
        raise _broken(0, f"tag {tag:X}, found {item.tag:X}")
    end = len(item.value) + read_header(data)[1]
    if end != len(data):
        raise _broken(end, "nothing after the object")
    return item


def find(data: bytes, *path: int) -> bytes | None:
    """The value of the first object along a path of tags, or None when a step is missing.

    >>> find(bytes.fromhex("6F048402ABCD"), 0x6F, 0x84).hex()
    'abcd'

    Raises EncodingError when a level on the way is malformed.
    """
    value = data
    for tag in path:
        for item in _objects(value, 0, padding=True):
            if item.tag == tag:
                value = item.value
                break
        else:
            return None
    return value


def encode(tag: int, *values: bytes) -> bytes:
    """A BER-TLV object; the value is ``values`` joined. The length field is as short as possible."""
    value = b"".join(values)
    size = len(value)
    head = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    if size < 0x80:
        return head + bytes((size,)) + value
    count = (size.bit_length() + 7) // 8
    return head + bytes((0x80 | count,)) + size.to_bytes(count, "big") + value


def parse_simple(data: bytes) -> tuple[TLV, ...]:
    """SIMPLE-TLV objects: a tag of 1 byte (01..FE), a length of 1 byte, or FF and 2 bytes.

    Raises EncodingError.
    """
    found: list[TLV] = []
    at = 0
    while at < len(data):
        start, tag = at, data[at]
        if tag in _PADDING:
            raise EncodingError("SIMPLE-TLV", offset=at, expected="a tag from 01 to FE", standard=STANDARD)
        long = data[at + 1 : at + 2] == b"\xff"
        width = 3 if long else 1
        field = data[at + 1 : at + 1 + width]
        if len(field) < width:
            raise EncodingError("SIMPLE-TLV", offset=at + 1, expected="a length", standard=STANDARD)
        length = int.from_bytes(field[1:], "big") if long else field[0]
        at += 1 + width
        if length > len(data) - at:
            raise EncodingError("SIMPLE-TLV", offset=at, expected=f"{length} value bytes", standard=STANDARD)
        found.append(TLV(tag, data[at : at + length], start))
        at += length
    return tuple(found)


def encode_simple(tag: int, value: bytes) -> bytes:
    """A SIMPLE-TLV object. ``value`` has at most 65535 bytes."""
    if not 0x01 <= tag <= 0xFE or len(value) > 0xFFFF:
        raise EncodingError(
            "SIMPLE-TLV", offset=0, expected="tag 01..FE and at most 65535 bytes", standard=STANDARD
        )
    if len(value) < 0xFF:
        return bytes((tag, len(value))) + value
    return bytes((tag, 0xFF)) + len(value).to_bytes(2, "big") + value
