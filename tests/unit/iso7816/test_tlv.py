"""Data objects; the byte strings are written out by hand from ISO/IEC 7816-4:2020, 6.2 and 6.3."""

import pytest

from smartid.errors import EncodingError
from smartid.iso7816 import tlv


@pytest.mark.parametrize(
    ("text", "tag", "length"),
    [
        ("5A 03 010203", 0x5A, 3),
        ("5F1F 81 5A" + "41" * 90, 0x5F1F, 90),
        ("7F2E 82 0100" + "00" * 256, 0x7F2E, 256),
        ("BF8601 00", 0xBF8601, 0),
        ("04 84 00000001 FF", 0x04, 1),
    ],
)
def test_tags_of_one_to_three_bytes_and_all_length_forms(text, tag, length):
    item = tlv.parse_one(bytes.fromhex(text))
    assert (item.tag, len(item.value)) == (tag, length)


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("5A", 1),
        ("5F", 1),
        ("5F8181", 3),
        ("5A80", 1),
        ("5A85 0000000001 00", 1),
        ("5A82 01", 2),
        ("5A03 0102", 2),
        ("5A84 FFFFFFFF 00", 6),
    ],
)
def test_a_broken_object_is_named_with_its_place(text, offset):
    with pytest.raises(EncodingError) as error:
        tlv.parse(bytes.fromhex(text))
    assert error.value.offset == offset
    assert "7816-4" in error.value.standard


def test_nothing_may_follow_where_one_object_is_expected():
    with pytest.raises(EncodingError, match="nothing after"):
        tlv.parse_one(bytes.fromhex("5A0101 00"))
    with pytest.raises(EncodingError, match="tag 5B, found 5A"):
        tlv.parse_one(bytes.fromhex("5A0101"), 0x5B)
    with pytest.raises(EncodingError, match="a data object"):
        tlv.parse_one(b"")


def test_filling_is_skipped_only_when_asked():
    padded = bytes.fromhex("FFFF 5A0101 0000 5B0102 FF")
    assert [item.tag for item in tlv.parse(padded, padding=True)] == [0x5A, 0x5B]
    with pytest.raises(EncodingError):
        tlv.parse(padded)


def test_find_walks_a_path_of_tags():
    fci = bytes.fromhex("6F0F 8407A0000002471001 A504 9F6501FF")
    assert tlv.find(fci, 0x6F, 0x84) == bytes.fromhex("A0000002471001")
    assert tlv.find(fci, 0x6F, 0xA5, 0x9F65) == b"\xff"
    assert tlv.find(fci, 0x6F, 0x85) is None


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths_are_written_as_short_as_possible(size):
    encoded = tlv.encode(0x53, bytes(size))
    header = {0: 2, 1: 2, 127: 2, 128: 3, 255: 3, 256: 4, 65535: 4, 65536: 5}[size]
    assert len(encoded) == header + size
    assert tlv.parse_one(encoded, 0x53).value == bytes(size)
    assert tlv.read_header(encoded[:header]) == (0x53, header, size)


def test_simple_tlv_with_short_and_long_lengths():
    data = bytes.fromhex("01 02 AABB 02 FF 0100") + bytes(256)
    assert [(item.tag, len(item.value)) for item in tlv.parse_simple(data)] == [(1, 2), (2, 256)]
    assert tlv.encode_simple(1, b"\xaa\xbb") + tlv.encode_simple(2, bytes(256)) == data


@pytest.mark.parametrize("text", ["00 00", "FF 00", "01", "01 02 AA", "01 FF 01", "01 FF 0002 AA"])
def test_broken_simple_tlv_is_named(text):
    with pytest.raises(EncodingError, match="SIMPLE-TLV"):
        tlv.parse_simple(bytes.fromhex(text))


def test_an_answer_of_countless_objects_is_refused():
    with pytest.raises(EncodingError, match="at most 10000"):
        tlv.parse(b"\x5a\x00" * 10_001)
