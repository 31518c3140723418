"""Indefinite lengths and strings in pieces, as X.690 writes them."""

from __future__ import annotations

import pytest

from smartid.crypto.ber import definite
from smartid.crypto.elements import dotted, integer_of, read_element, time_of
from smartid.errors import EncodingError


@pytest.mark.parametrize(
    ("ber", "der"),
    [
        ("3080 020105 0000", "3003 020105"),
        ("3080 3080 0500 0000 0000", "3004 3002 0500"),
        ("2480 0401AA 0402BBCC 0000", "0403 AABBCC"),
        ("2408 2403 0401AA 0401BB", "0402 AABB"),
        ("A080 2480 0401AA 0000 0000", "A003 0401AA"),
        ("30810 3020105".replace(" ", ""), "308103020105"),
    ],
)
def test_definite(ber: str, der: str) -> None:
    """The last one: a length that is longer than need be stays, for it may be signed."""
    assert definite(bytes.fromhex(ber)).hex().upper() == der.replace(" ", "")


@pytest.mark.parametrize(
    "ber", ["", "30", "3080", "3080 0000 00", "0480 0000", "2403 020105", "3085 0000000001 00"]
)
def test_broken(ber: str) -> None:
    with pytest.raises(EncodingError):
        definite(bytes.fromhex(ber))


def test_values() -> None:
    """X.690 (2021), 8.19.5 and 8.3; RFC 5280 (2008), 4.1.2.5."""
    assert dotted(bytes.fromhex("883703")) == "2.999.3"
    assert dotted(bytes.fromhex("2A864886F70D010702")) == "1.2.840.113549.1.7.2"
    assert integer_of(read_element(bytes.fromhex("0202FF7F"))) == -129
    times = {b"\x17\x0d500101000000Z": 1950, b"\x17\x0d491231235959Z": 2049, b"\x18\x0f20270301120000Z": 2027}
    assert [time_of(read_element(der)).year for der in times] == list(times.values())


@pytest.mark.parametrize("text", [b"270230000000Z", b"2703010000Z", b"270301000000", b"270301246000Z"])
def test_times_that_are_none(text: bytes) -> None:
    with pytest.raises(EncodingError):
        time_of(read_element(bytes((0x17, len(text))) + text))
