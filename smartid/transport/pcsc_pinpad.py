"""Readers with keys of their own: the structures of PC/SC part 10, revision 2.02.09, as bytes.

All functions are pure. Numbers of more than one byte are little-endian, as on every machine that pcsc-lite
and this project run on; only the control codes in the feature list are big-endian.
"""

from __future__ import annotations

import struct

from smartid.errors import EncodingError, PINEntryCancelled, PINFormatError, TransportError
from smartid.iso7816.apdu import ResponseAPDU
from smartid.transport.base import PINPadRequest

STANDARD = "PC/SC part 10, revision 2.02.09"
GET_FEATURE_REQUEST = 3400
"""Function number of CM_IOCTL_GET_FEATURE_REQUEST."""
VERIFY_PIN_DIRECT = 0x06
MODIFY_PIN_DIRECT = 0x07
GET_TLV_PROPERTIES = 0x12
_MAX_APDU_DATA = 0x0A
_ENGLISH = 0x0409
_ON_ENTER_KEY = 0x02
_BYTES = 0x80
_FORMATS = {"ascii": _BYTES | 0x02, "bcd": _BYTES | 0x01, "iso9564-2": _BYTES | 1 << 3 | 0x01}


def parse_features(raw: bytes) -> dict[int, int]:
    """Feature tag to control code.

    Each entry is tag (1 byte), length 04, control code (4 bytes, big-endian). Raises EncodingError.
    """
    if len(raw) % 6 or len(raw) > 6 * 64:
        raise EncodingError("feature list", offset=len(raw), expected="entries of 6 bytes", standard=STANDARD)
    features: dict[int, int] = {}
    for at in range(0, len(raw), 6):
        if raw[at + 1] != 4:
            raise EncodingError("feature list", offset=at + 1, expected="length 04", standard=STANDARD)
        features[raw[at]] = int.from_bytes(raw[at + 2 : at + 6], "big")
    return features


def parse_max_apdu(raw: bytes) -> int | None:
    """Largest APDU, dwMaxAPDUDataSize (tag 0A, 4 bytes) of the TLV properties; None when absent or zero.

    Raises EncodingError.
    """
    at = 0
    while at < len(raw):
        value = raw[at + 2 : at + 2 + (raw[at + 1] if at + 1 < len(raw) else 0)]
        if at + 1 >= len(raw) or len(value) != raw[at + 1]:
            raise EncodingError("TLV properties", offset=at, expected="tag, length, value", standard=STANDARD)
        if raw[at] == _MAX_APDU_DATA and len(value) == 4:
            return int.from_bytes(value, "little") or None
        at += 2 + len(value)
    return None


def verify_structure(request: PINPadRequest) -> bytes:
    """PIN_VERIFY structure for one PIN.

    ::

        offset  length  content
        0       1       bTimeOut: seconds until the first key
        1       1       bTimeOut2: seconds between keys
        2       1       bmFormatString: 80 bytes, position of the PIN << 3, 01 BCD or 02 ASCII
        3       1       bmPINBlockString: bits of the length field << 4, length of the PIN block
        4       1       bmPINLengthFormat: bit position of the length field
        5       2       wPINMaxExtraDigit: shortest << 8, longest PIN
        7       1       bEntryValidationCondition: 02, the enter key ends the entry
        8       1       bNumberMessage: 01
        9       2       wLangId: 0409
        11      1       bMsgIndex: 00
        12      3       bTeoPrologue: 00 00 00
        15      4       ulDataLength
        19      n       abData: the command APDU

    Raises PINFormatError for lengths that the structure cannot hold, EncodingError for a broken command.
    """
    data = request.command.encode()
    tail = struct.pack("<BBHB3xI", _ON_ENTER_KEY, 1, _ENGLISH, 0, len(data))
    return _common(request) + _digits(request) + tail + data


def modify_structure(request: PINPadRequest) -> bytes:
    """PIN_MODIFY structure: a new PIN, typed twice, and the old one before it when the command carries it.

    ::

        offset  length  content
        0       5       as in PIN_VERIFY
        5       1       bInsertionOffsetOld: 00
        6       1       bInsertionOffsetNew: one block further when the old PIN comes first
        7       2       wPINMaxExtraDigit: shortest << 8, longest PIN
        9       1       bConfirmPIN: 01 new PIN twice, 02 old PIN too
        10      1       bEntryValidationCondition: 02
        11      1       bNumberMessage: 02, or 03 with the old PIN
        12      2       wLangId: 0409
        14      3       bMsgIndex1 to 3: 00 01 02
        17      3       bTeoPrologue: 00 00 00
        20      4       ulDataLength
        24      n       abData: the command APDU

    Raises as :func:`verify_structure` does.
    """
    data = request.command.encode()
    old = request.old_pin
    offsets = bytes((0, request.block_size if old else 0))
    messages = (0, 1, 2) if old else (1, 2, 0)
    confirm, number = (3, 3) if old else (1, 2)
    tail = struct.pack("<BBBHBBB3xI", confirm, _ON_ENTER_KEY, number, _ENGLISH, *messages, len(data))
    return _common(request) + offsets + _digits(request) + tail + data


def _common(request: PINPadRequest) -> bytes:
    """The five bytes that both structures begin with."""
    if request.encoding not in _FORMATS:
        raise PINFormatError(f"A reader cannot encode a PIN as {request.encoding!r}.")
    if not 0 <= request.block_size <= 15 or not 0 < request.timeout <= 255:
        raise PINFormatError("A reader takes PIN blocks of at most 15 bytes and waits 1 to 255 seconds.")
    counted = request.encoding == "iso9564-2"
    block = 0x40 | max(request.block_size - 1, 0) if counted else request.block_size
    length_at = 4 if counted else 0
    return bytes((request.timeout, request.timeout, _FORMATS[request.encoding], block, length_at))


def _digits(request: PINPadRequest) -> bytes:
    if not 0 <= request.min_digits <= request.max_digits <= 255:
        raise PINFormatError("The shortest PIN is longer than the longest, or one is out of range.")
    return bytes((request.max_digits, request.min_digits))


def check_entry(response: ResponseAPDU) -> ResponseAPDU:
    """The card's answer; the reader's own status words become errors. Then nothing was sent to the card.

    Raises PINEntryCancelled (6400 time-out, 6401 cancel key), PINFormatError (6402 the two new PINs differ,
    6403 too short or too long), TransportError (6404 the reader refuses the command).
    """
    match response.sw:
        case 0x6400:
            raise PINEntryCancelled("No PIN was typed on the reader in time.")
        case 0x6401:
            raise PINEntryCancelled("The PIN entry was cancelled on the reader.")
        case 0x6402:
            raise PINFormatError("The two new PINs differ. Nothing was changed.")
        case 0x6403:
            raise PINFormatError("The PIN is too short or too long. No try was spent.")
        case 0x6404:
            raise TransportError("The reader refuses to carry this PIN command.", remedy="Type the PIN here.")
    return response
