"""ISO 8583 messages: bytes as an ASCII switch writes them, and nothing but EncodingError on anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError
from smartid.services.messages.iso8583 import MAX_MESSAGE, SPEC_1987, decode, encode

WITHDRAWAL = {"t": "0200", "3": "010000", "4": "000000001250", "11": "000007", "41": "T1      ", "49": "364"}


def test_bytes_of_a_message_are_type_bitmap_fields() -> None:
    # fields 3, 4, 11 are bits 3, 4, 11; 41 and 49 are the first of the sixth and of the seventh byte
    bitmap = bytes.fromhex("3020000000808000")
    assert (
        encode(SPEC_1987, WITHDRAWAL) == b"0200" + bitmap + b"010000" + b"000000001250" + b"000007T1      364"
    )


def test_a_field_above_64_brings_the_second_bitmap() -> None:
    data = encode(SPEC_1987, {"t": "0420", "11": "000008", "90": "0200" + "0" * 38})
    assert data[4:20] == bytes.fromhex("8020000000000000" + "0000004000000000")


def test_short_fixed_fields_are_filled_up() -> None:
    short = {**WITHDRAWAL, "4": "1250", "11": "7", "41": "T1"}
    assert decode(SPEC_1987, encode(SPEC_1987, short)) == WITHDRAWAL


def test_binary_fields_take_bytes_or_digits() -> None:
    pin = bytes.fromhex("8B68CAD9E3A2E8C1")
    assert encode(SPEC_1987, {"t": "0200", "52": pin}) == encode(SPEC_1987, {"t": "0200", "52": pin.hex()})
    assert decode(SPEC_1987, encode(SPEC_1987, {"t": "0200", "52": pin}))["52"] == pin.hex().upper()


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"t": "0200", "4": "1" * 13}, "field 4"),
        ({"t": "0200", "4": "12a"}, "field 4"),
        ({"t": "0200", "2": "6" * 20}, "field 2"),
        ({"t": "0200", "43": "خیابان"}, "field 43"),
        ({"t": "0200", "65": "1"}, "'65'"),
        ({"t": "0200", "129": "1"}, "'129'"),
        ({"t": "1200"}, "type"),
        ({"t": "02x0"}, "type"),
        ({"4": "1"}, "type"),
    ],
)
def test_what_no_message_may_hold_is_named(fields: dict[str, str], names: str) -> None:
    with pytest.raises(EncodingError, match=names):
        encode(SPEC_1987, fields)


@pytest.mark.parametrize(
    ("old", "new", "names", "offset"),
    [
        (b"000007", b"00000x", "field 11", 30),
        (b"0200", b"0x00", "type", 0),
        (b"\x30\x20", b"\xb0\x20", "field", 4),  # the second bitmap is announced and not there
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(old: bytes, new: bytes, names: str, offset: int) -> None:
    data = encode(SPEC_1987, WITHDRAWAL).replace(old, new, 1)
    with pytest.raises(EncodingError, match=names) as caught:
        decode(SPEC_1987, data)
    assert caught.value.offset >= offset


@pytest.mark.parametrize("length", [b"+2", b" 2", b"-1", b"2 "])
def test_lengths_are_digits_only(length: bytes) -> None:
    data = encode(SPEC_1987, {"t": "0200", "32": "60"})
    assert data.endswith(b"0260")
    with pytest.raises(EncodingError, match="field 32"):
        decode(SPEC_1987, data[:-4] + length + b"60")


def test_nothing_follows_the_last_field_and_no_message_is_endless() -> None:
    data = encode(SPEC_1987, WITHDRAWAL)
    with pytest.raises(EncodingError):
        decode(SPEC_1987, data + b"0")
    with pytest.raises(EncodingError, match="at most"):
        decode(SPEC_1987, data + b"0" * MAX_MESSAGE)


def test_an_extended_specification_keeps_its_base() -> None:
    other = SPEC_1987.extend("48 ans ..50 Sentence\n128 b 4 Short code", name="other", version="1")
    assert decode(other, encode(other, {"t": "1200", "48": "a" * 50}))["48"] == "a" * 50
    with pytest.raises(EncodingError, match="other field 48"):
        encode(other, {"t": "1200", "48": "a" * 51})
    assert encode(SPEC_1987, {"t": "0200", "48": "a" * 51})


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_message_or_an_encoding_error(data: bytes) -> None:
    try:
        found = decode(SPEC_1987, b"0200" + data)
    except EncodingError:
        return
    assert decode(SPEC_1987, encode(SPEC_1987, found)) == found


@given(st.data())
def test_a_damaged_message_ends_in_a_message_or_an_encoding_error(data: st.DataObject) -> None:
    whole = bytearray(encode(SPEC_1987, {**WITHDRAWAL, "55": b"\x9f\x26\x01\x00", "32": "60"}))
    for place, byte in data.draw(
        st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=3)
    ):
        whole[place] = byte
    cut = data.draw(st.integers(0, len(whole)))
    try:
        decode(SPEC_1987, bytes(whole[:cut]))
    except EncodingError as error:
        assert error.standard == "ISO 8583:1987"
