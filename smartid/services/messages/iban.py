"""International bank account numbers (ISO 13616-1:2020): two letters, two check digits, the account."""

from __future__ import annotations

import re

from smartid.errors import EncodingError

STANDARD = "ISO 13616-1:2020"
_SHAPE = re.compile("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_IRAN = re.compile("IR[0-9]{24}")


def check_iban(text: str) -> str:
    """Give an account number without its blanks. Raises EncodingError.

    The remainder by 97 must be 1, and the check digits 02 to 98, so that an account has one number. An
    Iranian number (sheba) has 26 characters, digits after "IR".
    """
    compact = text.replace(" ", "")
    shape = _IRAN if compact.startswith("IR") else _SHAPE
    if not compact.isascii() or not shape.fullmatch(compact):
        raise EncodingError("IBAN", offset=0, expected="the characters of its country", standard=STANDARD)
    if remainder(compact) != 1 or not 2 <= int(compact[2:4]) <= 98:
        raise EncodingError("IBAN", offset=2, expected="check digits that fit", standard=STANDARD)
    return compact


def make_iban(country: str, account: str) -> str:
    """Put check digits before an account number. Raises EncodingError."""
    digits = 98 - remainder(f"{country}00{account}")
    return check_iban(f"{country}{digits:02d}{account}")


def remainder(compact: str) -> int:
    """Remainder by 97 with the first four characters moved to the end and letters read as 10 to 35.

    Raises EncodingError.
    """
    moved = compact[4:] + compact[:4]
    if not moved.isascii() or not moved.isalnum():
        raise EncodingError("IBAN", offset=0, expected="letters and digits", standard=STANDARD)
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97
