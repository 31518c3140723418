"""Conversations against scripted answers: every byte that goes out is written here."""

from itertools import repeat

import pytest

from smartid.errors import (
    APDUTooLong,
    CardError,
    CardRemoved,
    CommandNotSupported,
    EncodingError,
    FileNotFound,
    SecurityStatusNotSatisfied,
)
from smartid.iso7816 import commands, tlv
from smartid.iso7816.apdu import CommandAPDU, ResponseAPDU
from smartid.iso7816.atr import CardCapabilities
from smartid.iso7816.exchange import (
    MAX_BLOCKS,
    MAX_FILE,
    Link,
    over_link,
    read_current,
    read_short_id,
    send,
)


def converse(exchange, script):
    """Run ``exchange`` against (command hex, answer hex or error) pairs; all of them must be used."""
    turns = iter(script)
    command = next(exchange)
    while True:
        expected, answer = next(turns)
        assert command.encode().hex().upper() == expected.replace(" ", "")
        try:
            if isinstance(answer, Exception):
                command = exchange.throw(answer)
            else:
                command = exchange.send(ResponseAPDU.parse(bytes.fromhex(answer)))
        except StopIteration as stop:
            assert next(turns, None) is None, "the conversation ended too early"
            return stop.value


def test_success_and_warnings_return_the_data():
    assert converse(send(commands.get_challenge(4)), [("0084000004", "AABBCCDD9000")]) == b"\xaa\xbb\xcc\xdd"
    assert converse(send(commands.read_binary(0, 4)), [("00B0000004", "AA6282")]) == b"\xaa"


@pytest.mark.parametrize(
    ("sw", "kind"),
    [
        ("6A82", FileNotFound),
        ("6982", SecurityStatusNotSatisfied),
        ("6D00", CommandNotSupported),
        ("6F00", CardError),
    ],
)
def test_a_refusal_is_a_typed_error_with_the_command_and_the_status(sw, kind):
    with pytest.raises(kind) as error:
        converse(send(commands.select_file(0x2F00)), [("00A40004022F0000", sw)])
    assert error.value.sw == int(sw, 16)
    assert error.value.command == "SELECT 00 A4 00 04"


def short(**options):
    return Link(**options)


def test_le_is_corrected_once():
    script = [("00B0000000", "6C03"), ("00B0000003", "0102039000")]
    assert converse(over_link(send(commands.read_binary(0, 256)), short()), script) == b"\x01\x02\x03"


@pytest.mark.parametrize("ins", ["20", "24", "2C"], ids=["VERIFY", "CHANGE", "RESET RETRY COUNTER"])
@pytest.mark.parametrize("answer", ["6C00", "6C10", "6700"])
def test_a_command_with_a_pin_is_never_sent_twice(ins, answer):
    command = CommandAPDU(0x00, int(ins, 16), 0x00, 0x01, b"1234")
    response = converse(over_link(echo(command), Link()), [(f"00{ins} 0001 04 31323334", answer)])
    assert response.sw == int(answer, 16)


def echo(command):
    return (yield command)


def test_the_rest_of_an_answer_is_fetched():
    script = [("0088000000", "01026102"), ("00C0000002", "03046101"), ("00C0000001", "059000")]
    exchange = over_link(send(CommandAPDU(0, 0x88, 0, 0, ne=256)), short())
    assert converse(exchange, script) == b"\x01\x02\x03\x04\x05"


def test_a_card_that_always_has_more_is_stopped():
    exchange = over_link(send(CommandAPDU(0, 0x88, 0, 0, ne=256)), short())
    next(exchange)
    with pytest.raises(EncodingError, match="end of the GET RESPONSE"):
        for _ in range(2000):
            exchange.send(ResponseAPDU(b"x", 0x6110))


def test_an_answer_longer_than_any_le_is_stopped():
    """Memory stays bounded: a reader may hand over 64 KiB for each GET RESPONSE."""
    exchange = over_link(send(CommandAPDU(0, 0x88, 0, 0, ne=256)), short())
    next(exchange)
    exchange.send(ResponseAPDU(bytes(0x8000), 0x6100))
    exchange.send(ResponseAPDU(bytes(0x8000), 0x6100))
    with pytest.raises(EncodingError, match="end of the GET RESPONSE"):
        exchange.send(ResponseAPDU(bytes(1), 0x6100))


@pytest.mark.parametrize("read", [lambda: read_short_id(1), read_current], ids=["framed", "unframed"])
def test_a_file_that_comes_byte_by_byte_is_given_up(read):
    """At 20 ms a command, a file of 1 MiB would keep the reader busy for six hours."""
    exchange = over_link(read(), short())
    next(exchange)
    answers = iter([bytes.fromhex("61830FFFFB")])
    with pytest.raises(EncodingError, match="READ BINARY commands"):
        for _ in range(MAX_BLOCKS + 1):
            command = exchange.send(ResponseAPDU(next(answers, b"x"), 0x9000))
            if command.ins == 0xB1:
                answers = repeat(b"\x53\x01x")


def test_a_card_that_has_more_of_nothing_is_stopped_at_once():
    exchange = over_link(send(CommandAPDU(0, 0x88, 0, 0, ne=256)), short())
    next(exchange)
    exchange.send(ResponseAPDU(b"", 0x6110))
    with pytest.raises(EncodingError):
        exchange.send(ResponseAPDU(b"", 0x6110))


