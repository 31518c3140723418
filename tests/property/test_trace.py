"""Any text is a trace or an EncodingError; every trace survives its text form."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.errors import EncodingError, TraceMismatch
from smartid.transport.masking import Mask
from smartid.transport.trace import PlayingTransport, Trace, Turn, decode
from tests.fuzz import mutators

hexadecimal = st.lists(st.one_of(st.integers(0, 255).map("{:02X}".format), st.just("xx")), max_size=12).map(
    "".join
)
line = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["atr", ">", "<", "#"]), hexadecimal),
    st.text(max_size=10),
    st.just("atr 3B00"),
    st.just("> 00A40000"),
    st.just("< 9000"),
)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(line, max_size=8).map("\n".join)))
def test_any_text_ends_in_a_trace_or_an_encoding_error(text: str) -> None:
    require_trace_or_error(text)


def test_ten_thousand_broken_traces_end_in_a_trace_or_an_encoding_error() -> None:
    """From a seed: many times cheaper than hypothesis, and closer to what a trace looks like."""
    chance = Random("smartid trace")
    good = b"# smartid trace\natr 3B00\n> 00A4040C07A0000002471001\n< 9000\n> 00B0000010\n< xx61xx5F9000\n"
    edits = (mutators.raw, mutators.tokens, mutators.tokens)
    for _ in range(10_000):
        mutant = chance.choice(edits)(good, chance)
        require_trace_or_error(
            mutant.decode("utf-8", chance.choice(("replace", "ignore", "surrogateescape")))
        )


def require_trace_or_error(text: str) -> None:
    trace = parsed(text)
    if isinstance(trace, int):
        assert 0 <= trace <= text.count("\n") + 1
        return
    assert [turn.response for turn in Trace.parse(trace.format()).turns] == [t.response for t in trace.turns]
    assert len([str(turn) for turn in decode(trace)]) == len(trace.turns)


def parsed(text: str) -> Trace | int:
    """The trace, or the number of its broken line."""
    try:
        return Trace.parse(text)
    except EncodingError as error:
        return error.offset


@given(st.binary(min_size=2, max_size=33), st.lists(st.tuples(st.binary(min_size=4), st.binary(min_size=2))))
def test_what_was_said_is_what_is_played(atr: bytes, exchanges: list[tuple[bytes, bytes]]) -> None:
    turns = tuple(Turn(command.hex().upper(), answer.hex().upper(), 0) for command, answer in exchanges)
    trace = Trace.parse(Trace(atr, turns).format())
    player = PlayingTransport(trace)
    assert player.atr == atr
    assert [player.transmit(command) for command, _ in exchanges] == [answer for _, answer in exchanges]
    try:
        player.transmit(b"\x00\xa4\x00\x00")
    except TraceMismatch:
        return
    raise AssertionError("a trace has an end")


@given(st.binary(), st.binary(min_size=2), st.booleans())
def test_a_mask_keeps_lengths_and_status(command: bytes, answer: bytes, personal: bool) -> None:
    mask = Mask(personal=personal)
    assert len(mask.command(command)) == 2 * len(command)
    shown = mask.response(answer)
    assert len(shown) == 2 * len(answer)
    assert shown.endswith(answer[-2:].hex().upper())


@given(st.binary(min_size=1, max_size=255), st.sampled_from([0x20, 0x21, 0x24, 0x2C]), st.integers(0, 255))
def test_no_pin_byte_survives(pin: bytes, ins: int, cla: int) -> None:
    shown = Mask(personal=True).command(bytes((cla, ins, 0, 1, len(pin))) + pin)
    assert shown == f"{cla:02X}{ins:02X}0001{len(pin):02X}" + "xx" * len(pin)
