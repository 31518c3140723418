"""Names in a machine readable zone: transliteration and shortening.

ICAO Doc 9303-3, 8th edition (2021), section 6 A for the letters; parts 4, 5 and 6, 4.2.3, for the lengths.
"""

from __future__ import annotations

import re
import unicodedata

from smartid.errors import EncodingError

STANDARD = "ICAO Doc 9303-3, 8th edition, 6"

_SPECIAL = {
    "Ä": "AE",
    "Å": "AA",
    "Æ": "AE",
    "Ð": "D",
    "Ö": "OE",
    "Ø": "OE",
    "Ü": "UE",
    "Þ": "TH",
    "ß": "SS",
    "ẞ": "SS",
    "Đ": "D",
    "Ħ": "H",
    "ı": "I",
    "Ĳ": "IJ",
    "ĸ": "K",
    "Ŀ": "L",
    "Ł": "L",
    "Ŋ": "N",
    "Œ": "OE",
    "Ŧ": "T",
}
_DROPPED = str.maketrans("", "", "'’ʼ`.")
_SEPARATORS = re.compile(r"[\s,‐-–-]+")
_COMPONENT = re.compile(r"[A-Z]+")


def transliterate(name: str) -> tuple[str, ...]:
    """Split a Latin name into its components, in the letters A to Z.

    Diacritics fall, ligatures and special letters become the pairs of table 6 A (``Ü`` gives ``UE``),
    apostrophes and full stops disappear, hyphens and commas separate.

    Raises EncodingError for a character that the table does not have: digits, another script.
    """
    plain = "".join(_letter(char) for char in unicodedata.normalize("NFC", name).translate(_DROPPED))
    parts = tuple(part for part in _SEPARATORS.split(plain) if part)
    for part in parts:
        if not _COMPONENT.fullmatch(part):
            raise EncodingError("name for a MRZ", offset=0, expected="Latin letters", standard=STANDARD)
    return parts


def join_names(family: str, given: str, width: int) -> str:
    """Write ``FAMILY<<GIVEN<NAMES`` in exactly ``width`` characters.

    A name that is too long is shortened from its end: given names first, each down to its initial, then the
    family name. Every component keeps a letter while there is room for all of them, and a shortened name
    ends with a letter in the last position, which tells the reader that something is missing.

    Raises EncodingError for an empty family name or a character that has no transliteration.
    """
    primary, secondary = list(transliterate(family)), list(transliterate(given))
    if not primary:
        raise EncodingError("name for a MRZ", offset=0, expected="a primary identifier", standard=STANDARD)
    while _length(primary, secondary, initials=True) > width:
        (secondary or primary).pop()
    _shorten(primary, secondary, _length(primary, secondary) - width)
    return _join(primary, secondary).ljust(width, "<")


def split_names(field: str) -> tuple[str, str]:
    """Give family name and given names of a name field, with spaces between components."""
    family, _, given = field.partition("<<")
    return _spaced(family), _spaced(given)


def _letter(char: str) -> str:
    upper = char if char in _SPECIAL else char.upper()
    if upper in _SPECIAL:
        return _SPECIAL[upper]
    return "".join(base for base in unicodedata.normalize("NFD", upper) if not unicodedata.combining(base))


def _length(primary: list[str], secondary: list[str], *, initials: bool = False) -> int:
    parts = [1 if initials else len(part) for part in primary + secondary]
    return sum(parts) + len(parts) - 1 + bool(secondary)


def _shorten(primary: list[str], secondary: list[str], excess: int) -> None:
    for parts in (secondary, primary):
        for index in reversed(range(len(parts))):
            cut = min(max(excess, 0), len(parts[index]) - 1)
            parts[index] = parts[index][: len(parts[index]) - cut]
            excess -= cut


def _join(primary: list[str], secondary: list[str]) -> str:
    return "<<".join("<".join(parts) for parts in (primary, secondary) if parts)


def _spaced(field: str) -> str:
    return " ".join(part for part in field.split("<") if part)
