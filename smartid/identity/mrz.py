"""Machine readable zones of ICAO Doc 9303, 8th edition (2021): parts 3 to 7.

==========  ==========================  =====================
layout      document                    characters
==========  ==========================  =====================
TD1         identity card (part 5)      3 lines of 30
TD2         larger card (part 6)        2 lines of 36
TD3         passport (part 4)           2 lines of 44
MRV_A, _B   visa (part 7)               2 lines of 44, of 36
==========  ==========================  =====================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from smartid.errors import EncodingError
from smartid.identity.dates import PartialDate, parse_birth_yymmdd, parse_expiry_yymmdd
from smartid.identity.model import Identity, Sex
from smartid.identity.mrz_layout import CHARACTERS, FieldMap, Layout, broken, check_digit
from smartid.identity.mrz_names import join_names, split_names

_UNKNOWN_DATE = "<<<<<<"
_LONG_NUMBER = re.compile(r"([0-9A-Z]+)([0-9])<(?:.*)")
_NAMES = re.compile(r"[A-Z][A-Z<]*")
_SEXES = {"F": Sex.FEMALE, "M": Sex.MALE, "<": Sex.UNSPECIFIED}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MRZ:
    """The content of a machine readable zone; fillers are taken off, dates stay as they are printed.

    document_code      one or two letters: I, A, C for cards, P for passports, V for visas
    issuing_state      two-letter codes of 9303-3 part 5, D for Germany, else ISO 3166-1 alpha-3
    document_number    without its check digit, whole also when it runs on into the optional data
    birth_yymmdd       six characters, ``<<`` for an unknown part
    expiry_yymmdd      six characters; ``<<<<<<`` where a document does not expire
    truncated          the name field ends with a letter: the name may be longer than what is there
    """

    layout: Layout
    document_code: str
    issuing_state: str
    document_number: str
    nationality: str
    birth_yymmdd: str
    sex: Sex
    expiry_yymmdd: str
    family_name: str
    given_names: str = ""
    optional_data: str = ""
    optional_data_2: str = ""
    truncated: bool = False

    def birth_date(self, *, today: date) -> PartialDate | None:
        """Give the birth date in the century that puts it before ``today``; None when unknown."""
        if self.birth_yymmdd == _UNKNOWN_DATE:
            return None
        return parse_birth_yymmdd(self.birth_yymmdd, today=today)

    def expiry_date(self, *, today: date) -> PartialDate | None:
        """Give the expiry date, at most fifty years after ``today``; None when there is none."""
        if self.expiry_yymmdd == _UNKNOWN_DATE:
            return None
        return parse_expiry_yymmdd(self.expiry_yymmdd, today=today)

    def information(self) -> str:
        """Give MRZ_information, the secret behind BAC and PACE: see ``mrz_information``."""
        return mrz_information(self.document_number, self.birth_yymmdd, self.expiry_yymmdd)

    def identity(self, *, today: date) -> Identity:
        """Give the holder as an ``Identity``, with the names as Latin ones."""
        expiry = self.expiry_date(today=today)
        last_day = expiry.full if expiry else None
        return Identity(
            family_name_latin=self.family_name or None,
            given_names_latin=self.given_names or None,
            birth_date=self.birth_date(today=today),
            sex=self.sex,
            nationality=self.nationality,
            document_number=self.document_number,
            expiry_date=last_day,
        )

    def __repr__(self) -> str:
        return f"MRZ({self.layout.name})"


def mrz_information(document_number: str, birth_yymmdd: str, expiry_yymmdd: str) -> str:
    """Give number, birth and expiry, each with its check digit; a number below nine characters is filled up.

    BAC and PACE derive their keys from it (ICAO Doc 9303-11, 8th edition, 4.3.2 and 9.7.2): handle it as a
    password. Raises EncodingError for a date of another length, or another character than 0-9, A-Z and <.
    """
    for text in (birth_yymmdd, expiry_yymmdd):
        if len(text) != 6:
            raise broken(0, "a date of six characters")
    parts = (document_number.ljust(9, "<"), birth_yymmdd, expiry_yymmdd)
    return "".join(part + check_digit(part) for part in parts)


def parse(text: str) -> MRZ:
    """Read a machine readable zone, with or without line breaks, and verify every check digit.

    Raises EncodingError; its offset counts characters from the first one, line breaks left out.
    """
    if len(text) > 120:
        raise broken(120, "at most 90 characters and their line breaks")
    zone = "".join(text.split())
    layout = _layout_of(zone)
    where = layout.value
    number, optional = _read_number(zone, layout)
    _verify_check_digits(zone, where)
    if not _NAMES.fullmatch(zone[where.names]):
        raise broken(where.names.start, "a name of letters and fillers")
    family, given = split_names(zone[where.names])
    if zone[where.sex] not in _SEXES:
        raise broken(where.sex, "F, M or <")
    return MRZ(
        layout=layout,
        document_code=zone[:2].rstrip("<"),
        issuing_state=zone[2:5].rstrip("<"),
        document_number=number,
        nationality=zone[where.nationality].rstrip("<"),
        birth_yymmdd=_date(zone, where.birth),
        sex=_SEXES[zone[where.sex]],
        expiry_yymmdd=_date(zone, where.expiry),
        family_name=family,
        given_names=given,
        optional_data=optional,
        optional_data_2=zone[where.optional_2].rstrip("<"),
        truncated=zone[where.names].endswith(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
    )


def build(mrz: MRZ) -> str:
    """Write a machine readable zone with its check digits, lines separated by a line feed.

    Names may hold Latin letters with diacritics; those that are too long are shortened.
    Raises EncodingError for a field that is too long or holds another character.
    """
    where = mrz.layout.value
    zone = ["<"] * where.length
    number, run_on = _split_number(mrz)
    _put(zone, slice(0, 2), mrz.document_code)
    _put(zone, slice(2, 5), mrz.issuing_state)
    _put(zone, where.number, number)
    _put(zone, where.nationality, mrz.nationality)
    _put(zone, where.birth, mrz.birth_yymmdd)
    _put(zone, slice(where.sex, where.sex + 1), "<" if mrz.sex is Sex.UNSPECIFIED else mrz.sex.value)
    _put(zone, where.expiry, mrz.expiry_yymmdd)
    _put(zone, where.optional, run_on + mrz.optional_data)
    _put(zone, where.optional_2, mrz.optional_data_2)
    _put(
        zone, where.names, join_names(mrz.family_name, mrz.given_names, where.names.stop - where.names.start)
    )
    _put_check_digits(zone, where, long_number=bool(run_on))
    lines = (zone[start : start + where.width] for start in range(0, where.length, where.width))
    return "\n".join("".join(line) for line in lines)


def _layout_of(zone: str) -> Layout:
    found = CHARACTERS.match(zone)
    if found and found.end() != len(zone):
        raise broken(found.end(), "a character 0-9, A-Z or <")
    visa = zone.startswith("V")
    layouts = {90: Layout.TD1, 72: Layout.TD2, 88: Layout.TD3}
    if visa:
        layouts = {72: Layout.MRV_B, 88: Layout.MRV_A}
    if len(zone) not in layouts:
        raise broken(len(zone), "90, 72 or 88 characters")
    return layouts[len(zone)]


def _read_number(zone: str, layout: Layout) -> tuple[str, str]:
    """Give the document number and the optional data that follow it, its check digit verified."""
    where = layout.value
    number, optional = zone[where.number], zone[where.optional].rstrip("<")
    end = where.number.stop
    if zone[end] == "<" and layout.takes_long_numbers and (long := _LONG_NUMBER.match(zone[where.optional])):
        whole = number + long[1]
        if check_digit(whole) != long[2]:
            raise broken(where.optional.start + len(long[1]), f"check digit {check_digit(whole)}")
        return whole, optional[len(long[1]) + 2 :]
    _verify(zone, number, end)
    return number.rstrip("<"), optional


def _split_number(mrz: MRZ) -> tuple[str, str]:
    """Give the nine characters of the number field, and what runs on into the optional data."""
    number = mrz.document_number
    if len(number) <= 9 or not mrz.layout.takes_long_numbers:
        return number, ""
    return number[:9], f"{number[9:]}{check_digit(number)}<"


def _verify_check_digits(zone: str, where: FieldMap) -> None:
    for field in (where.birth, where.expiry):
        _verify(zone, zone[field], field.stop)
    if where.optional_digit is not None:
        optional = zone[where.optional]
        if optional.strip("<") or zone[where.optional_digit] != "<":
            _verify(zone, optional, where.optional_digit)
    if where.composite_digit is not None:
        _verify(zone, "".join(zone[part] for part in where.composite), where.composite_digit)


def _verify(zone: str, text: str, at: int) -> None:
    if zone[at] != check_digit(text):
        raise broken(at, f"check digit {check_digit(text)}")


def _put_check_digits(zone: list[str], where: FieldMap, *, long_number: bool) -> None:
    fields = [where.birth, where.expiry] if long_number else [where.number, where.birth, where.expiry]
    for field in fields:
        zone[field.stop] = check_digit("".join(zone[field]))
    optional = "".join(zone[where.optional])
    if where.optional_digit is not None and optional.strip("<"):
        zone[where.optional_digit] = check_digit(optional)
    if where.composite_digit is not None:
        zone[where.composite_digit] = check_digit("".join("".join(zone[part]) for part in where.composite))


def _put(zone: list[str], where: slice, text: str) -> None:
    width = where.stop - where.start
    if len(text) > width or not CHARACTERS.fullmatch(text):
        raise broken(where.start, f"at most {width} characters 0-9, A-Z and <")
    zone[where] = text.ljust(width, "<")


def _date(zone: str, where: slice) -> str:
    text = zone[where]
    if text != _UNKNOWN_DATE:
        try:
            parse_expiry_yymmdd(text, today=date(2000, 1, 1))
        except EncodingError:
            raise broken(where.start, "YYMMDD, or fillers for an unknown part") from None
    return text
