"""Numbers that identify people, companies and accounts, with their check digits.

Each function takes what a person typed (Persian and Arabic digits, spaces, hyphens) and gives the normalised
number, or raises ``InvalidNumber`` with the reason; ``is_valid(national_number, text)`` answers yes or no.
A right check digit says that a number was not mistyped, never that it was issued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from smartid.errors import EncodingError
from smartid.identity.persian import to_latin_digits

SHEBA_BANKS = {
    "010": "بانک مرکزی",
    "011": "صنعت و معدن",
    "012": "ملت",
    "013": "رفاه کارگران",
    "014": "مسکن",
    "015": "سپه",
    "016": "کشاورزی",
    "017": "ملی",
    "018": "تجارت",
    "019": "صادرات",
    "020": "توسعه صادرات",
    "021": "پست بانک",
    "022": "توسعه تعاون",
    "051": "موسسه توسعه",
    "052": "قوامین",
    "053": "کارآفرین",
    "054": "پارسیان",
    "055": "اقتصاد نوین",
    "056": "سامان",
    "057": "پاسارگاد",
    "058": "سرمایه",
    "059": "سینا",
    "060": "مهر ایران",
    "061": "شهر",
    "062": "آینده",
    "063": "انصار",
    "064": "گردشگری",
    "065": "حکمت ایرانیان",
    "066": "دی",
    "069": "ایران زمین",
    "070": "رسالت",
    "073": "کوثر",
    "075": "ملل",
    "078": "خاورمیانه",
    "079": "مهر اقتصاد",
    "080": "نور",
    "090": "مهر ایران",
    "095": "ایران و ونزوئلا",
}
"""Bank by the three digits that follow the check digits of a Sheba."""

CARD_BANKS = {
    "502229": "پاسارگاد",
    "502806": "شهر",
    "502938": "دی",
    "504172": "رسالت",
    "505785": "ایران زمین",
    "585983": "تجارت",
    "589210": "سپه",
    "589463": "رفاه کارگران",
    "603769": "صادرات",
    "603770": "کشاورزی",
    "603799": "ملی",
    "610433": "ملت",
    "621986": "سامان",
    "622106": "پارسیان",
    "627353": "تجارت",
    "627412": "اقتصاد نوین",
    "628023": "مسکن",
    "636214": "آینده",
    "639346": "سینا",
}
"""Bank by the first six digits of a payment card (an extract: an unlisted bank is refused)."""

_SEPARATORS = str.maketrans("", "", " -\u200c\u200e\u200f\u2010\u2011\u2013")
_MAX_LENGTH = 64
_LEGAL_WEIGHTS = (29, 27, 23, 19, 17, 29, 27, 23, 19, 17)


class InvalidNumber(EncodingError):
    """A number that breaks its own rule; ``expected`` is the reason."""


def is_valid(rule: Callable[[str], str], text: str) -> bool:
    """Tell whether ``text`` follows a rule of this module: ``is_valid(sheba, text)``."""
    try:
        rule(text)
    except InvalidNumber:
        return False
    return True


def national_number(text: str) -> str:
    """Check an Iranian national number (کد ملی): ten digits, the last one checks the others.

    Eight or nine digits get the leading zeros that a spreadsheet took away.
    """
    digits = _digits(text, "national number", (8, 9, 10)).zfill(10)
    if len(set(digits)) == 1:
        raise _invalid("national number", 0, "digits that are not all equal")
    rest = _weighted(digits[:9], range(10, 1, -1)) % 11
    return _checked(digits, rest if rest < 2 else 11 - rest, "national number")


def legal_entity_number(text: str) -> str:
    """Check an Iranian legal-entity number (شناسه ملی): eleven digits.

    Its rule maps two remainders to the digit 0, so that it misses some single mistakes.
    """
    digits = _digits(text, "legal-entity number", (11,))
    tens = int(digits[9]) + 2
    total = sum((tens + int(digit)) * weight for digit, weight in zip(digits, _LEGAL_WEIGHTS, strict=False))
    return _checked(digits, total % 11 % 10, "legal-entity number")


def sheba(text: str) -> str:
    """Check an Iranian account number (شبا, ISO 13616): IR and 24 digits, modulo 97.

    Any one wrong digit is found.
    """
    plain = _plain(text, "Sheba").upper()
    digits = plain.removeprefix("IR")
    if len(digits) != 24 or not _only_digits(digits) or plain[:2] != "IR":
        raise _invalid("Sheba", 0, "IR and 24 digits")
    if digits[:2] in {"00", "01", "99"}:
        raise _invalid("Sheba", 2, "check digits from 02 to 98")
    if int(digits[2:] + "1827" + digits[:2]) % 97 != 1:
        raise _invalid("Sheba", 2, "other check digits")
    return plain


def bank_card(text: str) -> str:
    """Check the number of an Iranian payment card: 16 digits (Luhn, ISO/IEC 7812-1), of a listed bank."""
    digits = _digits(text, "bank card", (16,))
    if digits[:6] not in CARD_BANKS:
        raise _invalid("bank card", 0, "the first six digits of a listed bank")
    doubled = (int(digit) * (2 - index % 2) for index, digit in enumerate(digits))
    if sum(value - 9 * (value > 9) for value in doubled) % 10:
        raise _invalid("bank card", 15, "another check digit")
    return digits


def postal_code(text: str, *, strict: bool = True) -> str:
    """Check an Iranian postal code: ten digits.

    strict  the first five digits hold no 0 and no 2, and the first four are not all equal
    """
    digits = _digits(text, "postal code", (10,))
    if strict and set(digits[:5]) & {"0", "2"}:
        raise _invalid("postal code", 0, "five digits out of 1 and 3 to 9")
    if strict and len(set(digits[:4])) == 1:
        raise _invalid("postal code", 0, "four digits that are not all equal")
    return digits


def mobile_number(text: str) -> str:
    """Check an Iranian mobile number and give it as 09 and nine digits.

    The prefix may be +98, 0098, 98, 0 or missing.
    """
    plain = _plain(text, "mobile number")
    for prefix in ("+98", "0098", "98", "0"):
        if plain.startswith(prefix):
            plain = plain.removeprefix(prefix)
            break
    if len(plain) != 10 or not _only_digits(plain) or plain[0] != "9":
        raise _invalid("mobile number", 0, "9 and nine digits after the prefix")
    return f"0{plain}"


def belgian_national_number(text: str) -> str:
    """Check a Belgian national register number: eleven digits, 97 minus the first nine modulo 97.

    People born from 2000 on have a 2 before the nine digits when they are divided.
    """
    digits = _digits(text.replace(".", ""), "Belgian national number", (11,))
    checks = {97 - int(prefix + digits[:9]) % 97 for prefix in ("", "2")}
    if int(digits[9:]) not in checks:
        raise _invalid("Belgian national number", 9, "other check digits")
    return digits


def thai_citizen_number(text: str) -> str:
    """Check a Thai citizen number: thirteen digits, weights 13 to 2, modulo 11."""
    digits = _digits(text, "Thai citizen number", (13,))
    rest = _weighted(digits[:12], range(13, 1, -1)) % 11
    return _checked(digits, (11 - rest) % 10, "Thai citizen number")


def serbian_personal_number(text: str) -> str:
    """Check a Serbian personal number (JMBG): thirteen digits, weights 7 to 2 twice, modulo 11."""
    digits = _digits(text, "Serbian personal number", (13,))
    rest = _weighted(digits[:12], (7, 6, 5, 4, 3, 2) * 2) % 11
    return _checked(digits, 0 if rest < 2 else 11 - rest, "Serbian personal number")


def _plain(text: str, what: str) -> str:
    if len(text) > _MAX_LENGTH:
        raise _invalid(what, _MAX_LENGTH, f"at most {_MAX_LENGTH} characters")
    return to_latin_digits(text).translate(_SEPARATORS)


def _digits(text: str, what: str, lengths: tuple[int, ...]) -> str:
    plain = _plain(text, what)
    if len(plain) not in lengths or not _only_digits(plain):
        raise _invalid(what, 0, f"{' or '.join(map(str, lengths))} digits")
    return plain


def _only_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _weighted(digits: str, weights: Iterable[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _checked(digits: str, check: int, what: str) -> str:
    if int(digits[-1]) != check:
        raise _invalid(what, len(digits) - 1, "another check digit")
    return digits


def _invalid(what: str, offset: int, reason: str) -> InvalidNumber:
    return InvalidNumber(what, offset=offset, expected=reason)
