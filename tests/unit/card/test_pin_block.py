"""PIN blocks, written out by hand."""

from __future__ import annotations

import pytest

from smartid.card.pin import PIN, pin_block
from smartid.errors import PINFormatError
from smartid.profiles.base import PINEncoding, PINSpec


def spec(encoding: PINEncoding, size: int, pad: int) -> PINSpec:
    return PINSpec(
        name="identity",
        title="Identity PIN",
        title_fa="رمز هویت",
        reference=1,
        min_length=3,
        max_length=8,
        block_size=size,
        pad=pad,
        encoding=encoding,
    )


@pytest.mark.parametrize(
    ("encoding", "size", "pad", "digits", "block"),
    [
        (PINEncoding.ASCII, 8, 0xFF, "1234", "31323334FFFFFFFF"),
        (PINEncoding.ASCII, 16, 0x00, "12345678", "31323334353637380000000000000000"),
        (PINEncoding.BCD, 4, 0xFF, "1234", "1234FFFF"),
        (PINEncoding.BCD, 4, 0xFF, "123", "123FFFFF"),
        (PINEncoding.BCD, 4, 0x00, "12345", "12345000"),
    ],
)
def test_digits_are_encoded_and_filled(
    encoding: PINEncoding, size: int, pad: int, digits: str, block: str
) -> None:
    assert pin_block(spec(encoding, size, pad), digits.encode()).hex().upper() == block


def test_a_wiped_pin_is_gone() -> None:
    pin = PIN("1234")
    pin.wipe()
    with pytest.raises(PINFormatError, match="wiped"):
        pin.block(spec(PINEncoding.ASCII, 8, 0xFF))
