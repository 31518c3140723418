"""The mix of notes beside a plain search, and a switch that any bytes may reach."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.errors import EncodingError
from smartid.services.atm.dispenser import Cassette, mix, value
from smartid.services.far_side.switch import Switch
from smartid.services.ledger import open_book
from smartid.services.messages import cash_machine

BOXES = st.lists(
    st.builds(
        Cassette,
        name=st.just("box"),
        denomination=st.sampled_from([1, 2, 3, 5, 10]),
        count=st.integers(0, 5),
        minimum=st.integers(0, 2),
    ),
    max_size=3,
)


@given(BOXES, st.integers(0, 40), st.integers(1, 8))
def test_the_mix_is_the_fewest_notes_or_none(boxes, amount, most):
    found = mix(amount, boxes, most_notes=most)
    choices = itertools.product(*(range(box.ready + 1) for box in boxes))
    counts = [
        sum(choice)
        for choice in choices
        if 0 < sum(choice) <= most
        and sum(n * box.denomination for n, box in zip(choice, boxes, strict=True)) == amount
    ]
    assert (found is None) == (not counts)
    if found is not None:
        assert value(found) == amount
        assert sum(found.values()) == min(counts)
        for denomination, count in found.items():
            assert count <= sum(box.ready for box in boxes if box.denomination == denomination)


FIELDS = st.dictionaries(
    st.sampled_from(["2", "3", "4", "7", "11", "32", "41", "90", "95", "103", "125", "52", "53"]),
    st.text("0123456789 A=", max_size=42),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=80), FIELDS), max_size=4))
def test_any_message_has_an_answer_or_none(tmp_path_factory, messages):
    folder = tmp_path_factory.mktemp("switch")
    with open_book(f"sqlite:///{folder}/switch.db") as book:
        switch = Switch(book)
        for message in messages:
            reply = switch.handle(_bytes(message))
            assert reply is None or cash_machine.decode(reply)["39"].strip()


def _bytes(message: bytes | dict[str, str]) -> bytes:
    if isinstance(message, bytes):
        return message
    kind = "0420" if "90" in message else "0200"
    try:
        return cash_machine.encode({"t": kind, **message})
    except EncodingError:
        return b"0200"
