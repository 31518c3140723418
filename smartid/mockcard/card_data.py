"""Small data objects that a card's operating system or its maker wrote; all of them synthetic here."""

from __future__ import annotations

from smartid.identity.dates import to_jalali
from smartid.iso7816 import tlv
from smartid.mockcard.draft import Draft
from smartid.mockcard.pkcs15 import KEY_BITS

_VERSION_RSA, _VERSION_EC = bytes((4, 5, 5)), bytes((4, 0, 5))
_HAS_RSA, _HAS_EC = 0x01, 0x08
_ISSUED, _EXPIRES = 0xB2, 0xB3
_DATES_FILE_SIZE = 64


def applet_info(draft: Draft) -> bytes:
    """GET DATA 01A0 of the reference card, 20 bytes.

    ::

        offset  length  content
        0       5       "OsEID"
        5       3       version 4.5.5 with RSA keys, 4.0.5 with elliptic-curve keys only
        8       10      serial number of the card
        18      2       change counter

    OpenSC sends a block of 256 bytes in one chained command to version 4.5 and later only; from 4.1 on it
    wants to store the result of a key agreement in a new file, which this card does not make.
    """
    version = _VERSION_RSA if _longest(draft, "RSA") else _VERSION_EC
    return b"OsEID" + version + draft.serial + b"\x00\x01"


def card_capabilities(draft: Draft) -> bytes:
    """GET DATA 01AA of the reference card, 11 bytes, numbers big-endian.

    ::

        offset  length  content
        0       1       version of this object, 1
        1       2       01 RSA, 08 elliptic curves
        3       2       longest RSA key in bits
        5       4       longest DES and AES keys in bits: 0, there are none
        9       2       longest elliptic-curve key in bits
    """
    rsa, curve = _longest(draft, "RSA"), _longest(draft, "EC")
    features = (_HAS_RSA if rsa else 0) | (_HAS_EC if curve else 0)
    parts = (features, rsa, 0, 0, curve)
    return b"\x01" + b"".join(part.to_bytes(2, "big") for part in parts)


def _longest(draft: Draft, family: str) -> int:
    """Length of the longest key of a family ("RSA", "EC") in bits, 0 without one."""
    kinds = {key.type for app in draft.profile.applications for key in app.keys}
    return max((KEY_BITS[kind] for kind in kinds if kind.value.startswith(family)), default=0)


def cplc(draft: Draft) -> bytes:
    """Card production life cycle data, 45 bytes with tag and length (GlobalPlatform Card 2.3.1, table H-8).

    ::

        offset  length  content
        0       3       9F 7F 2A
        3       10      fabricator, type, operating system and its date and level: FF, no maker is imitated
        13      8       date, serial number (4) and batch of the chip: digits 5 to 20 of the card's number
        21      24      later steps of the making: 0
    """
    return b"\x9f\x7f\x2a" + b"\xff" * 10 + draft.serial[2:] + bytes(24)


def registration_number(draft: Draft) -> bytes:
    """The registration number (CRN) as 10 ASCII digits, the only run of digits in 21 bytes."""
    return b"\x01\x01\x12" + draft.text("registration_number").encode("ascii").ljust(18)


def dates(draft: Draft) -> bytes:
    """Days of issue (B2) and expiry (B3) as text in UTF-16, big-endian, Solar Hijri: ``1404/05/12``.

    Which calendar and byte order a real card uses is not public. Zero bytes fill the file.
    """
    days = ((_ISSUED, draft.issue_date), (_EXPIRES, draft.expiry_date))
    objects = b"".join(tlv.encode(tag, to_jalali(day).encode("utf-16-be")) for tag, day in days)
    return objects.ljust(_DATES_FILE_SIZE, b"\x00")
