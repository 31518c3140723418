from __future__ import annotations

import pytest

from smartid.crypto.padding import pad, unpad
from smartid.errors import EncodingError


@pytest.mark.parametrize(
    ("data", "padded"),
    [
        ("", "8000000000000000"),
        ("0123456789ABCD", "0123456789ABCD80"),
        ("00" * 8, "00" * 8 + "8000000000000000"),
    ],
)
def test_padding_fills_the_block(data: str, padded: str) -> None:
    assert pad(bytes.fromhex(data), 8) == bytes.fromhex(padded)
    assert unpad(bytes.fromhex(padded), 8) == bytes.fromhex(data)


def test_icao_select_header_is_padded_as_in_the_worked_example() -> None:
    """ICAO Doc 9303-11, 8th edition, D.4: command header 0CA4020C of SELECT EF.COM."""
    assert pad(bytes.fromhex("0CA4020C"), 8) == bytes.fromhex("0CA4020C80000000")


@pytest.mark.parametrize("data", ["", "00" * 8, "01" * 8, "80" + "00" * 6, "80" + "00" * 8, "80" + "00" * 15])
def test_wrong_padding_is_refused(data: str) -> None:
    with pytest.raises(EncodingError):
        unpad(bytes.fromhex(data), 8)