def test_long_data_is_chained_on_a_short_link():
    data = bytes(range(256)) + b"\xff"
    script = [
        ("102A9E9A FF" + data[:255].hex().upper(), "9000"),
        ("002A9E9A 02" + data[255:].hex().upper() + "00", "AA9000"),
    ]
    assert converse(over_link(send(commands.compute_digital_signature(data)), short()), script) == b"\xaa"


def test_a_refused_piece_ends_the_chain():
    data = bytes(300)
    with pytest.raises(CommandNotSupported):
        converse(
            over_link(send(commands.compute_digital_signature(data)), short()),
            [("102A9E9AFF" + "00" * 255, "6884")],
        )


def test_without_chaining_long_data_is_refused_before_anything_is_sent():
    exchange = over_link(send(commands.compute_digital_signature(bytes(300))), Link(chaining=False))
    with pytest.raises(CommandNotSupported, match="at most 255"):
        next(exchange)


def extended():
    return Link.of(CardCapabilities(chaining=True, extended_length=True))


def test_an_extended_link_asks_for_everything_at_once():
    script = [("00B00000000000", "AB" * 300 + "9000")]
    assert len(converse(over_link(send(commands.read_binary(0, 65536)), extended()), script)) == 300


def test_a_card_that_refuses_extended_length_makes_the_link_step_down_for_good():
    link = extended()
    script = [("00B00000000000", "6700"), ("00B0000000", "AA9000")]
    assert converse(over_link(send(commands.read_binary(0, 65536)), link), script) == b"\xaa"
    assert (link.max_data, link.max_response) == (255, 256)
    assert (
        converse(over_link(send(commands.read_binary(0, 65536)), link), [("00B0000000", "BB9000")]) == b"\xbb"
    )


def test_a_reader_that_cannot_carry_it_does_the_same_for_reads():
    script = [("00B00000000000", APDUTooLong("too long")), ("00B0000000", "AA9000")]
    assert converse(over_link(send(commands.read_binary(0, 65536)), extended()), script) == b"\xaa"


def test_a_signature_is_never_sent_twice_by_itself():
    command = commands.compute_digital_signature(bytes(300))
    script = [(command.encode().hex().upper(), APDUTooLong("too long"))]
    with pytest.raises(APDUTooLong):
        converse(over_link(send(command), extended()), script)


def test_reader_limits_bound_the_link():
    assert Link.of(CardCapabilities(extended_length=True), reader_limit=261).max_response == 256
    assert Link.of(CardCapabilities(extended_length=True), reader_limit=2048).max_response == 2046
    assert Link.of(CardCapabilities(extended_length=False)).max_response == 256


def test_an_error_of_the_wire_runs_the_finally_blocks():
    trail = []

    def inner():
        try:
            yield from send(commands.get_challenge(8))
        finally:
            trail.append("closed")

    with pytest.raises(CardRemoved):
        converse(over_link(inner(), short()), [("0084000008", CardRemoved("gone"))])
    assert trail == ["closed"]


def test_a_framed_file_is_read_to_the_length_in_its_header():
    body = tlv.encode(0x61, bytes(298))
    exchange = over_link(read_short_id(1), short())
    next_command = next(exchange)
    assert next_command.encode().hex().upper() == "00B0810000"
    second = exchange.send(ResponseAPDU(body[:256], 0x9000))
    assert second.encode().hex().upper() == f"00B00100{len(body) - 256:02X}"
    with pytest.raises(StopIteration) as stop:
        exchange.send(ResponseAPDU(body[256:] + b"\xff" * 50, 0x9000))
    assert stop.value.value == body


def test_a_file_shorter_than_its_header_says_is_an_error():
    script = [("00B0810000", "6103AA9000"), ("00B0000302", "6B00")]
    with pytest.raises(EncodingError, match="as its header says"):
        converse(over_link(read_short_id(1), short()), script)


def test_a_file_that_claims_to_be_huge_is_refused_unread():
    with pytest.raises(EncodingError, match=str(MAX_FILE)):
        converse(over_link(read_short_id(1), short()), [("00B0810000", "6184FFFFFFFF9000")])


def test_a_file_without_a_header_ends_with_a_short_answer():
    script = [("00B0000000", "AA" * 256 + "9000"), ("00B0010000", "BB9000"), ("00B0010100", "6B00")]
    assert converse(over_link(read_current(), short()), script) == b"\xaa" * 256 + b"\xbb"


def test_offsets_may_count_in_units_of_four_bytes():
    script = [
        ("00B0000000", "AA" * 250 + "9000"),
        ("00B0003E00", "AAAA" + "BB" * 4 + "9000"),
        ("00B0003F00", "BBBB9000"),
    ]
    assert converse(over_link(read_current(unit=4), short()), script) == b"\xaa" * 250 + b"\xbb" * 4


def test_beyond_32767_the_offset_travels_in_a_data_object():
    assert commands.read_binary(0x8000, 256).encode().hex().upper() == "00B10000000004540280000105"
    script = [
        ("00B00000008005", "AA" * 0x8000 + "9000"),
        ("00B1000004540280000A", "5305" + "BB" * 5 + "9000"),
    ]
    assert len(converse(over_link(read_current(size=0x8005), extended()), script)) == 0x8005


def test_progress_tells_bytes_and_total():
    seen = []
    body = tlv.encode(0x75, bytes(300))
    exchange = over_link(read_short_id(2, progress=lambda done, total: seen.append((done, total))), short())
    next(exchange)
    exchange.send(ResponseAPDU(body[:256], 0x9000))
    with pytest.raises(StopIteration):
        exchange.send(ResponseAPDU(body[256:], 0x9000))
    assert seen == [(256, 304), (304, 304)]
