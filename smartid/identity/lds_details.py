"""EF.DG11, EF.DG12 and EF.DG13: what does not fit into a machine readable zone.

ICAO Doc 9303-10, 8th edition, 4.7.11 to 4.7.13. Text is UTF-8 in national characters. In names ``<<`` ends
the family name and ``<`` stands for a space; in places and addresses ``<`` separates the parts, which are
read here as ``", "``. Data objects of the standard that are not named below are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from smartid.identity.dates import PartialDate, format_yyyymmdd, parse_bcd, parse_yyyymmdd
from smartid.identity.lds import (
    DATA_GROUP_TAGS,
    broken,
    encode_with_tag_list,
    objects_of,
    required,
    text,
)
from smartid.iso7816 import tlv

_TAG_LIST = 0x5C
_NAME = 0x5F0E
_OTHER_NAMES = 0xA0
_OTHER_NAME = 0x5F0F
_COUNT = 0x02
_PERSONAL_NUMBER = 0x5F10
_BIRTH_DATE = 0x5F2B
_BIRTH_PLACE = 0x5F11
_ADDRESS = 0x5F42
_TELEPHONE = 0x5F12
_PROFESSION = 0x5F13
_TITLE = 0x5F14
_AUTHORITY = 0x5F19
_ISSUE_DATE = 0x5F26
_ENDORSEMENTS = 0x5F1B

_NATIONAL_VERSION = 0xC0
_NATIONAL_TEXTS = {
    "postal_code": 0xC1,
    "address": 0xC2,
    "registration_number": 0xC3,
    "card_serial_number": 0xC4,
}
_VERSION_1 = b"\x01"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AdditionalPersonalDetails:
    """Content of EF.DG11, tag 6B.

    family_name, given_names  5F0E  in national characters
    other_names               A0    5F0F each, with spaces for fillers; the open reference card keeps the
                                    father's name here, which no other data object of DG11 is meant for
    personal_number           5F10
    birth_date                5F2B  eight digits, as text or packed; 00 for an unknown part
    birth_place               5F11
    address                   5F42
    telephone                 5F12
    profession, title         5F13, 5F14
    """

    family_name: str | None = None
    given_names: str | None = None
    other_names: tuple[str, ...] = ()
    personal_number: str | None = None
    birth_date: PartialDate | None = None
    birth_place: str | None = None
    address: str | None = None
    telephone: str | None = None
    profession: str | None = None
    title: str | None = None

    def __repr__(self) -> str:
        return "AdditionalPersonalDetails(…)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AdditionalDocumentDetails:
    """Content of EF.DG12, tag 6C: 5F19 authority, 5F26 date of issue, 5F1B endorsements."""

    issuing_authority: str | None = None
    issue_date: PartialDate | None = None
    endorsements: str | None = None

    def __repr__(self) -> str:
        return "AdditionalDocumentDetails(…)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NationalDetails:
    """Content of EF.DG13, tag 6D, in the structure of this project's open reference card.

    The standard leaves DG13 to the issuer; another country's DG13 is opaque. Private-class tags::

        5C  tag list
        C0  version of this structure, 01
        C1  postal code, digits
        C2  postal address, national characters
        C3  registration number of the request
        C4  serial number of the card
    """

    postal_code: str | None = None
    address: str | None = None
    registration_number: str | None = None
    card_serial_number: str | None = None

    def __repr__(self) -> str:
        return "NationalDetails(…)"


def parse_dg11(data: bytes) -> AdditionalPersonalDetails:
    """Read EF.DG11. Raises EncodingError."""
    objects = objects_of(data, DATA_GROUP_TAGS[11])
    required(objects, _TAG_LIST)
    family, _, given = (text(objects.get(_NAME)) or "").partition("<<")
    return AdditionalPersonalDetails(
        family_name=_spaced(family),
        given_names=_spaced(given),
        other_names=_other_names(objects),
        personal_number=text(objects.get(_PERSONAL_NUMBER)),
        birth_date=_date(objects.get(_BIRTH_DATE)),
        birth_place=_parts(objects.get(_BIRTH_PLACE)),
        address=_parts(objects.get(_ADDRESS)),
        telephone=text(objects.get(_TELEPHONE)),
        profession=_spaced(text(objects.get(_PROFESSION)) or ""),
        title=_spaced(text(objects.get(_TITLE)) or ""),
    )


def build_dg11(value: AdditionalPersonalDetails) -> bytes:
    """Write EF.DG11. Raises ValueError for a text that holds the separator ``<``."""
    objects = _present(
        {
            _NAME: _full_name(value.family_name, value.given_names),
            _PERSONAL_NUMBER: value.personal_number,
            _BIRTH_DATE: _eight_digits(value.birth_date),
            _BIRTH_PLACE: value.birth_place,
            _ADDRESS: value.address,
            _TELEPHONE: value.telephone,
            _PROFESSION: value.profession,
            _TITLE: value.title,
        }
    )
    names = [_filled(name) for name in value.other_names]
    if names:
        count = tlv.encode(_COUNT, bytes((len(names),)))
        objects[_OTHER_NAMES] = count + b"".join(tlv.encode(_OTHER_NAME, name.encode()) for name in names)
    return encode_with_tag_list(DATA_GROUP_TAGS[11], objects)


def parse_dg12(data: bytes) -> AdditionalDocumentDetails:
    """Read EF.DG12. Raises EncodingError."""
    objects = objects_of(data, DATA_GROUP_TAGS[12])
    required(objects, _TAG_LIST)
    return AdditionalDocumentDetails(
        issuing_authority=_spaced(text(objects.get(_AUTHORITY)) or ""),
        issue_date=_date(objects.get(_ISSUE_DATE)),
        endorsements=text(objects.get(_ENDORSEMENTS)),
    )


def build_dg12(value: AdditionalDocumentDetails) -> bytes:
    """Write EF.DG12. Raises ValueError for a text that holds the separator ``<``."""
    objects = _present(
        {
            _AUTHORITY: value.issuing_authority,
            _ISSUE_DATE: _eight_digits(value.issue_date),
            _ENDORSEMENTS: value.endorsements,
        }
    )
    return encode_with_tag_list(DATA_GROUP_TAGS[12], objects)


def parse_dg13(data: bytes) -> NationalDetails:
    """Read EF.DG13 of the reference card. Raises EncodingError for another structure or version."""
    objects = objects_of(data, DATA_GROUP_TAGS[13])
    required(objects, _TAG_LIST)
    if required(objects, _NATIONAL_VERSION) != _VERSION_1:
        raise broken("EF.DG13", 0, "version 01 of the reference card's structure")
    return NationalDetails(**{name: text(objects.get(tag)) for name, tag in _NATIONAL_TEXTS.items()})


def build_dg13(value: NationalDetails) -> bytes:
    """Write EF.DG13 of the reference card. Raises ValueError for a text that holds the separator ``<``."""
    texts = _present({tag: getattr(value, name) for name, tag in _NATIONAL_TEXTS.items()})
    return encode_with_tag_list(DATA_GROUP_TAGS[13], {_NATIONAL_VERSION: _VERSION_1, **texts})


def _full_name(family: str | None, given: str | None) -> str | None:
    """Write both names with their separators; only here may ``<`` reach the card."""
    names = [_filled(name) for name in (family or "", given or "")]
    return "<<".join(names) if given else names[0] or None


def _other_names(objects: Mapping[int, bytes]) -> tuple[str, ...]:
    """Read the names in A0; some issuers put a single 5F0F beside it instead."""
    inside = tlv.parse(objects.get(_OTHER_NAMES, b""))
    values = [item.value for item in inside if item.tag == _OTHER_NAME]
    values += [objects[_OTHER_NAME]] if _OTHER_NAME in objects else []
    return tuple(name for name in (_spaced(text(value) or "") for value in values) if name)


def _present(texts: Mapping[int, str | None]) -> dict[int, bytes]:
    for tag, value in texts.items():
        if value and "<" in value and tag != _NAME:
            raise ValueError("a text holds the separator <")
    return {tag: value.encode("utf-8") for tag, value in texts.items() if value}


def _filled(name: str) -> str:
    if "<" in name:
        raise ValueError("a name holds the separator <")
    return name.replace(" ", "<")


def _spaced(value: str) -> str | None:
    return " ".join(part for part in value.split("<") if part) or None


def _parts(value: bytes | None) -> str | None:
    return ", ".join(part for part in (text(value) or "").split("<") if part) or None


def _date(value: bytes | None) -> PartialDate | None:
    if not value:
        return None
    if len(value) == 4:
        return parse_bcd(value)
    return parse_yyyymmdd(text(value) or "")


def _eight_digits(value: PartialDate | None) -> str | None:
    return format_yyyymmdd(value) if value else None
