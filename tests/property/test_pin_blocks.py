"""PIN blocks and key serial numbers: round trips, hostile bytes, nothing that a PIN could be read from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError, PINFormatError
from smartid.services.messages.dukpt import (
    KSN,
    MAX_COUNTER,
    InitialKey,
    KeyType,
    Usage,
    is_counter,
    next_counter,
)
from smartid.services.messages.pin_blocks import Format, decrypt_pin, encrypt_pin

PINS = st.text("0123456789", min_size=4, max_size=12)
PANS = st.text("0123456789", min_size=13, max_size=19)
KEY = bytes(range(16))


@given(st.sampled_from(list(Format)), PINS, PANS)
def test_round_trip(format_, pin, pan):
    block = encrypt_pin(format_, KEY, pin, pan)
    assert len(block) == format_.size
    assert decrypt_pin(format_, KEY, block, pan) == pin


@given(PINS, PANS)
def test_format_3_and_4_never_repeat_a_block(pin, pan):
    assert encrypt_pin(Format.ISO_4, KEY, pin, pan) != encrypt_pin(Format.ISO_4, KEY, pin, pan)


@given(st.sampled_from(list(Format)), st.binary(max_size=20))
def test_any_bytes_are_a_pin_or_a_named_error(format_, block):
    try:
        pin = decrypt_pin(format_, KEY, block, "6037990000000008")
    except EncodingError:
        return
    assert len(block) == format_.size
    assert 4 <= len(pin) <= 12
    assert pin.isdecimal()


@pytest.mark.parametrize("pin", ["123", "1234567890123", "12a4", "۱۲۳۴", ""])
def test_a_pin_of_another_form_is_not_sent_and_not_shown(pin):
    with pytest.raises(PINFormatError) as error:
        encrypt_pin(Format.ISO_4, KEY, pin, "6037990000000008")
    assert not pin or pin not in str(error.value)


@pytest.mark.parametrize("pan", ["", "1", "12345678901234567890", "6037 99", "۶۰۳۷۹۹۱۲۳۴۵۶۷"])
def test_a_pan_of_another_form_is_refused(pan):
    with pytest.raises(EncodingError):
        encrypt_pin(Format.ISO_0, KEY, "1234", pan)


def test_the_block_belongs_to_its_pan():
    block = encrypt_pin(Format.ISO_4, KEY, "1234", "6037990000000008")
    with pytest.raises(EncodingError):
        decrypt_pin(Format.ISO_4, KEY, block, "6037990000000016")


@given(st.integers(1, MAX_COUNTER - 1))
def test_counters_grow_and_keep_to_sixteen_bits(counter):
    following = next_counter(counter)
    assert following > counter
    assert is_counter(following)


def test_no_counter_is_left_out_at_a_border():
    for start in (0x1FFF0, 0xFFFE0000, 0x3FFF0):
        counter, end = start, start + 0x40
        while counter < end:
            following = next_counter(counter)
            assert not any(is_counter(number) for number in range(counter + 1, following))
            counter = following


def test_the_last_counter_is_the_last():
    assert KSN(bytes(8), MAX_COUNTER - 0x8000).next().counter == MAX_COUNTER
    with pytest.raises(EncodingError):
        next_counter(MAX_COUNTER)


@given(st.binary(max_size=16))
def test_serial_numbers_are_read_back_or_refused(data):
    try:
        found = KSN.parse(data)
    except EncodingError:
        return
    assert found.encode() == data


def test_keys_are_mute_and_no_stronger_than_their_root():
    initial = InitialKey.derive(bytes(16), bytes(8))
    assert initial.key.hex() not in repr(initial)
    for type_ in (KeyType.AES_192, KeyType.AES_256, KeyType.HMAC_256):
        with pytest.raises(EncodingError):
            initial.working_key(1, Usage.PIN_ENCRYPTION, type_)
