from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError
from smartid.services.messages.fuel import SPEC, Product, original, parse_products, products
from smartid.services.messages.iso8583 import decode, encode

FIELDS = {
    "t": "1220",
    "2": "7744330000000017",
    "4": "000000600000",
    "11": "000042",
    "12": "251223093000",
    "24": "200",
    "26": "5542",
    "37": "0123456789ab",
    "41": "PUMP0001",
    "48": "CV0001",
    "49": "364",
    "56": original("1100", "000042", "251223093000"),
    "63": products([Product(code="001", millilitres=40_000, price=15_000, amount=600_000)]),
}


def test_an_advice_byte_for_byte() -> None:
    raw = encode(SPEC, FIELDS)
    assert raw[:4] == b"1220"
    assert raw[4:12].hex() == "50300140088181 02".replace(" ", "")
    assert raw.endswith(b"03601001L000040000000015000000000600000")
    assert decode(SPEC, raw) == FIELDS


@pytest.mark.parametrize("kind", ["1100", "1110", "1221", "1230", "1420", "1421", "1430", "1820", "1830"])
def test_all_kinds_travel(kind) -> None:
    assert decode(SPEC, encode(SPEC, {**FIELDS, "t": kind}))["t"] == kind


def test_a_message_of_1987_is_none() -> None:
    with pytest.raises(EncodingError):
        encode(SPEC, {**FIELDS, "t": "0200"})


@pytest.mark.parametrize(
    "text", ["", "1", "0", "01", "00x", "01" + "0" * 34, "xx", "01001L00004000000001500000000060000"]
)
def test_broken_products(text) -> None:
    with pytest.raises(EncodingError):
        parse_products(text)


NUMBER = st.integers(0, 10**9 - 1)


@given(
    st.lists(
        st.builds(Product, code=st.just("001"), millilitres=NUMBER, price=NUMBER, amount=NUMBER), max_size=20
    )
)
def test_products_are_written_and_read(lines) -> None:
    assert parse_products(products(lines)) == tuple(lines)


def test_numbers_that_do_not_fit() -> None:
    with pytest.raises(EncodingError):
        products([Product(code="001", millilitres=10**9, price=1, amount=1)])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_an_encoding_error(data) -> None:
    try:
        decode(SPEC, b"1220" + data)
    except EncodingError:
        return
