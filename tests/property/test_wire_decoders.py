"""Any bytes from a card or a program: a value or EncodingError, and nothing else."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smartid.errors import EncodingError, SmartIDError
from smartid.iso7816 import tlv
from smartid.iso7816.apdu import CommandAPDU, ResponseAPDU
from smartid.iso7816.atr import ATR
from smartid.iso7816.exchange import Link, over_link, read_current, read_short_id
from smartid.iso7816.files import FileControl
from smartid.iso7816.status import StatusWord
from tests.property.examples import MANY

thorough = settings(
    max_examples=MANY,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

DECODERS = {
    "command APDU": CommandAPDU.parse,
    "response APDU": ResponseAPDU.parse,
    "BER-TLV": tlv.parse,
    "BER-TLV with filling": lambda data: tlv.parse(data, padding=True),
    "one BER-TLV object": tlv.parse_one,
    "SIMPLE-TLV": tlv.parse_simple,
    "ATR": ATR.parse,
    "file control": FileControl.parse,
}


@pytest.mark.parametrize("decoder", DECODERS.values(), ids=DECODERS)
def test_any_bytes_end_in_a_value_or_a_named_error(decoder):
    @thorough
    @given(st.binary(max_size=48))
    @example(b"")
    def run(data):
        try:
            decoder(data)
        except EncodingError as error:
            assert error.expected
            assert 0 <= error.offset <= len(data)

    run()


@thorough
@given(st.binary(min_size=2, max_size=33).map(lambda body: b"\x3b" + body))
def test_an_atr_that_is_read_can_be_asked_everything(data):
    try:
        atr = ATR.parse(data)
    except EncodingError:
        return
    assert atr.capabilities.channels >= 1
    assert len(atr.historical) <= 15


@thorough
@given(
    st.builds(
        CommandAPDU,
        *[st.integers(0, 255)] * 4,
        st.binary(max_size=40) | st.binary(min_size=250, max_size=260),
        st.sampled_from([0, 1, 255, 256, 257, 65535, 65536]),
    )
)
def test_a_command_survives_the_wire(command):
    assert CommandAPDU.parse(command.encode()) == command


@given(st.integers(0, 0xFFFF))
@settings(max_examples=MANY, deadline=None, database=None)
def test_every_status_word_has_words(sw):
    assert StatusWord(sw).meaning
    assert f"{sw:04X}" in str(StatusWord(sw))


@thorough
@given(st.lists(st.binary(min_size=2, max_size=40), max_size=6), st.booleans(), st.sampled_from([1, 4]))
def test_a_card_that_answers_anything_cannot_hold_the_reader(answers, framed, unit):
    """The bytes asked for are bounded and every conversation ends, whatever the answers are."""
    conversation = read_current(framed=framed, unit=unit) if unit == 4 else read_short_id(1)
    exchange = over_link(conversation, Link(max_response=65536))
    try:
        command = next(exchange)
        for turn in range(100):
            assert command.ne <= 65536
            raw = answers[turn] if turn < len(answers) else b"\x6b\x00"
            command = exchange.send(ResponseAPDU.parse(raw))
    except StopIteration:
        return
    except SmartIDError:
        return
    pytest.fail("the conversation did not end")
