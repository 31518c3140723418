from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError, SignatureInvalid
from smartid.services.spine.denylist import PREFIX, Denylist

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ISSUED = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIST = Denylist(version=7, issued=ISSUED, max_age=timedelta(days=1), entries=["card-2", "card-1"])
FILE = LIST.sign(KEY)


def test_a_signed_list_is_read_again() -> None:
    read = Denylist.parse(FILE, KEY.public_key())
    assert (read.version, read.issued, read.max_age, len(read)) == (7, ISSUED, timedelta(days=1), 2)
    assert "card-1" in read
    assert "card-3" not in read
    assert read.sign(KEY) == FILE


def test_a_list_grows_old() -> None:
    assert not LIST.is_stale(ISSUED + timedelta(days=1))
    assert LIST.is_stale(ISSUED + timedelta(days=1, seconds=1))
    assert LIST.is_stale(ISSUED - timedelta(days=2))


@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, change: int) -> None:
    forged = bytearray(FILE)
    forged[place] ^= change
    with pytest.raises((SignatureInvalid, EncodingError)):
        Denylist.parse(bytes(forged), KEY.public_key())


@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_named_error(data: bytes) -> None:
    for whole in (data, PREFIX + data, PREFIX + KEY.sign(PREFIX + data).hex().encode() + b"\n" + data):
        with pytest.raises((SignatureInvalid, EncodingError)):
            Denylist.parse(whole, KEY.public_key())


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'{"entries":["b","a"],"issued":1,"max_age":1,"version":1}',
        b'{"entries":["a"],"issued":1.0,"max_age":1,"version":1}',
        b'{"entries":[1],"issued":1,"max_age":1,"version":1}',
        b'{"entries":["a"],"issued":1,"max_age":1,"version":-1}',
        b'{"entries":["a"], "issued":1,"max_age":1,"version":1}',
        b'{"entries":["a"],"issued":999999999999,"max_age":1,"version":1}',
        b'{"entries":["a"],"issued":true,"max_age":1,"version":1}',
    ],
)
def test_a_signed_body_of_another_form(body: bytes) -> None:
    whole = PREFIX + KEY.sign(PREFIX + body).hex().encode() + b"\n" + body
    with pytest.raises(EncodingError):
        Denylist.parse(whole, KEY.public_key())
