"""The four cases of ISO/IEC 7816-4:2020, 5.2, short and extended, written out by hand."""

import pytest

from smartid.errors import EncodingError
from smartid.iso7816.apdu import CommandAPDU, ResponseAPDU

CASES = [
    ("0084 0000", CommandAPDU(0x00, 0x84, 0x00, 0x00)),
    ("0084 0000 08", CommandAPDU(0x00, 0x84, 0x00, 0x00, ne=8)),
    ("00B0 0000 00", CommandAPDU(0x00, 0xB0, 0x00, 0x00, ne=256)),
    ("00B0 0000 000100", CommandAPDU(0x00, 0xB0, 0x00, 0x00, ne=256)),
    ("00B0 0000 000101", CommandAPDU(0x00, 0xB0, 0x00, 0x00, ne=257)),
    ("00B0 0000 000000", CommandAPDU(0x00, 0xB0, 0x00, 0x00, ne=65536)),
    ("00A4 000C 02 3F00", CommandAPDU(0x00, 0xA4, 0x00, 0x0C, b"\x3f\x00")),
    ("00A4 0004 02 3F00 00", CommandAPDU(0x00, 0xA4, 0x00, 0x04, b"\x3f\x00", 256)),
    ("00D6 0000 00 0100" + "AB" * 256, CommandAPDU(0x00, 0xD6, 0x00, 0x00, b"\xab" * 256)),
    ("002A 9E9A 00 0100" + "AB" * 256 + "0000", CommandAPDU(0x00, 0x2A, 0x9E, 0x9A, b"\xab" * 256, 65536)),
    ("002A 9E9A 00 0003 010203 0200", CommandAPDU(0x00, 0x2A, 0x9E, 0x9A, b"\x01\x02\x03", 512)),
]


@pytest.mark.parametrize(("text", "command"), CASES)
def test_every_case_is_read(text, command):
    assert CommandAPDU.parse(bytes.fromhex(text)) == command


@pytest.mark.parametrize(("text", "command"), [case for case in CASES if case[0] != "00B0 0000 000100"])
def test_every_case_is_written_in_its_shortest_form(text, command):
    assert command.encode() == bytes.fromhex(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00A400",
        "00A4000C 02 3F",
        "00A4000C 02 3F00 00 00",
        "00A4000C 00 00",
        "00A4000C 00 0000 00",
        "00A4000C 00 0002 3F",
        "00A4000C 00 0001 3F 00",
    ],
)
def test_lengths_that_do_not_add_up_are_named(text):
    with pytest.raises(EncodingError, match="command APDU"):
        CommandAPDU.parse(bytes.fromhex(text))


def test_what_no_apdu_can_carry_is_refused():
    with pytest.raises(EncodingError, match="65535"):
        CommandAPDU(0, 0xD6, 0, 0, bytes(65536)).encode()
    with pytest.raises(EncodingError, match="65536"):
        CommandAPDU(0, 0xB0, 0, 0, ne=65537).encode()


def test_a_response_is_split_before_its_status_word():
    response = ResponseAPDU.parse(bytes.fromhex("0102 6A82"))
    assert (response.data, response.sw, response.sw1, response.sw2) == (b"\x01\x02", 0x6A82, 0x6A, 0x82)
    assert response.encode() == bytes.fromhex("01026A82")
    with pytest.raises(EncodingError, match="SW1-SW2"):
        ResponseAPDU.parse(b"\x90")


@pytest.mark.parametrize("ins", [0x20, 0x24, 0x2C])
def test_a_pin_never_shows_in_the_text_form(ins):
    shown = repr(CommandAPDU(0x00, ins, 0x00, 0x01, b"31415926"))
    assert "3331343135" not in shown
    assert "31415926" not in shown
    assert "•••" in shown
