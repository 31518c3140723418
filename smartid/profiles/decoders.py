"""What each kind of file says about the holder: from bytes to fields of an identity."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from smartid.errors import EncodingError
from smartid.identity.dates import PartialDate, from_jalali, parse_yyyymmdd
from smartid.identity.model import Field, Portrait
from smartid.identity.persian import to_latin_digits
from smartid.iso7816 import tlv
from smartid.profiles.base import Content

Value = str | date | PartialDate
Fields = Mapping[Field, object]
Decoder = Callable[[bytes, date], Fields]

_DIGIT_RUN = re.compile(rb"(?<![0-9])[0-9]{10}(?![0-9])")


def decode(content: Content, data: bytes, *, today: date) -> dict[Field, object]:
    """The fields that a file of this content gives; empty for contents that name nobody.

    today  decides the century of two-digit years

    Raises EncodingError.
    """
    decoder = DECODERS.get(content)
    found = decoder(data, today) if decoder else {}
    return {field: value for field, value in found.items() if value not in (None, "")}


def _dg1(data: bytes, today: date) -> Fields:
    from smartid.identity.lds import parse_dg1  # noqa: PLC0415

    person = parse_dg1(data).identity(today=today)
    return {
        Field.FAMILY_NAME_LATIN: person.family_name_latin,
        Field.GIVEN_NAMES_LATIN: person.given_names_latin,
        Field.BIRTH_DATE: person.birth_date,
        Field.SEX: person.sex,
        Field.NATIONALITY: person.nationality,
        Field.DOCUMENT_NUMBER: person.document_number,
        Field.EXPIRY_DATE: person.expiry_date,
    }


def _dg2(data: bytes, _: date) -> Mapping[Field, Portrait]:
    from smartid.identity.lds_face import parse_dg2  # noqa: PLC0415

    return {Field.PORTRAIT: parse_dg2(data)}


def _dg11(data: bytes, _: date) -> Fields:
    from smartid.identity.lds_details import parse_dg11  # noqa: PLC0415

    details = parse_dg11(data)
    return {
        Field.FAMILY_NAME: details.family_name,
        Field.GIVEN_NAMES: details.given_names,
        Field.NATIONAL_NUMBER: details.personal_number,
        Field.BIRTH_DATE: details.birth_date,
        Field.BIRTH_PLACE: details.birth_place,
    }


def _dg11_father(data: bytes, today: date) -> Fields:
    """DG11 of the reference card, which keeps the father's name as the only other name."""
    from smartid.identity.lds_details import parse_dg11  # noqa: PLC0415

    names = parse_dg11(data).other_names
    return {**_dg11(data, today), Field.FATHER_NAME: names[0] if len(names) == 1 else None}


def _dg12(data: bytes, _: date) -> Fields:
    from smartid.identity.lds_details import parse_dg12  # noqa: PLC0415

    details = parse_dg12(data)
    return {
        Field.ISSUING_AUTHORITY: details.issuing_authority,
        Field.ISSUE_DATE: details.issue_date.full if details.issue_date else None,
    }


def _dg13(data: bytes, _: date) -> Fields:
    from smartid.identity.lds_details import parse_dg13  # noqa: PLC0415

    details = parse_dg13(data)
    return {
        Field.ADDRESS: details.address,
        Field.POSTAL_CODE: details.postal_code,
        Field.REGISTRATION_NUMBER: details.registration_number,
    }


def _applet_info(data: bytes, _: date) -> Fields:
    """Serial number at offset 8, 10 bytes, of the 20 bytes of GET DATA 01A0."""
    if len(data) != 20:
        raise EncodingError("applet info", offset=len(data), expected="20 bytes")
    return {Field.CARD_SERIAL_NUMBER: data[8:18].hex().upper()}


def _cplc(data: bytes, _: date) -> Fields:
    """The whole CPLC stands for the serial number: sources cut it in different places.

    GlobalPlatform Card Specification 2.3.1, H.6: 42 bytes, with or without the header 9F7F2A.
    """
    body = tlv.find(data, 0x9F7F) if data[:2] == b"\x9f\x7f" else data
    if not body:
        raise EncodingError(
            "CPLC", offset=0, expected="tag 9F7F and its value", standard="GlobalPlatform 2.3.1"
        )
    return {Field.CARD_SERIAL_NUMBER: body.hex().upper()}


def _iran_crn(data: bytes, _: date) -> Fields:
    """The one run of ten ASCII digits; the published offsets disagree."""
    match = _DIGIT_RUN.search(data)
    return {Field.REGISTRATION_NUMBER: match.group().decode("ascii")} if match else {}


def _iran_dates(data: bytes, _: date) -> Fields:
    """Tags B2 (issue) and B3 (expiry), text in UTF-16, Solar Hijri or Gregorian."""
    objects = {item.tag: item.value for item in tlv.parse(data, padding=True)}
    return {
        Field.ISSUE_DATE: _utf16_date(objects.get(0xB2)),
        Field.EXPIRY_DATE: _utf16_date(objects.get(0xB3)),
    }


def _utf16_date(value: bytes | None) -> date | None:
    if not value:
        return None
    # The high byte is 00 for ASCII digits and 06 for Persian and Arabic ones.
    encoding = "utf-16-be" if value[0] in (0x00, 0x06) else "utf-16-le"
    try:
        text = to_latin_digits(value.decode(encoding)).strip("\x00 ")
    except UnicodeDecodeError:
        raise EncodingError("date text", offset=0, expected="UTF-16") from None
    digits = re.sub(r"\D", "", text)
    if len(digits) != 8:
        return None  # the published facts name the place of the date and not its form
    if digits[:2] in ("13", "14"):
        return from_jalali(f"{digits[:4]}/{digits[4:6]}/{digits[6:]}")
    return parse_yyyymmdd(digits).full


DECODERS: Mapping[Content, Decoder] = {
    Content.DG1: _dg1,
    Content.DG2: _dg2,
    Content.DG11: _dg11,
    Content.DG11_FATHER: _dg11_father,
    Content.DG12: _dg12,
    Content.DG13: _dg13,
    Content.APPLET_INFO: _applet_info,
    Content.CPLC: _cplc,
    Content.IRAN_CRN: _iran_crn,
    Content.IRAN_DATES: _iran_dates,
}
