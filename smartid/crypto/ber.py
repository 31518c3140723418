"""Bringing BER to definite lengths, once, before anything is read.

Programs that sign a stream write indefinite lengths and strings in pieces (ITU-T X.690 (2021), 8.1.3.6 and
8.7.3). What already has definite lengths stays byte for byte as it came, since it may be signed.
"""

from __future__ import annotations

from smartid.errors import EncodingError

STANDARD = "ITU-T X.690 (2021), 8.1"
MAX_DEPTH = 48
"""Deepest nesting that is followed."""
MAX_ELEMENTS = 200_000

_CONSTRUCTED = 0x20
_OCTET_STRING = 0x04
_INDEFINITE = 0x80


def definite(data: bytes) -> bytes:
    """Give the same value with definite lengths and with octet strings in one piece. Raises EncodingError."""
    reader = _Reader(data)
    value, end = reader.element(0, len(data), 0)
    if end != len(data):
        raise _broken(end, "nothing after the element")
    return value


class _Reader:
    """One pass over the bytes, bounded in depth and in the number of elements."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_ELEMENTS

    def element(self, start: int, limit: int, depth: int) -> tuple[bytes, int]:
        """Give the element at ``start`` in its new form, and where the old one ends."""
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise _broken(start, f"at most {MAX_DEPTH} levels and {MAX_ELEMENTS} elements")
        tag, body, length = self._header(start, limit)
        if not tag & _CONSTRUCTED:
            if length is None:
                raise _broken(start, "a definite length of a primitive element")
            return self._data[start : body + length], body + length
        parts, end = self._children(
            body, limit if length is None else body + length, depth, open_=length is None
        )
        if tag == _OCTET_STRING | _CONSTRUCTED:
            return encode(_OCTET_STRING, *(self._piece(part, start) for part in parts)), end
        new = b"".join(parts)
        if length is not None and new == self._data[body:end]:
            return self._data[start:end], end
        return encode(tag, new), end

    def _children(self, at: int, limit: int, depth: int, *, open_: bool) -> tuple[list[bytes], int]:
        parts: list[bytes] = []
        while at < limit:
            if open_ and self._data[at : at + 2] == b"\0\0":
                return parts, at + 2
            part, at = self.element(at, limit, depth + 1)
            parts.append(part)
        if open_:
            raise _broken(at, "end-of-contents octets")
        return parts, at

    def _header(self, start: int, limit: int) -> tuple[int, int, int | None]:
        """Give the tag, where the value starts, and its length, None for an indefinite one."""
        if start + 2 > limit:
            raise _broken(start, "a tag and a length")
        tag, first = self._data[start], self._data[start + 1]
        if tag & 0x1F == 0x1F:
            raise _broken(start, "a tag of one byte")
        body, length = start + 2, first
        if first == _INDEFINITE:
            return tag, body, None
        if first > _INDEFINITE:
            count = first & 0x7F
            if count > 4 or body + count > limit:
                raise _broken(start + 1, "a length of at most 5 bytes")
            length = int.from_bytes(self._data[body : body + count], "big")
            body += count
        if length > limit - body:
            raise _broken(start, f"{length} value bytes, {limit - body} are there")
        return tag, body, length

    def _piece(self, part: bytes, start: int) -> bytes:
        """Give the value of one piece of an octet string; pieces have been joined below already."""
        if part[0] != _OCTET_STRING:
            raise _broken(start, "an octet string whose pieces are octet strings")
        header = 2 if part[1] < 0x80 else 2 + (part[1] & 0x7F)
        return part[header:]


def encode(tag: int, *values: bytes) -> bytes:
    """Make an element with a tag of one byte and the shortest length."""
    size = sum(map(len, values))
    if size < 0x80:
        return b"".join((bytes((tag, size)), *values))
    count = (size.bit_length() + 7) // 8
    return b"".join((bytes((tag, 0x80 | count)), size.to_bytes(count, "big"), *values))


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("BER", offset=offset, expected=expected, standard=STANDARD)
