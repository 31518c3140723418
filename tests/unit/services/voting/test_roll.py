from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError
from smartid.services.voting.groups.named import NAMES, named
from smartid.services.voting.roll import Entry, Roll, make_roll, parse_credentials

GROUP = named("Ed25519")
PUBLICS = [GROUP.encode(GROUP.exponentiate(number)) for number in (1, 2, 3)]


@pytest.mark.parametrize("name", NAMES)
def test_a_roll_is_sorted_and_reads_back(name: str) -> None:
    group = named(name)
    publics = [group.encode(group.exponentiate(number)) for number in (5, 3, 4)]
    raw = make_roll(publics)
    assert raw == make_roll(reversed(publics))
    assert parse_credentials(raw, group) == [Entry(public) for public in sorted(publics)]
    assert len(Roll(raw)) == 3


def test_an_empty_roll() -> None:
    assert make_roll([]) == b"[]"
    assert parse_credentials(b"[]", GROUP) == []


def test_nobody_stands_twice() -> None:
    with pytest.raises(EncodingError):
        make_roll([*PUBLICS, PUBLICS[0]])
    one = PUBLICS[0].encode()
    for raw in (b'["%b","%b"]' % (one, one), b'["%b","%b,2"]' % (one, one)):
        with pytest.raises(EncodingError, match="credential 2"):
            parse_credentials(raw, GROUP)


def test_weights_are_read() -> None:
    raw = b'["%b,3","%b"]' % (PUBLICS[0].encode(), PUBLICS[1].encode())
    assert parse_credentials(raw, GROUP) == [Entry(PUBLICS[0], 3), Entry(PUBLICS[1], 1)]
    with pytest.raises(EncodingError, match="weights"):
        parse_credentials(b'["%b,%d"]' % (PUBLICS[0].encode(), 2**30), GROUP)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[",
        b"[]]",
        b"[] ",
        b'["1",]',
        b'["1""2"]',
        b'["1" ,"2"]',
        b'["1",2]',
        b'[""]',
        b'["1,0"]',
        b'["1,01"]',
        b'["1,-1"]',
        b'["1,,1"]',
        b'["1\\u0030"]',
        b'["' + b"1" * 700 + b'"]',
        '["۱"]'.encode(),
    ],
)
def test_what_is_no_roll(raw: bytes) -> None:
    with pytest.raises(EncodingError):
        Roll(raw)


@given(st.lists(st.sampled_from([b'"', b"[", b"]", b",", b"12", b"ab", b"\xff"]), max_size=40).map(b"".join))
def test_any_bytes(raw: bytes) -> None:
    try:
        entries = list(Roll(raw))
    except EncodingError:
        return
    assert len(entries) == len(Roll(raw))


def test_elements_outside_of_the_group() -> None:
    with pytest.raises(EncodingError, match="credential 2"):
        parse_credentials(b'["%b","%b"]' % (PUBLICS[0].encode(), b"01" + b"0" * 62), GROUP)
