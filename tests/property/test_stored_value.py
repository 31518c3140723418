"""Strangers' bytes, and long random lives of a purse: nothing raises, nothing is made, nothing is lost."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.errors import EncodingError, Refused
from smartid.iso7816.apdu import CommandAPDU
from smartid.mockcard.applets.memory import Memory
from smartid.mockcard.faults import Moment
from smartid.stored_value import exchanges, wire
from smartid.stored_value.model import PURSE_AID, RECORD_SIZE, Kind, Line, Movement, Record, Unit, Verb
from smartid.stored_value.wire import Opening, Order
from tests.stored_value_world import NOON, World, blank_card, merchant, purse

WORLD = purse(1000)
amounts = st.integers(1, (1 << 63) - 1)
counters = st.integers(1, (1 << 32) - 1)
balances = st.integers(0, (1 << 63) - 1)
ids = st.binary(min_size=8, max_size=8)


@st.composite
def records(draw: st.DrawFn) -> Record:
    verb = draw(st.sampled_from([Verb.LOAD, Verb.DEBIT, Verb.RETURN, Verb.UNLOAD]))
    slots = draw(st.lists(st.integers(1, 16), min_size=1, max_size=4, unique=True))
    return Record(
        application=draw(st.sampled_from(Kind)),
        verb=verb,
        key_version=draw(st.integers(0, 255)),
        card_id=draw(ids),
        counter=draw(counters),
        module_id=draw(ids),
        module_counter=draw(counters),
        time=draw(counters),
        of_counter=draw(counters) if verb is Verb.RETURN else 0,
        movements=tuple(Movement(slot, draw(amounts), draw(balances)) for slot in slots),
        tac=draw(ids),
    )


@given(records())
def test_records_come_back(record: Record) -> None:
    data = record.encode()
    assert len(data) == RECORD_SIZE
    assert Record.parse(data) == record


@given(records(), st.data())
def test_changed_records_end_in_an_error_or_say_what_they_are(record: Record, data: st.DataObject) -> None:
    raw = bytearray(record.encode())
    raw[data.draw(st.integers(0, 112))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(EncodingError):
        assert Record.parse(bytes(raw)).encode() == raw


@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_value_or_in_the_named_error(data: bytes) -> None:
    readers = (
        Record.parse,
        Opening.parse,
        Order.parse,
        wire.parse_state,
        wire.parse_slot,
        wire.parse_limits,
        wire.parse_denylist,
        wire.split_answer,
        Memory.parse,
    )
    for read in readers:
        with contextlib.suppress(EncodingError):
            read(data)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_changed_memory_is_known_or_read(changes: list[tuple[int, int]]) -> None:
    content = WORLD.card.image.files["purse state"]
    assert isinstance(content, bytes)
    raw = bytearray(content)
    for at, value in changes:
        raw[at % len(raw)] = value
    with contextlib.suppress(EncodingError):
        Memory.parse(bytes(raw))


commands = st.builds(
    lambda cla, ins, p1, p2, body, ne: CommandAPDU(cla, ins, p1, p2, body, ne).encode(),
    st.sampled_from(bytes.fromhex("80 80 80 80 00 81 90 84 C0 FF")),
    st.sampled_from(bytes.fromhex("50 52 54 56 58 5A 5C 5E B2 C0 CA A4")),
    st.sampled_from((0, 1, 2, 3, 4, 5, 6, 0xFF)),
    st.sampled_from((0, 0, 0, 0x0C, 1)),
    st.one_of(
        st.binary(max_size=8),
        st.binary(min_size=8, max_size=8),
        st.binary(min_size=37, max_size=37),
        st.binary(max_size=255),
    ),
    st.sampled_from((0, 1, 256, 256, 65_536)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(commands | st.binary(max_size=60), max_size=30))
def test_strangers_move_nothing(stream: list[bytes]) -> None:
    card = blank_card()
    world = World(card, WORLD.host, merchant())
    world.load(1000)
    card.transmit(bytes.fromhex("00A4040C09") + PURSE_AID.value)
    for command in stream:
        answer = card.transmit(command)
        assert len(answer) >= 2
    state = world.state()
    assert (state.slots[0].balance, state.counter, state.load_counter) == (1000, 0, 1)
    assert state.slots[0].unit is Unit.IRR


class Life:
    """A purse, its issuer and a merchant, who keep what they are shown; sums are kept apart from the card."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = purse(100_000)
        self.expected = 100_000
        self.records: dict[tuple[str, int], Record] = {}
        self.last: Record | None = None

    def step(self) -> None:
        world, amount = self.world, self.random.randint(1, 3000)
        verb = self.random.choice([Verb.DEBIT, Verb.DEBIT, Verb.DEBIT, Verb.RETURN, Verb.LOAD, Verb.UNLOAD])
        lines = [Line(1, amount)]
        party = world.module if verb in (Verb.DEBIT, Verb.RETURN) else world.host
        if verb is Verb.DEBIT:
            conversation = exchanges.debit(PURSE_AID, world.module, lines, NOON)
        elif verb is Verb.LOAD:
            conversation = exchanges.load(PURSE_AID, world.host, lines, NOON)
        elif verb is Verb.UNLOAD:
            conversation = exchanges.unload(PURSE_AID, world.host, lines, NOON)
        elif self.last:
            lines = [Line(1, self.random.randint(1, self.last.total))]
            conversation = exchanges.give_back(PURSE_AID, world.module, self.last, lines, NOON)
        else:
            return
        try:
            if self.random.random() < 0.4:
                at, moment = self.random.randint(1, 3), self.random.choice(list(Moment))
                world.torn(conversation, at, moment)
                record = world.run(exchanges.resume(PURSE_AID, party)) if party.pending else None
            else:
                record = world.run(conversation)
        except Refused as refusal:
            assert refusal.reason in ("needs_online", "insufficient", "wrong_state", "purse_full")
            if refusal.reason == "needs_online":
                world.run(exchanges.mark_uploaded(PURSE_AID, world.host, world.state().counter))
            record = world.run(exchanges.resume(PURSE_AID, party)) if party.pending else None
        if record:
            self.keep(record)

    def keep(self, record: Record) -> None:
        series = "load" if record.verb in (Verb.LOAD, Verb.UNLOAD) else "debit"
        assert self.records.setdefault((series, record.counter), record) is record
        self.world.host.verify(record.encode())
        self.expected += record.total if record.verb in (Verb.LOAD, Verb.RETURN) else -record.total
        assert record.movements[0].balance == self.expected
        self.last = record if record.verb is Verb.DEBIT else None


@pytest.mark.parametrize("seed", range(4))
def test_the_records_tell_the_balance_after_a_long_life_with_tears(seed: int) -> None:
    life = Life(seed)
    for _ in range(120):
        life.step()
        assert life.world.balance() == life.expected
    state = life.world.state()
    debits = sorted(counter for series, counter in life.records if series == "debit")
    loads = sorted(counter for series, counter in life.records if series == "load")
    assert debits == list(range(1, state.counter + 1))
    assert loads == list(range(2, state.load_counter + 1))
