"""Padding of ISO/IEC 9797-1:2011, method 2: one byte 80, then as few bytes 00 as fill the block."""

from __future__ import annotations

from smartid.errors import EncodingError

STANDARD = "ISO/IEC 9797-1:2011, 6.3.3"


def pad(data: bytes, block_size: int) -> bytes:
    """Pad to the next multiple of ``block_size`` bytes; data that fill a block get another one."""
    padded = data + b"\x80"
    return padded + bytes(-len(padded) % block_size)


def unpad(data: bytes, block_size: int) -> bytes:
    """Take the padding off. Call it on data whose MAC has been verified.

    Raises EncodingError when there is no padding, or more of it than one block.
    """
    stripped = data.rstrip(b"\x00")
    if len(data) % block_size or not stripped.endswith(b"\x80") or len(data) - len(stripped) >= block_size:
        raise EncodingError(
            "padding", offset=len(stripped), expected="80 and less than a block of 00", standard=STANDARD
        )
    return stripped[:-1]
