"""Walking through DER without copying it: one element after the other, every length checked.

Signed structures are read this way because their bytes must be kept as they came, and because a document of
many megabytes is copied once, at most. Values with names, times and algorithms are decoded where they matter.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from smartid.errors import EncodingError

STANDARD = "ITU-T X.690 (2021), 8.1 and 10.1"
MAX_ELEMENTS = 10_000
"""Most elements on one level."""

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A
SEQUENCE, SET, UTC_TIME, GENERALIZED_TIME = 0x30, 0x31, 0x17, 0x18

_MAX_OID, _MAX_INTEGER = 64, 64
_TIME = re.compile(r"(\d{4}|\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{1,6})\d*)?(Z|[+-]\d{4})")


class Element(NamedTuple):
    """One element: where it starts, where its value starts and where it ends in ``data``."""

    data: bytes
    tag: int
    start: int
    body: int
    end: int

    @property
    def raw(self) -> bytes:
        """Tag, length and value, as they came."""
        return self.data[self.start : self.end]

    @property
    def value(self) -> bytes:
        """The value alone."""
        return self.data[self.body : self.end]

    def children(self) -> list[Element]:
        """Give the elements inside. Raises EncodingError."""
        found: list[Element] = []
        at, end, data = self.body, self.end, self.data
        while at < end:
            element = _element(data, at, end)
            found.append(element)
            at = element.end
        if len(found) > MAX_ELEMENTS:
            raise broken(self.start, f"at most {MAX_ELEMENTS} elements")
        return found

    def require(self, *tags: int) -> Element:
        """Give it back. Raises EncodingError unless it has one of these tags."""
        if self.tag not in tags:
            raise broken(self.start, f"tag {' or '.join(f'{tag:02X}' for tag in tags)}, found {self.tag:02X}")
        return self


def read_element(data: bytes, tag: int | None = None) -> Element:
    """Give the one element that ``data`` is, with nothing after it. Raises EncodingError."""
    element = _element(data, 0, len(data))
    if element.end != len(data):
        raise broken(element.end, "nothing after the element")
    return element if tag is None else element.require(tag)


class Fields:
    """The elements of a SEQUENCE, taken in their order."""

    def __init__(self, sequence: Element, tag: int = SEQUENCE) -> None:
        self._end = sequence.end
        self._left = sequence.require(tag).children()[::-1]

    def take(self, *tags: int) -> Element:
        """Take the next one. Raises EncodingError unless it is there and has one of the tags, if any."""
        if not self._left:
            raise broken(self._end, "another element")
        element = self._left.pop()
        return element.require(*tags) if tags else element

    def maybe(self, tag: int) -> Element | None:
        """Take the next one if it has this tag."""
        return self._left.pop() if self._left and self._left[-1].tag == tag else None

    def end(self) -> None:
        """Raises EncodingError when something is left."""
        if self._left:
            raise broken(self._left[-1].start, "the end of the sequence")


def _element(data: bytes, start: int, end: int) -> Element:
    at = start + 2
    if at > end:
        raise broken(start, "a tag and a length")
    tag, length = data[start], data[start + 1]
    if tag & 0x1F == 0x1F:
        raise broken(start, "a tag of one byte")
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or at + count > end:
            raise broken(start + 1, "a definite length of 1 to 5 bytes")
        length = int.from_bytes(data[at : at + count], "big")
        at += count
    if length > end - at:
        raise broken(start, f"{length} value bytes, {end - at} are there")
    return Element(data, tag, start, at, at + length)


def oid_of(element: Element) -> str:
    """Read an object identifier in dotted form. Raises EncodingError."""
    return dotted(element.require(OID).value)


@lru_cache(maxsize=1024)
def dotted(octets: bytes) -> str:
    """Decode the value of an object identifier. Raises EncodingError."""
    if not octets or len(octets) > _MAX_OID or octets[-1] & 0x80:
        raise broken(0, "an object identifier of a sensible length")
    arcs, arc = [], 0
    for octet in octets:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def integer_of(element: Element) -> int:
    """Read an INTEGER of at most 64 bytes. Raises EncodingError."""
    octets = element.require(INTEGER).value
    if not 1 <= len(octets) <= _MAX_INTEGER:
        raise broken(element.start, f"an integer of 1 to {_MAX_INTEGER} bytes")
    return int.from_bytes(octets, "big", signed=True)


def octets_of(element: Element) -> bytes:
    """Read an OCTET STRING. Raises EncodingError."""
    return element.require(OCTET_STRING).value


def time_of(element: Element) -> datetime:
    """Read UTCTime or GeneralizedTime with seconds and a time zone, as UTC. Raises EncodingError.

    Years of two digits lie between 1950 and 2049 (RFC 5280 (2008), 4.1.2.5.1).
    """
    short = element.require(UTC_TIME, GENERALIZED_TIME).tag == UTC_TIME
    text = element.value.decode("latin-1")
    match = _TIME.fullmatch(text) if text.isascii() and len(text) <= 40 else None
    if match is None or (len(match[1]) == 2) != short:
        raise broken(element.start, "a time with seconds and a time zone")
    year = int(match[1]) + ((2000 if int(match[1]) < 50 else 1900) if short else 0)
    try:
        month, day, hour, minute, second = (int(match[index]) for index in range(2, 7))
        micro = int((match[7] or "").ljust(6, "0"))
        return datetime(year, month, day, hour, minute, second, micro, _zone(match[8])).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise broken(element.start, "a time of the calendar") from error


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return timezone(-offset if text[0] == "-" else offset)


def broken(offset: int, expected: str) -> EncodingError:
    """Make the error for a structure that is not as it has to be."""
    return EncodingError("DER", offset=offset, expected=expected, standard=STANDARD)
