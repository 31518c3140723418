"""What kind of picture these bytes are, and how large, without decoding them."""

from __future__ import annotations

from collections.abc import Iterator

from smartid.identity.model import Portrait

JPEG = "image/jpeg"
JPEG_2000 = "image/jp2"

_JP2_SIGNATURE = bytes.fromhex("0000000C6A5020200D0A870A")
_CODESTREAM = bytes.fromhex("FF4FFF51")
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers of ISO/IEC 10918-1; C4, C8 and CC in their midst are something else."""
_ALONE = {0x01, *range(0xD0, 0xD9)}
"""Markers without a length."""


def media_type(data: bytes) -> str | None:
    """Tell JPEG (ISO/IEC 10918-1) and JPEG 2000 (ISO/IEC 15444-1) apart; None for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith((_JP2_SIGNATURE, _CODESTREAM)):
        return JPEG_2000
    return None


def portrait_from_image(data: bytes) -> Portrait | None:
    """Wrap an image file that a card holds; None when it is neither JPEG nor JPEG 2000.

    Width and height come from the image's own header, None when it does not show them early.
    """
    kind = media_type(data)
    if kind is None:
        return None
    size = _jpeg_size(data) if kind == JPEG else _jpeg_2000_size(data)
    width, height = size if size else (None, None)
    return Portrait(media_type=kind, data=data, width=width, height=height)


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    for marker, start in _jpeg_segments(data):
        if marker in _FRAMES:
            frame = data[start + 3 : start + 7]
            return _pair(frame[2:4], frame[0:2]) if len(frame) == 4 else None
    return None


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Give each marker and where its length field starts, up to the first scan."""
    offset = 2
    while offset + 4 <= len(data) and data[offset] == 0xFF and data[offset + 1] != 0xDA:
        marker = data[offset + 1]
        if marker == 0xFF or marker in _ALONE:
            offset += 1 if marker == 0xFF else 2
            continue
        yield marker, offset + 2
        offset += 2 + max(int.from_bytes(data[offset + 2 : offset + 4], "big"), 2)


def _jpeg_2000_size(data: bytes) -> tuple[int, int] | None:
    if data.startswith(_CODESTREAM):
        size = data[8:24]
        if len(size) < 16:
            return None
        columns, rows, left, top = (int.from_bytes(size[at : at + 4], "big") for at in (0, 4, 8, 12))
        return (columns - left, rows - top) if columns > left and rows > top else None
    found = data.find(b"ihdr", len(_JP2_SIGNATURE), 1024)
    header = data[found + 4 : found + 12]
    return _pair(header[4:8], header[0:4]) if found >= 0 and len(header) == 8 else None


def _pair(width: bytes, height: bytes) -> tuple[int, int] | None:
    size = int.from_bytes(width, "big"), int.from_bytes(height, "big")
    return size if all(size) else None
