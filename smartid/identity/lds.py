"""The logical data structure of an eMRTD: EF.COM, EF.DG1 and what all files share.

ICAO Doc 9303-10, 8th edition (2021). Further files: ``lds_face`` (DG2), ``lds_details`` (DG11, DG12, DG13),
``lds_security`` (DG14, DG15, EF.SOD). Each ``parse_x`` takes the whole file, outer tag included, and raises
EncodingError for anything that breaks its format; each ``build_x`` is its inverse.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from smartid.errors import EncodingError
from smartid.identity import mrz
from smartid.iso7816 import tlv

STANDARD = "ICAO Doc 9303-10, 8th edition"

COM_TAG = 0x60
SOD_TAG = 0x77
DATA_GROUP_TAGS: Mapping[int, int] = {
    1: 0x61,
    2: 0x75,
    3: 0x63,
    4: 0x76,
    5: 0x65,
    6: 0x66,
    7: 0x67,
    8: 0x68,
    9: 0x69,
    10: 0x6A,
    11: 0x6B,
    12: 0x6C,
    13: 0x6D,
    14: 0x6E,
    15: 0x6F,
    16: 0x70,
}
"""Outer tag of each data group."""

_DATA_GROUP_OF = {tag: number for number, tag in DATA_GROUP_TAGS.items()}
_TAG_LIST = 0x5C
_MRZ = 0x5F1F
_LDS_VERSION = 0x5F01
_UNICODE_VERSION = 0x5F36


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonData:
    """Content of EF.COM: what the document says it holds. Nobody has signed it; EF.SOD is the authority.

    lds_version      four digits, "0107"
    unicode_version  six digits, "040000"
    data_groups      numbers of the data groups that are there
    """

    data_groups: tuple[int, ...]
    lds_version: str = "0107"
    unicode_version: str = "040000"


def parse_com(data: bytes) -> CommonData:
    """Read EF.COM: 60 { 5F01 LDS version, 5F36 Unicode version, 5C tags of the data groups }."""
    objects = objects_of(data, COM_TAG)
    tags = required(objects, _TAG_LIST)
    unknown = next((index for index, tag in enumerate(tags) if tag not in _DATA_GROUP_OF), None)
    if unknown is not None:
        raise broken("EF.COM", unknown, "tags of data groups")
    return CommonData(
        data_groups=tuple(_DATA_GROUP_OF[tag] for tag in tags),
        lds_version=_digits(required(objects, _LDS_VERSION), 4),
        unicode_version=_digits(required(objects, _UNICODE_VERSION), 6),
    )


def build_com(value: CommonData) -> bytes:
    """Write EF.COM."""
    return tlv.encode(
        COM_TAG,
        tlv.encode(_LDS_VERSION, value.lds_version.encode("ascii")),
        tlv.encode(_UNICODE_VERSION, value.unicode_version.encode("ascii")),
        tlv.encode(_TAG_LIST, bytes(DATA_GROUP_TAGS[number] for number in value.data_groups)),
    )


def parse_dg1(data: bytes) -> mrz.MRZ:
    """Read EF.DG1: 61 { 5F1F machine readable zone, lines one after the other }."""
    zone = required(objects_of(data, DATA_GROUP_TAGS[1]), _MRZ)
    if not zone.isascii():
        raise broken("EF.DG1", 0, "a machine readable zone in ASCII")
    return mrz.parse(zone.decode("ascii"))


def build_dg1(value: mrz.MRZ) -> bytes:
    """Write EF.DG1."""
    zone = mrz.build(value).replace("\n", "").encode("ascii")
    return tlv.encode(DATA_GROUP_TAGS[1], tlv.encode(_MRZ, zone))


def objects_of(data: bytes, tag: int) -> dict[int, bytes]:
    """Give the data objects inside a file by tag; none may occur twice. Raises EncodingError."""
    found: dict[int, bytes] = {}
    for item in tlv.parse_one(data, tag).children():
        if item.tag in found:
            raise broken(f"file {tag:X}", item.offset, f"tag {item.tag:X} only once")
        found[item.tag] = item.value
    return found


def required(objects: Mapping[int, bytes], tag: int) -> bytes:
    """Give the value of a tag that has to be there. Raises EncodingError."""
    if tag not in objects:
        raise broken("LDS file", 0, f"data object {tag:X}")
    return objects[tag]


def text(value: bytes | None) -> str | None:
    """Read UTF-8 text without control characters; empty text is None. Raises EncodingError."""
    try:
        decoded = (value or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise broken("LDS text", error.start, "UTF-8") from error
    for index, char in enumerate(decoded):
        if unicodedata.category(char) == "Cc":
            raise broken("LDS text", index, "no control characters")
    return decoded or None


def encode_with_tag_list(outer: int, objects: Mapping[int, bytes]) -> bytes:
    """Write a data group that begins with the list (5C) of the tags in it."""
    tags = b"".join(tag.to_bytes((tag.bit_length() + 7) // 8, "big") for tag in objects)
    values = (tlv.encode(tag, value) for tag, value in objects.items())
    return tlv.encode(outer, tlv.encode(_TAG_LIST, tags), *values)


def broken(what: str, offset: int, expected: str) -> EncodingError:
    """Make the error for an LDS file."""
    return EncodingError(what, offset=offset, expected=expected, standard=STANDARD)


def _digits(value: bytes, count: int) -> str:
    if len(value) != count or not value.isdigit():
        raise broken("EF.COM", 0, f"{count} digits")
    return value.decode("ascii")
