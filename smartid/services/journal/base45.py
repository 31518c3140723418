"""Base45 (RFC 9285 (2022)): bytes in the alphabet of a QR code's alphanumeric mode."""

from __future__ import annotations

from smartid.errors import EncodingError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE = {ord(letter): value for value, letter in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Write two bytes as three letters, a last single byte as two."""
    letters: list[str] = []
    for start in range(0, len(data), 2):
        pair = data[start : start + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, value = divmod(number, 45)
            letters.append(ALPHABET[value])
    return "".join(letters)


def decode(text: bytes) -> bytes:
    """Read base45. Raises EncodingError for other letters, lengths and numbers."""
    data = bytearray()
    for start in range(0, len(text), 3):
        group = text[start : start + 3]
        number, weight = 0, 1
        for position, letter in enumerate(group, start):
            if letter not in _VALUE:
                raise _broken(position, "a letter of base45")
            number, weight = number + _VALUE[letter] * weight, weight * 45
        size = len(group) - 1
        if size == 0 or number >= 1 << 8 * size:
            raise _broken(start, "three letters for two bytes, two for one")
        data += number.to_bytes(size, "big")
    return bytes(data)


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("base45", offset=offset, expected=expected, standard="RFC 9285")
