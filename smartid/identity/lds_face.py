"""EF.DG2: the portrait (ICAO Doc 9303-10, 8th edition, 4.7.2) in a record of ISO/IEC 19794-5:2005.

::

    75 { 7F61 { 02 number of templates
                7F60 { A1 { 80 version, 81 type, 82 subtype, 87 format owner, 88 format type }
                       5F2E facial record } … } }

    offset  length  content of a facial record, all numbers big-endian
    0       4       "FAC" 00
    4       4       "010" 00
    8       4       length of the record
    12      2       number of faces
    14      20      facial information: length of this face (4), number of feature points (2), sex, eye and
                    hair colour (3), properties (3), expression (2), pose and its uncertainty (6)
    34      8 · p   feature points
            12      image information: kind (1), 00 JPEG or 01 JPEG 2000 (1), width (2), height (2),
                    colour space (1), source (1), device (2), quality (2)
                    image
"""

from __future__ import annotations

from smartid.errors import EncodingError
from smartid.identity.lds import DATA_GROUP_TAGS, broken
from smartid.identity.model import Portrait
from smartid.identity.portrait import JPEG, JPEG_2000, media_type
from smartid.iso7816 import tlv

STANDARD = "ISO/IEC 19794-5:2005, 5"

_GROUP = 0x7F61
_TEMPLATE = 0x7F60
_HEADER = 0xA1
_COUNT = 0x02
_RECORD = 0x5F2E
_RECORD_CONSTRUCTED = 0x7F2E
_FORMAT_ICAO_FACE = bytes.fromhex("8101028702010188020008")
_MAGIC = b"FAC\x00010\x00"
_INFORMATION = 14
_FEATURES = 34
_FULL_FRONTAL = 1
_SRGB_24 = 1
_MEDIA_TYPES = {0: JPEG, 1: JPEG_2000}
_DATA_TYPES = {kind: number for number, kind in _MEDIA_TYPES.items()}


def parse_dg2(data: bytes) -> Portrait:
    """Read the first portrait of EF.DG2.

    Its media type is that of the image itself, because some records name the other one.
    Raises EncodingError, also for a record of ISO/IEC 39794-5, which has another form.
    """
    group = tlv.parse_one(data, DATA_GROUP_TAGS[2])
    record = tlv.find(group.value, _GROUP, _TEMPLATE, _RECORD)
    if record is None:
        record = tlv.find(group.value, _GROUP, _TEMPLATE, _RECORD_CONSTRUCTED)
    if record is None:
        raise broken("EF.DG2", 0, "a biometric template with data object 5F2E")
    return parse_facial_record(record)


def build_dg2(portrait: Portrait) -> bytes:
    """Write EF.DG2 with one template and one image.

    Raises ValueError for another media type than image/jpeg or image/jp2.
    """
    header = tlv.encode(_HEADER, _FORMAT_ICAO_FACE)
    template = tlv.encode(_TEMPLATE, header, tlv.encode(_RECORD, build_facial_record(portrait)))
    return tlv.encode(DATA_GROUP_TAGS[2], tlv.encode(_GROUP, tlv.encode(_COUNT, b"\x01"), template))


def parse_facial_record(record: bytes) -> Portrait:
    """Read the first face of a facial record. Raises EncodingError."""
    if not record.startswith(_MAGIC):
        raise _broken(0, "FAC and version 010")
    if len(record) < _FEATURES or _number(record, 8, 4) != len(record):
        raise _broken(8, f"a record length of {len(record)}")
    if not _number(record, 12, 2):
        raise _broken(12, "at least one face")
    end = _INFORMATION + _number(record, _INFORMATION, 4)
    image_information = _FEATURES + 8 * _number(record, 18, 2)
    if not image_information + 12 < end <= len(record):
        raise _broken(_INFORMATION, "a face that ends inside the record")
    return _portrait(record, image_information, end)


def build_facial_record(portrait: Portrait) -> bytes:
    """Write a facial record with one full-frontal face, no feature points and nothing else claimed.

    Raises ValueError for another media type than image/jpeg or image/jp2.
    """
    if portrait.media_type not in _DATA_TYPES:
        raise ValueError(f"a facial record does not hold {portrait.media_type}")
    image = b"".join(
        (
            bytes((_FULL_FRONTAL, _DATA_TYPES[portrait.media_type])),
            (portrait.width or 0).to_bytes(2, "big"),
            (portrait.height or 0).to_bytes(2, "big"),
            bytes((_SRGB_24, 0, 0, 0, 0, 0)),
            portrait.data,
        )
    )
    face = (20 + len(image)).to_bytes(4, "big") + bytes(16) + image
    return _MAGIC + (_INFORMATION + len(face)).to_bytes(4, "big") + b"\x00\x01" + face


def _portrait(record: bytes, at: int, end: int) -> Portrait:
    data_type, image = record[at + 1], record[at + 12 : end]
    if data_type not in _MEDIA_TYPES:
        raise _broken(at + 1, "image data type 00 or 01")
    return Portrait(
        media_type=media_type(image) or _MEDIA_TYPES[data_type],
        data=image,
        width=_number(record, at + 2, 2) or None,
        height=_number(record, at + 4, 2) or None,
    )


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("facial record", offset=offset, expected=expected, standard=STANDARD)
